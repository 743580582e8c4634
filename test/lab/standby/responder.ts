// One request in octets, its answers in octets: signatures, opcodes, and who may do what. It owns no socket and no file.
import { codeOf, messageOf } from '../../../functions/lib/errors.ts';
import {
  type RequestTsig,
  signResponse,
  type TsigSecret,
  tsigErrorRecord,
  tsigOctets,
  verifyRequest,
} from '../../fakes/dns-tsig.ts';
import { optOf, tsigRecordOf, versionOf } from './additionals.ts';
import { answerQuestion } from './answers.ts';
import { headerOctets, type Message, readMessage, type WireRecord } from './message-reader.ts';
import { encodeHeader, encodeReply, maxUdpOctets, type Reply } from './message-writer.ts';
import { classIn, opcodeQuery, opcodeUpdate, type Rcode, typeAxfr, typeIxfr } from './numbers.ts';
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
  if (opcode !== opcodeQuery && opcode !== opcodeUpdate) return yield encodeHeader(bytes, 'NOTIMP');
  const request = readMessage(bytes);
  const opt = optOf(request);
  const record = tsigRecordOf(request);
  if (opt === 'malformed' || record === 'malformed')
    return yield encodeReply(request, { rcode: 'FORMERR' }, plainUdpOctets);
  const { key, now = Date.now } = options;
  const tsig = verifyRequest(bytes, record, key, Math.floor(now() / 1000));
  const signature = tsig.status === 'none' ? 0 : tsigOctets(key);
  const limit = (protocol === 'tcp' ? maxTcpOctets : udpLimit(opt)) - signature;
  const reply = (one: Reply) => encodeReply(request, one, limit);
  if (tsig.status === 'malformed') return yield reply({ rcode: 'FORMERR' });
  if (tsig.status !== 'none' && tsig.status !== 'good') {
    options.say(`NOTAUTH: ${tsig.status} of ${tsig.keyName.slice(0, 80)}`);
    return yield tsigErrorRecord(reply({ rcode: 'NOTAUTH' }), tsig, key);
  }
  const isSigned = tsig.status === 'good';
  const messages = (): Iterable<Buffer> => {
    if (opt !== undefined && versionOf(opt) > 0) return [reply({ rcode: 'BADVERS' })];
    if (opcode === opcodeUpdate) return [reply({ rcode: update(request, isSigned, options) })];
    const { type } = request.question;
    if (type !== typeAxfr && type !== typeIxfr) return [reply(answerQuestion(options.zone, request.question))];
    const rcode = transferRefusal(request, options.zone, isSigned && protocol === 'tcp');
    return rcode === undefined ? transferMessages(options.zone, request, limit) : [reply({ rcode })];
  };
  yield* isSigned ? sign(messages(), key, tsig) : messages();
}

/** RFC 5936 section 2.2.1: NOTAUTH where the name is not a zone of ours. Only over TCP, and with the key. */
function transferRefusal(request: Message, zone: Zone, isAllowed: boolean): Rcode | undefined {
  const { question } = request;
  if (!isAllowed || question.klass !== classIn) return 'REFUSED';
  if (question.name !== zone.apex) return 'NOTAUTH';
  return question.type === typeIxfr && clientSerial(request) === undefined ? 'FORMERR' : undefined;
}

function udpLimit(opt: WireRecord | undefined): number {
  return Math.min(Math.max(opt?.klass ?? 0, plainUdpOctets), maxUdpOctets);
}

/** Each message with the MAC of the one before: RFC 8945 section 5.3.1. */
function* sign(messages: Iterable<Buffer>, key: TsigSecret, { mac }: RequestTsig): Generator<Buffer> {
  let [prior, first] = [mac, true];
  for (const message of messages) {
    const signed = signResponse(message, key, { prior, unsigned: [], first }, 0);
    yield signed.bytes;
    [prior, first] = [signed.mac, false];
  }
}

function opcodeOf(bytes: Buffer): number {
  return (bytes.readUInt16BE(2) >> 11) & 0xf;
}
