// One request in octets, its answers in octets: signatures, opcodes, and who may do what. It owns no socket and no file.
import { codeOf, messageOf } from '../../../functions/lib/errors.ts';
import { classes, opcodes, type Rcode, types } from '../dns/codes.ts';
import { createSigner, secretsOf, verifyRequest } from '../dns/tsig.ts';
import type { TsigSecret } from '../dns/tsig-record.ts';
import { optOf, tsigRecordOf, versionOf } from './additionals.ts';
import { answerQuestion } from './answers.ts';
import { headerOctets, type Message, readMessage, type WireRecord } from './message-reader.ts';
import { encodeHeader, encodeReply, maxUdpOctets, type Reply } from './message-writer.ts';
import { clientSerial, transferMessages } from './transfer.ts';
import { type UpdateTarget, update } from './update.ts';
import type { Zone } from './zone.ts';

export interface ResponderOptions extends UpdateTarget {
  readonly key: TsigSecret;
  readonly now?: () => number;
}

export type Protocol = 'udp' | 'tcp';

/** The answers to one request; none to what is no request. It never throws. */
export type Responder = (bytes: Buffer, protocol: Protocol) => Iterable<Buffer>;

const maxTcpOctets = 0xffff;
/** RFC 1035 section 2.3.4, without EDNS. */
const plainUdpOctets = 512;

export function createResponder(options: ResponderOptions): Responder {
  return function* respond(bytes, protocol) {
    // An answer is not answered, or two servers could go on for ever.
    if (bytes.length < headerOctets || bytes.readUInt16BE(2) >> 15 === 1) return;
    try {
      yield* respondTo(bytes, protocol, options);
    } catch (error) {
      const isTheirs = codeOf(error) === 'protocol';
      options.say(`${isTheirs ? 'FORMERR' : 'SERVFAIL'}: ${messageOf(error)}`);
      yield encodeHeader(bytes, isTheirs ? 'FORMERR' : 'SERVFAIL');
    }
  };
}

function* respondTo(bytes: Buffer, protocol: Protocol, options: ResponderOptions): Generator<Buffer> {
  const opcode = opcodeOf(bytes);
  if (opcode !== opcodes.QUERY && opcode !== opcodes.UPDATE) return yield encodeHeader(bytes, 'NOTIMP');
  const request = readMessage(bytes);
  const opt = optOf(request);
  const record = tsigRecordOf(request);
  if (opt === 'malformed' || record === 'malformed')
    return yield encodeReply(request, { rcode: 'FORMERR' }, plainUdpOctets);
  const { key, now = Date.now } = options;
  const nowSeconds = () => Math.floor(now() / 1000);
  const verification = { secrets: secretsOf(key), manner: 'knot', nowSeconds: nowSeconds() } as const;
  const tsig = record && verifyRequest(bytes, record, verification);
  const signer = tsig === undefined || tsig === 'malformed' ? undefined : createSigner(tsig);
  const limit = (protocol === 'tcp' ? maxTcpOctets : udpLimit(opt)) - (signer?.octets ?? 0);
  const reply = (one: Reply) => encodeReply(request, one, limit);
  const sign = (message: Buffer) => signer?.sign(message, nowSeconds()) ?? message;
  if (tsig === 'malformed') return yield reply({ rcode: 'FORMERR' });
  if (tsig !== undefined && tsig.status !== 'good') {
    options.say(`NOTAUTH: ${tsig.status} of ${tsig.fields.keyName.slice(0, 80)}`);
    return yield sign(reply({ rcode: 'NOTAUTH' }));
  }
  const isSigned = tsig !== undefined;
  const messages = (): Iterable<Buffer> => {
    if (opt !== undefined && versionOf(opt) > 0) return [reply({ rcode: 'BADVERS' })];
    if (opcode === opcodes.UPDATE) return [reply({ rcode: update(request, isSigned, options) })];
    const { type } = request.question;
    if (type !== types.AXFR && type !== types.IXFR) return [reply(answerQuestion(options.zone, request.question))];
    const rcode = transferRefusal(request, options.zone, isSigned && protocol === 'tcp');
    return rcode === undefined ? transferMessages(options.zone, request, limit) : [reply({ rcode })];
  };
  for (const message of messages()) yield sign(message);
}

/** RFC 5936 section 2.2.1: NOTAUTH where the name is not a zone of ours. Only over TCP, and with the key. */
function transferRefusal(request: Message, zone: Zone, isAllowed: boolean): Rcode | undefined {
  const { question } = request;
  if (!isAllowed || question.klass !== classes.IN) return 'REFUSED';
  if (question.name !== zone.apex) return 'NOTAUTH';
  return question.type === types.IXFR && clientSerial(request) === undefined ? 'FORMERR' : undefined;
}

function udpLimit(opt: WireRecord | undefined): number {
  return Math.min(Math.max(opt?.klass ?? 0, plainUdpOctets), maxUdpOctets);
}

function opcodeOf(bytes: Buffer): number {
  return (bytes.readUInt16BE(2) >> 11) & 0xf;
}
