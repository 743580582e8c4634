// A DNS server for tests, UDP and TCP on one free loopback port: what it answers is a function, and it can misbehave in every way that
// tests need. It encodes with dns-packet and signs as the lab's servers do, so that it shares no wire code with what it tests (names and rdata
// aside).
import { createSocket } from 'node:dgram';
import { createServer, isIPv6, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { type DecodedPacket, decode, encode, type Packet } from 'dns-packet';
import type { Endpoint } from '../../functions/lib/network.ts';
import { rdataOf } from '../../functions/records/rdata/index.ts';
import type { DnsRecord } from '../../functions/records/rrset.ts';
import { opcodes, rcodes, types } from '../../lab/simulators/dns/codes.ts';
import { createSigner, type RequestTsig, secretsOf, verifyRequest } from '../../lab/simulators/dns/tsig.ts';
import { lastTsig, type TsigSecret } from '../../lab/simulators/dns/tsig-record.ts';

type TsigStatus = RequestTsig['status'] | 'malformed' | 'none';

export interface FakeQuery {
  readonly protocol: 'udp' | 'tcp';
  readonly id: number;
  /** `QUERY` or `UPDATE`. */
  readonly opcode: string;
  /** Lower case, with the trailing dot; of an UPDATE: the zone. */
  readonly name: string;
  readonly type: string;
  /** What the request's TSIG is worth; always `none` when the server has no key. */
  readonly tsig: TsigStatus;
  readonly packet: DecodedPacket;
  readonly bytes: Uint8Array;
}

/** `data`: octets that stand for the value, good or not. */
export interface FakeRecord extends DnsRecord {
  readonly data?: Uint8Array;
}

export interface FakeMessage {
  readonly rcode?: string;
  readonly aa?: boolean;
  readonly tc?: boolean;
  readonly id?: number;
  /** false: repeats no question. A text: another name is repeated. */
  readonly question?: boolean | string;
  readonly answers?: readonly FakeRecord[];
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
  /** A loopback address; default 127.0.0.1. */
  readonly host?: string;
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
export function transferOf(soa: DnsRecord, records: readonly FakeRecord[], perMessage = 100): FakeReply {
  const all = [soa, ...records, soa];
  const messages: FakeMessage[] = [];
  for (let i = 0; i < all.length; i += perMessage) messages.push({ aa: true, answers: all.slice(i, i + perMessage) });
  return { messages };
}

/** Starts the server; the caller closes it. */
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
    const tsig = verify(bytes, options.tsig);
    const status = typeof tsig === 'string' ? tsig : tsig.status;
    const query = readQuery(protocol, bytes, packet, status);
    queries.push(query);
    const reply =
      (options.enforceTsig === false ? undefined : refusalOf(status, options.tsig)) ?? (await behaviour(query));
    const signer = typeof tsig === 'string' ? undefined : createSigner(tsig);
    const messages = (reply.messages ?? []).map((message) => {
      if (message instanceof Uint8Array) return message;
      const encoded = encodeMessage(query, message);
      if (signer === undefined) return encoded;
      if (message.sign === 'none') {
        signer.skip(encoded);
        return encoded;
      }
      const signed = signer.sign(encoded, nowSeconds() + (message.signedSecondsLater ?? 0));
      return message.sign === 'forged' ? forge(signed) : signed;
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

  const { host = '127.0.0.1' } = options;
  const port = await listenOnBoth(host, tcp, async (protocol, bytes) => (await respond(protocol, bytes)).messages);
  return {
    endpoint: { host, port: port.number },
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
  host: string,
  tcp: ReturnType<typeof createServer>,
  respond: (protocol: 'udp', bytes: Buffer) => Promise<Uint8Array[]>,
) {
  for (let attempt = 0; attempt < 20; attempt++) {
    await new Promise<void>((resolve) => tcp.listen(0, host, resolve));
    const address = tcp.address();
    const number = typeof address === 'object' && address !== null ? address.port : 0;
    const udp = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    const bound = await new Promise<boolean>((resolve) => {
      udp.once('error', () => resolve(false));
      udp.bind(number, host, () => resolve(true));
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

function verify(bytes: Buffer, secret: TsigSecret | undefined): RequestTsig | 'malformed' | 'none' {
  const record = secret === undefined ? undefined : lastTsig(bytes);
  if (secret === undefined || record === undefined) return 'none';
  return verifyRequest(bytes, record, { secrets: secretsOf(secret), manner: 'knot', nowSeconds: nowSeconds() });
}

/** The last bit of the MAC is another one; behind it stand id, error and the length of nothing. */
function forge(signed: Buffer): Buffer {
  const forged = Buffer.from(signed);
  const at = forged.length - 7;
  forged.writeUInt8(forged.readUInt8(at) ^ 1, at);
  return forged;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function refusalOf(tsig: TsigStatus, secret: TsigSecret | undefined): FakeReply | undefined {
  if (secret === undefined || tsig === 'good') return undefined;
  return { messages: [{ rcode: tsig === 'none' ? 'REFUSED' : 'NOTAUTH' }] };
}

function readQuery(protocol: 'udp' | 'tcp', bytes: Buffer, packet: DecodedPacket, tsig: TsigStatus): FakeQuery {
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

/** Encodes one answer to the query. Exported for tests that want to spoil it. */
export function encodeMessage(query: FakeQuery, message: FakeMessage): Buffer {
  const rcode = rcodes[(message.rcode ?? 'NOERROR') as keyof typeof rcodes];
  const opcode = query.opcode === 'UPDATE' ? opcodes.UPDATE << 11 : 0;
  const name = typeof message.question === 'string' ? message.question : query.name;
  const records = (list: readonly FakeRecord[] = []) =>
    list.map((record) => ({
      type: `UNKNOWN_${types[record.type]}`,
      name: record.name,
      class: 'IN',
      ttl: record.ttlSeconds,
      data: Buffer.from(record.data ?? rdataOf(record.type).toWire(record.value)),
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
