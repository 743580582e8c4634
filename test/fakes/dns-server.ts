// A DNS server for tests, UDP and TCP on one free loopback port: what it answers is a function, and it can misbehave in every way that
// tests need. It encodes with dns-packet and signs with node:crypto, so that it shares no wire code with what it tests (rdata aside).
import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { type DecodedPacket, decode, encode, type Packet } from 'dns-packet';
import type { Endpoint } from '../../functions/lib/network.ts';
import { rdataOf } from '../../functions/records/rdata/index.ts';
import type { DnsRecord } from '../../functions/records/rrset.ts';
import {
  type RequestTsig,
  signResponse,
  type TsigRecord,
  type TsigSecret,
  tsigErrorRecord,
  verifyRequest,
} from './dns-tsig.ts';

export interface FakeQuery {
  readonly protocol: 'udp' | 'tcp';
  readonly id: number;
  /** `QUERY` or `UPDATE`. */
  readonly opcode: string;
  /** Lower case, with the trailing dot; of an UPDATE: the zone. */
  readonly name: string;
  readonly type: string;
  /** What the request's TSIG is worth; always `none` when the server has no key. */
  readonly tsig: RequestTsig['status'];
  readonly packet: DecodedPacket;
  readonly bytes: Uint8Array;
}

export interface FakeMessage {
  readonly rcode?: string;
  readonly aa?: boolean;
  readonly tc?: boolean;
  readonly id?: number;
  /** false: repeats no question. A text: another name is repeated. */
  readonly question?: boolean | string;
  readonly answers?: readonly DnsRecord[];
  readonly authorities?: readonly DnsRecord[];
  readonly additionals?: readonly DnsRecord[];
  /** Default `good` for a signed request to a server that has the key. */
  readonly sign?: 'good' | 'forged' | 'none';
  /** Shifts the time of signing. */
  readonly signedSecondsLater?: number;
}

/** What comes back: messages in order (raw octets as they are), or nothing. */
export interface FakeReply {
  readonly messages?: readonly (FakeMessage | Uint8Array)[];
  /** TCP: octets (with length prefixes) after which the connection ends. */
  readonly cutAfterBytes?: number;
  /** TCP: the connection stays open after the messages; default false for `silent`, else it ends. */
  readonly keepOpen?: boolean;
  /** TCP: largest write; default everything at once. */
  readonly chunkBytes?: number;
  readonly delayMs?: number;
}

export interface FakeDnsServer {
  readonly endpoint: Endpoint;
  readonly queries: readonly FakeQuery[];
  /** Another behaviour from now on. */
  behave(answer: FakeAnswer): void;
  /** Connections that are open now: a test can see that its subject closes them. */
  openConnections(): number;
  close(): Promise<void>;
}

export type FakeAnswer = (query: FakeQuery) => FakeReply | Promise<FakeReply>;

export interface FakeDnsOptions {
  /** With a key: unsigned requests are REFUSED, wrongly signed ones are NOTAUTH, before `answer` is asked. */
  readonly tsig?: TsigSecret;
  /** false: the server takes unsigned requests too. */
  readonly enforceTsig?: boolean;
  /** DNS over TLS on the TCP port; UDP stays as it is. */
  readonly tls?: TlsOptions;
}

/** Accepts and never answers. */
export const silent: FakeReply = { keepOpen: true };
export const refused: FakeReply = { messages: [{ rcode: 'REFUSED' }] };

/** A transfer in messages of `perMessage` records: SOA, records, SOA. */
export function transferOf(soa: DnsRecord, records: readonly DnsRecord[], perMessage = 100): FakeReply {
  const all = [soa, ...records, soa];
  const messages: FakeMessage[] = [];
  for (let i = 0; i < all.length; i += perMessage) messages.push({ aa: true, answers: all.slice(i, i + perMessage) });
  return { messages };
}

/** Starts the server on 127.0.0.1; the caller closes it. */
export async function startDnsServer(answer: FakeAnswer, options: FakeDnsOptions = {}): Promise<FakeDnsServer> {
  const queries: FakeQuery[] = [];
  const sockets = new Set<Socket>();
  let behaviour = answer;
  let closed = false;

  const respond = async (
    protocol: 'udp' | 'tcp',
    bytes: Buffer,
  ): Promise<{ reply: FakeReply; messages: Uint8Array[] }> => {
    const packet = decode(bytes);
    const request = verifyRequest(bytes, tsigRecordOf(bytes, packet), options.tsig);
    const query = readQuery(protocol, bytes, packet, request.status);
    queries.push(query);
    const reply =
      (options.enforceTsig === false ? undefined : refusalOf(request, options.tsig)) ?? (await behaviour(query));
    let prior = request.mac;
    let unsigned: Uint8Array[] = [];
    const messages = (reply.messages ?? []).map((message, i) => {
      if (message instanceof Uint8Array) return message;
      const encoded = encodeMessage(query, message);
      if (options.tsig === undefined || request.status !== 'good' || message.sign === 'none') {
        unsigned.push(encoded);
        const rejected = request.status === 'bad-key' || request.status === 'bad-mac';
        return rejected ? tsigErrorRecord(encoded, request) : encoded;
      }
      const chain = { prior, unsigned, first: i === 0 };
      const signed = signResponse(encoded, options.tsig, chain, message.signedSecondsLater ?? 0);
      prior = signed.mac;
      unsigned = [];
      return message.sign === 'forged' ? signed.forged : signed.bytes;
    });
    if (reply.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, reply.delayMs));
    return { reply, messages };
  };

  const serve = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let pending = Buffer.alloc(0);
    socket.on('data', async (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const length = pending.readUInt16BE(0);
        const request = pending.subarray(2, 2 + length);
        pending = pending.subarray(2 + length);
        const { reply, messages } = await respond('tcp', request);
        await writeFrames(socket, reply, messages);
      }
    });
  };
  const tcp = options.tls === undefined ? createServer(serve) : createTlsServer(options.tls, serve);

  const port = await listenOnBoth(tcp, async (protocol, bytes) => (await respond(protocol, bytes)).messages);
  return {
    endpoint: { host: '127.0.0.1', port: port.number },
    queries,
    behave: (next) => {
      behaviour = next;
    },
    openConnections: () => sockets.size,
    async close() {
      if (closed) return;
      closed = true;
      for (const socket of sockets) socket.destroy();
      port.udp.close();
      await new Promise((resolve) => tcp.close(resolve));
    },
  };
}

async function listenOnBoth(
  tcp: ReturnType<typeof createServer>,
  respond: (protocol: 'udp', bytes: Buffer) => Promise<Uint8Array[]>,
) {
  for (let attempt = 0; attempt < 20; attempt++) {
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const address = tcp.address();
    const number = typeof address === 'object' && address !== null ? address.port : 0;
    const udp = createSocket('udp4');
    const bound = await new Promise<boolean>((resolve) => {
      udp.once('error', () => resolve(false));
      udp.bind(number, '127.0.0.1', () => resolve(true));
    });
    if (bound) {
      udp.on('message', async (bytes, from) => {
        for (const message of await respond('udp', bytes)) udp.send(message, from.port, from.address);
      });
      return { number, udp };
    }
    await new Promise((resolve) => tcp.close(resolve));
  }
  throw new Error('no port that is free for UDP and TCP');
}

async function writeFrames(socket: Socket, reply: FakeReply, messages: readonly Uint8Array[]): Promise<void> {
  const framed = messages.flatMap((message) => {
    const prefix = Buffer.alloc(2);
    prefix.writeUInt16BE(message.length);
    return [prefix, message];
  });
  const all = Buffer.concat(framed).subarray(0, reply.cutAfterBytes);
  const step = reply.chunkBytes ?? Math.max(all.length, 1);
  for (let at = 0; at < all.length && !socket.destroyed; at += step) {
    await new Promise((resolve) => socket.write(all.subarray(at, at + step), resolve));
    if (reply.chunkBytes !== undefined) await new Promise((resolve) => setImmediate(resolve));
  }
  if (reply.keepOpen !== true) socket.end();
}

function refusalOf(request: RequestTsig, secret: TsigSecret | undefined): FakeReply | undefined {
  if (secret === undefined || request.status === 'good') return undefined;
  return { messages: [{ rcode: request.status === 'none' ? 'REFUSED' : 'NOTAUTH' }] };
}

/** The owner is not compressed: no client does that. */
function tsigRecordOf(bytes: Buffer, packet: DecodedPacket): TsigRecord | undefined {
  const last = packet.additionals?.at(-1) as { type: string; name: string; data: Buffer } | undefined;
  if (last?.type !== 'TSIG') return undefined;
  const keyName = `${last.name.toLowerCase()}.`;
  return { keyName, at: bytes.length - last.data.length - 10 - (keyName.length + 1), data: last.data };
}

function readQuery(
  protocol: 'udp' | 'tcp',
  bytes: Buffer,
  packet: DecodedPacket,
  tsig: RequestTsig['status'],
): FakeQuery {
  const question = packet.questions?.[0];
  const name = (question?.name ?? '').toLowerCase();
  return {
    protocol,
    id: packet.id ?? 0,
    opcode: (packet as { opcode?: string }).opcode ?? '',
    name: name === '.' ? name : `${name}.`,
    type: question?.type ?? '',
    tsig,
    packet,
    bytes: Uint8Array.from(bytes),
  };
}

const rcodes = 'NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE'.split(' ');

/** Encodes one answer to the query. Exported for tests that want to spoil it. */
export function encodeMessage(query: FakeQuery, message: FakeMessage): Buffer {
  const rcode = rcodes.indexOf(message.rcode ?? 'NOERROR');
  const opcode = query.opcode === 'UPDATE' ? 5 << 11 : 0;
  const name = typeof message.question === 'string' ? message.question : query.name;
  const records = (list: readonly DnsRecord[] = []) =>
    list.map((record) => ({
      type: `UNKNOWN_${typeNumbers[record.type]}`,
      name: record.name,
      class: 'IN',
      ttl: record.ttlSeconds,
      data: Buffer.from(rdataOf(record.type).toWire(record.value)),
    }));
  return encode({
    type: 'response',
    id: message.id ?? query.id,
    flags: opcode | (message.aa === false ? 0 : 0x0400) | (message.tc === true ? 0x0200 : 0) | rcode,
    questions: message.question === false ? [] : [{ name, type: query.type as 'A' }],
    answers: records(message.answers),
    authorities: records(message.authorities),
    additionals: records(message.additionals),
  } as unknown as Packet);
}

const typeNumbers = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 } as const;

/** Answers as an authoritative server for one zone: SOA, AXFR, IXFR with the full zone, data, NXDOMAIN and NODATA with the SOA. */
export function answerFromZone(soa: DnsRecord, records: readonly DnsRecord[]): FakeAnswer {
  return (query) => {
    if (query.name !== soa.name && !query.name.endsWith(`.${soa.name}`)) return refused;
    if (query.type === 'AXFR' || query.type === 'IXFR') {
      return query.protocol === 'tcp' && query.name === soa.name ? transferOf(soa, records) : refused;
    }
    const named = [soa, ...records].filter((record) => record.name === query.name);
    const answers = named.filter((record) => record.type === query.type || record.type === 'CNAME');
    if (answers.length > 0) return { messages: [{ answers }] };
    return { messages: [{ rcode: named.length === 0 ? 'NXDOMAIN' : 'NOERROR', authorities: [soa] }] };
  };
}
