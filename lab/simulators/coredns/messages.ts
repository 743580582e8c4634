// Answers made from requests: header bits, errors, the OPT record. The rules are those of miekg/dns (SetReply) and CoreDNS's request package.
import { opcodes, rcodes, types } from '../dns/codes.ts';
import type { Message, ResourceRecord } from './wire.ts';

/** RFC 6891 section 6.2.3: less counts as this. */
const minUdpOctets = 512;

/** A reply with the request's id, opcode, RD, CD and question. */
export function replyTo(request: Message, reply: Partial<Message> = {}): Message {
  const isQuery = request.opcode === opcodes.QUERY;
  return {
    id: request.id,
    qr: true,
    opcode: request.opcode,
    aa: false,
    tc: false,
    rd: isQuery && request.rd,
    ra: false,
    ad: false,
    cd: isQuery && request.cd,
    rcode: rcodes.NOERROR,
    ...(request.question === undefined ? {} : { question: request.question }),
    answers: [],
    authorities: [],
    additionals: [],
    ...reply,
  };
}

export function optOf(message: Message): ResourceRecord | undefined {
  return message.additionals.find((record) => record.type === types.OPT);
}

/** The DO bit: the sender wants DNSSEC records. */
export function wantsDnssec(message: Message): boolean {
  return ((optOf(message)?.ttl ?? 0) & doBit) !== 0;
}

const doBit = 0x8000;

/** What a client can take in one datagram. */
export function udpLimit(request: Message): number {
  return Math.max(minUdpOctets, optOf(request)?.class ?? 0);
}

/**
 * The reply with the OPT record that the request calls for (request.SizeAndDo): none when the request had none, and nothing is taken from a
 * reply that brings one; else of the request's size, with DO as the request had it. Options of the request are not repeated.
 */
export function withOpt(request: Message, reply: Message): Message {
  const asked = optOf(request);
  if (asked === undefined) return reply;
  const own = optOf(reply);
  const opt: ResourceRecord = {
    name: '.',
    type: types.OPT,
    class: asked.class,
    ttl: own === undefined ? asked.ttl & 0xff00 : (own.ttl & 0xff00) | (asked.ttl & doBit),
    rdata: own?.rdata ?? Buffer.alloc(0),
  };
  return { ...reply, additionals: [...reply.additionals.filter(({ type }) => type !== types.OPT), opt] };
}

/** An OPT record of the server's own making. */
export function optRecord(opt: {
  readonly size: number;
  readonly ttl: number;
  readonly options?: Buffer;
}): ResourceRecord {
  return { name: '.', type: types.OPT, class: opt.size, ttl: opt.ttl >>> 0, rdata: opt.options ?? Buffer.alloc(0) };
}
