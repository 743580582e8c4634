// A client for the cases: raw UPDATEs and questions written as text, what came back as text. It encodes by hand and decodes with dns-packet, so
// that a fault of the server cannot hide itself; it judges nothing.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { type Answer, type DecodedPacket, decode } from 'dns-packet';
import { domainToWire } from '../../../../../functions/records/domain.ts';
import { type Name, parseName } from '../../../../../functions/records/name.ts';
import { rdataOf } from '../../../../../functions/records/rdata/index.ts';
import type { RecordType } from '../../../../../functions/records/rrset.ts';
import { classes, opcodes, types as wellKnown } from '../../../../../lab/simulators/dns/codes.ts';
import { hmacSha256, lastTsig, readTsig, type TsigSecret } from '../../../../../lab/simulators/dns/tsig-record.ts';
import { signRequest, verifyResponse } from '../../dns/tsig-client.ts';

export type Protocol = 'udp' | 'tcp';

export interface Client {
  readonly zone: Name;
  /** `name TTL class type data`, names relative to the zone. */
  update(updates: readonly string[], options?: UpdateOptions): Promise<Reply>;
  /** `name type`. */
  ask(question: string, options?: SendOptions): Promise<Reply>;
  /** A whole transfer over TCP; its messages' records together. */
  transfer(type: 'AXFR' | 'IXFR', serial?: number): Promise<Reply & { readonly messages: number }>;
  serial(): Promise<number>;
  /** Octets as they are; undefined when nothing comes within `waitMs`. */
  raw(bytes: Uint8Array, protocol: Protocol, waitMs?: number): Promise<Buffer | undefined>;
}

export interface SendOptions {
  /** Default TCP for an UPDATE, UDP for a question. */
  readonly over?: Protocol;
  /** Default: the server's key for an UPDATE, none for a question. */
  readonly key?: TsigSecret | undefined;
  readonly signedSecondsLater?: number;
  /** Octets cut off the MAC. */
  readonly macCut?: number;
  /** Sends an OPT record with this size. */
  readonly ednsBytes?: number;
  readonly ednsVersion?: number;
}

export interface UpdateOptions extends SendOptions {
  /** Prerequisites, written as updates are. */
  readonly given?: readonly string[];
  /** The zone section; default: the zone, type SOA, class IN. */
  readonly zoneSection?: { readonly name?: string; readonly type?: number; readonly klass?: number };
}

export interface Reply {
  readonly rcode: string;
  readonly aa: boolean;
  readonly tc: boolean;
  readonly question: string;
  /** `name TTL type data`, sorted. */
  readonly answers: readonly string[];
  readonly authorities: readonly string[];
  /** `good` and `bad` is the MAC; the error field where it is not 0. */
  readonly tsig: 'none' | 'good' | 'bad' | `error ${number}`;
  readonly ednsRcode: number | undefined;
  readonly octets: number;
}

const timeoutMs = 5_000;
const none = Buffer.alloc(0);
const maxMessages = 100_000;
const types: Readonly<Record<string, number>> = { ...wellKnown, MAILB: 253 };
const data = new Set(['A', 'NS', 'CNAME', 'SOA', 'PTR', 'TXT', 'AAAA', 'SRV']);

export function createClient(
  address: { readonly host: string; readonly port: number },
  zone: Name,
  key: TsigSecret,
): Client {
  const send = async (message: Buffer, over: Protocol, options: SendOptions, isLast = (_: Buffer) => true) => {
    const withOpt = options.ednsBytes === undefined ? message : addOpt(message, options);
    const now = Math.floor(Date.now() / 1000) + (options.signedSecondsLater ?? 0);
    const signed = options.key === undefined ? undefined : signRequest(withOpt, options.key, now);
    const bytes = signed === undefined ? withOpt : cutMac(signed.bytes, options.macCut ?? 0);
    const mac = signed?.mac.subarray(0, 32 - (options.macCut ?? 0));
    const replies = await exchange(address, bytes, over, timeoutMs, isLast);
    return {
      replies,
      signature: mac === undefined || options.key === undefined ? undefined : { mac, key: options.key },
    };
  };
  const one = async (message: Buffer, over: Protocol, options: SendOptions): Promise<Reply> => {
    const { replies, signature } = await send(message, over, options);
    const [reply] = replies;
    if (reply === undefined) throw new Error(`no answer within ${timeoutMs} ms`);
    return readReply([reply], signature);
  };
  const client: Client = {
    zone,
    update(updates, options = {}) {
      const { name = zone, type = wellKnown.SOA, klass = classes.IN } = options.zoneSection ?? {};
      const sections = [options.given ?? [], updates].map((lines) => lines.map((line) => recordOf(line, zone)));
      const message = encode(opcodes.UPDATE, question(name, type, klass), sections);
      return one(message, options.over ?? 'tcp', { key, ...options });
    },
    ask(text, options = {}) {
      const [name = '', type = ''] = text.split(' ');
      return one(
        encode(opcodes.QUERY, question(absolute(name, zone), types[type] ?? 0, 1), []),
        options.over ?? 'udp',
        options,
      );
    },
    async transfer(type, serial) {
      const has = serial === undefined ? [] : [[], [recordOf(`@ 0 IN SOA . . ${serial} 0 0 0 0`, zone)]];
      let soas = 0;
      const isLast = (message: Buffer) => {
        const { answers = [], ...packet } = decode(message);
        soas += answers.filter(({ type: each }) => each === 'SOA').length;
        const isWhole = soas > 1 || (type === 'IXFR' && answers.length === 1);
        return isWhole || (packet as { rcode?: string }).rcode !== 'NOERROR';
      };
      const message = encode(opcodes.QUERY, question(zone, types[type] ?? 0, 1), has);
      const { replies, signature } = await send(message, 'tcp', { key }, isLast);
      return { ...readReply(replies, signature), messages: replies.length };
    },
    async serial() {
      const { answers } = await client.ask('@ SOA');
      return Number(answers[0]?.split(' ')[5]);
    },
    raw: async (bytes, protocol, waitMs = timeoutMs) =>
      (await exchange(address, Buffer.from(bytes), protocol, waitMs, () => true))[0],
  };
  return client;
}

/** What comes back until `isLast`, the end of the connection, or the deadline. */
function exchange(
  { host, port }: { readonly host: string; readonly port: number },
  bytes: Buffer,
  over: Protocol,
  waitMs: number,
  isLast: (message: Buffer) => boolean,
): Promise<Buffer[]> {
  return new Promise((resolve) => {
    const messages: Buffer[] = [];
    const finish = () => {
      clearTimeout(timer);
      close();
      resolve(messages);
    };
    const take = (message: Buffer) => {
      messages.push(message);
      if (isLast(message) || messages.length > maxMessages) finish();
    };
    const timer = setTimeout(finish, waitMs);
    const close = over === 'udp' ? overUdp() : overTcp();

    function overUdp(): () => void {
      const socket = createSocket('udp4').on('message', take).on('error', finish);
      socket.send(bytes, port, host);
      return () => socket.close();
    }
    function overTcp(): () => void {
      let pending = Buffer.alloc(0);
      const socket = connect({ host, port }).on('error', finish).on('end', finish);
      socket.on('data', (chunk) => {
        pending = Buffer.concat([pending, chunk]);
        while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0) && !socket.destroyed) {
          const size = 2 + pending.readUInt16BE(0);
          const message = pending.subarray(2, size);
          pending = pending.subarray(size);
          take(message);
        }
      });
      socket.write(Buffer.concat([u16(bytes.length), bytes]));
      return () => socket.destroy();
    }
  });
}

function encode(opcode: number, head: Buffer, sections: readonly (readonly Buffer[])[]): Buffer {
  const counts = [1, sections[0]?.length ?? 0, sections[1]?.length ?? 0, 0];
  const id = Math.floor(Math.random() * 0x1_0000);
  return Buffer.concat([u16(id), u16(opcode << 11), ...counts.map(u16), head, ...sections.flat()]);
}

function question(name: string, type: number, klass: number): Buffer {
  return Buffer.concat([wireName(name), u16(type), u16(klass)]);
}

/** Upper case stays upper case: a name is written octet by octet. */
function wireName(name: string): Buffer {
  if (name === '.') return Buffer.of(0);
  const labels = name.slice(0, -1).split('.');
  return Buffer.concat([...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.of(0)]);
}

/** `name TTL class type data`; the data of a type without a codec as hexadecimal digits. */
function recordOf(line: string, zone: Name): Buffer {
  const [name = '', ttl = '', klass = '', type = '', ...rest] = line.split(' ');
  const text = rest.join(' ');
  const codec = data.has(type) && !text.startsWith('\\#') ? rdataOf(type as RecordType) : undefined;
  const hex = text.replace(/^\\# /, '');
  const rdata = text === '' ? Buffer.alloc(0) : (codec?.toWire(codec.parse(text, zone)) ?? Buffer.from(hex, 'hex'));
  const ttlBytes = Buffer.alloc(4);
  ttlBytes.writeUInt32BE(Number(ttl));
  const numbers = [types[type] ?? Number(type.replace('TYPE', '')), classes[klass as keyof typeof classes]];
  return Buffer.concat([wireName(absolute(name, zone)), ...numbers.map(u16), ttlBytes, u16(rdata.length), rdata]);
}

function absolute(name: string, zone: Name): string {
  return name === '@' ? zone : name.endsWith('.') ? name : `${name}.${zone}`;
}

function addOpt(message: Buffer, { ednsBytes = 0, ednsVersion = 0 }: SendOptions): Buffer {
  const bytes = Buffer.concat([message, Buffer.of(0), u16(41), u16(ednsBytes), u16(ednsVersion), u16(0), u16(0)]);
  bytes.writeUInt16BE(bytes.readUInt16BE(10) + 1, 10);
  return bytes;
}

/** The last `cut` octets of the MAC gone: RFC 8945 section 5.2.2.1. Behind it stand six octets more. */
function cutMac(bytes: Buffer, cut: number): Buffer {
  if (cut === 0) return bytes;
  const macEnd = bytes.length - 6;
  const shorter = Buffer.concat([bytes.subarray(0, macEnd - cut), bytes.subarray(macEnd)]);
  const macSizeAt = macEnd - 32 - 2;
  const dataSizeAt = macSizeAt - 8 - domainToWire(hmacSha256).length - 2;
  for (const at of [macSizeAt, dataSizeAt]) shorter.writeUInt16BE(shorter.readUInt16BE(at) - cut, at);
  return shorter;
}

function readReply(
  messages: readonly Buffer[],
  signature: { readonly mac: Buffer; readonly key: TsigSecret } | undefined,
): Reply {
  const packets = messages.map((message) => decode(message));
  const packet = packets[0] as DecodedPacket & { rcode: string; flag_aa: boolean; flag_tc: boolean };
  const opt = packet.additionals?.find(({ type }) => type === 'OPT') as { extendedRcode: number } | undefined;
  const asked = packet.questions?.[0];
  return {
    rcode: packet.rcode,
    aa: packet.flag_aa,
    tc: packet.flag_tc,
    question: asked === undefined ? '' : `${asked.name}. ${asked.type}`,
    answers: packets.flatMap(({ answers = [] }) => answers.map(textOf)).sort(),
    authorities: (packet.authorities ?? []).map(textOf).sort(),
    tsig: tsigOf(messages, signature),
    ednsRcode: opt?.extendedRcode,
    octets: messages.reduce((sum, { length }) => sum + length, 0),
  };
}

function tsigOf(
  messages: readonly Buffer[],
  signature: { readonly mac: Buffer; readonly key: TsigSecret } | undefined,
): Reply['tsig'] {
  let prior = signature?.mac ?? none;
  let unsigned: Buffer[] = [];
  for (const [i, message] of messages.entries()) {
    const record = lastTsig(message);
    if (record === undefined) {
      unsigned.push(message);
      continue;
    }
    const { mac = none, error = 0 } = readTsig(record) ?? {};
    if (signature === undefined || mac.length === 0) return error === 0 ? 'bad' : `error ${error}`;
    const chain = { prior, unsigned, isFirst: i === 0 };
    if (!verifyResponse(message, record, signature.key, chain)) return 'bad';
    if (error !== 0) return `error ${error}`;
    prior = mac;
    unsigned = [];
  }
  return unsigned.length === 0 ? 'good' : 'none';
}

function textOf(record: Answer): string {
  const { name, type, ttl, data: value } = record as { name: string; type: string; ttl: number; data: unknown };
  return `${name === '.' ? '' : name}. ${ttl} ${type} ${rdataText(type, value)}`;
}

function rdataText(type: string, value: unknown): string {
  const fields = value as Record<string, string | number>;
  const dotted = (name: unknown) => (name === '.' ? '.' : `${name}.`);
  switch (type) {
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return dotted(value);
    case 'TXT':
      return (value as Buffer[]).map((one) => `"${one}"`).join(' ');
    case 'SRV':
      return `${fields.priority ?? 0} ${fields.weight ?? 0} ${fields.port} ${dotted(fields.target)}`;
    case 'SOA': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = fields;
      return [dotted(mname), dotted(rname), serial, refresh, retry, expire, minimum].join(' ');
    }
    default:
      return String(value);
  }
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** A key's name as the client and the server write it. */
export function secretOf({ name, secret }: { readonly name: string; readonly secret: string }): TsigSecret {
  return { name: parseName(name), secretBase64: secret };
}
