// An authoritative server for one zone in memory that takes UPDATE and AXFR over TCP, signed: what RFC 2136 says, in the order in which
// it says it. It is a Network, so that tests need no socket. Messages are read and carried out apart from functions/dnswire/update.ts.
import type { DecodedPacket } from 'dns-packet';
import { type Connection, type Network, networkError } from '../../functions/lib/network.ts';
import type { Name } from '../../functions/records/name.ts';
import { readDomain } from '../../functions/records/rdata/domain.ts';
import { rdataOf } from '../../functions/records/rdata/index.ts';
import { compareRrsets, type DnsRecord, type RecordType, type Rrset, rrsetKey } from '../../functions/records/rrset.ts';
import { encodeMessage, type FakeMessage, type FakeQuery, transferOf } from './dns-server.ts';
import { signResponse, type TsigSecret, tsigErrorRecord, verifyRequest } from './dns-tsig.ts';

export interface UpdateServer {
  readonly network: Network;
  /** Everything but the SOA, in canonical order. */
  contents(): readonly Rrset[];
  /** A person's edit behind Lifeboat's back. */
  edit(change: (sets: Map<string, Rrset>) => void): void;
  /** UPDATE messages that came, and their octets. */
  readonly updates: readonly number[];
  /** Answers the next UPDATE with this rcode, or not at all, or unsigned; it is carried out only when it is not answered. */
  spoil(next: { readonly rcode: string } | 'silent' | 'cut' | 'unsigned'): void;
}

const numbers: Readonly<Record<number, RecordType>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
};
const recordsPerMessage = 500;
const classIn = 1;
const classNone = 254;
const classAny = 255;

interface WireRecord {
  readonly name: Name;
  readonly type: RecordType;
  readonly klass: number;
  readonly ttlSeconds: number;
  /** undefined: empty data. */
  readonly value: string | undefined;
}

export function createUpdateServer(zone: Name, rrsets: readonly Rrset[], key: TsigSecret): UpdateServer {
  let sets = new Map(rrsets.map((set) => [rrsetKey(set), set]));
  let serial = 1;
  let spoiled: Parameters<UpdateServer['spoil']>[0] | undefined;
  const updates: number[] = [];

  const update = (bytes: Uint8Array): FakeMessage | undefined => {
    const { sections } = readMessage(bytes);
    const [prerequisites = [], steps = []] = sections;
    updates.push(bytes.length);
    const how = spoiled;
    spoiled = undefined;
    if (how !== undefined && typeof how === 'object') return how;
    const failed = checkPrerequisites(sets, prerequisites);
    if (failed !== undefined) return { rcode: failed };
    const next = new Map(sets);
    for (const step of steps) carryOut(next, step);
    sets = next;
    serial += 1;
    if (how === 'silent' || how === 'cut') return undefined;
    return how === 'unsigned' ? { sign: 'none' } : {};
  };

  const transfer = (): readonly FakeMessage[] => {
    const value = `ns.example. hostmaster.example. ${serial} 3600 600 86400 30`;
    const soa: DnsRecord = { name: zone, type: 'SOA', ttlSeconds: 30, value };
    const records = [...sets.values()].flatMap(({ values, ...rest }) => values.map((one) => ({ ...rest, value: one })));
    return transferOf(soa, records, recordsPerMessage).messages as FakeMessage[];
  };

  const answer = (request: Buffer): readonly Uint8Array[] => {
    const { query, packet } = readMessage(request);
    const tsig = verifyRequest(request, packet, key);
    if (tsig.status === 'none') return [encodeMessage(query, { rcode: 'REFUSED' })];
    if (tsig.status !== 'good') return [tsigErrorRecord(encodeMessage(query, { rcode: 'NOTAUTH' }), tsig)];
    const messages = query.opcode === 'UPDATE' ? [update(request)] : transfer();
    let prior = tsig.mac;
    return messages.flatMap((message, i) => {
      if (message === undefined) return [];
      const encoded = encodeMessage(query, message);
      if (message.sign === 'none') return [encoded];
      const signed = signResponse(encoded, key, { prior, unsigned: [], first: i === 0 }, 0);
      prior = signed.mac;
      return [signed.bytes];
    });
  };

  return {
    updates,
    contents: () => [...sets.values()].sort(compareRrsets),
    edit(change) {
      change(sets);
    },
    spoil(next) {
      spoiled = next;
    },
    network: {
      connect: async (_, signal) => connectionTo(answer, () => spoiled === 'cut', signal),
      startTls: () => Promise.reject(networkError('refused', 'no TLS here')),
    },
  };
}

/** One connection: a whole request in one write, then its answers, one a read; without an answer it waits, or is cut. */
function connectionTo(
  answer: (request: Buffer) => readonly Uint8Array[],
  cuts: () => boolean,
  signal: AbortSignal,
): Connection {
  const aborted = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
  aborted.promise.catch(() => {});
  let frames: Uint8Array[] = [];
  let isEnded = false;
  return {
    async write(bytes) {
      isEnded = cuts();
      frames = answer(Buffer.from(bytes.subarray(2))).map((one) =>
        Uint8Array.of(one.length >> 8, one.length & 0xff, ...one),
      );
      isEnded ||= frames.length > 0;
    },
    async read() {
      const frame = frames.shift();
      return frame === undefined && !isEnded ? aborted.promise : frame;
    },
    close() {},
  };
}

/** RFC 2136 section 3.2.5. */
function checkPrerequisites(
  sets: ReadonlyMap<string, Rrset>,
  prerequisites: readonly WireRecord[],
): string | undefined {
  const expected = new Map<string, string[]>();
  for (const record of prerequisites) {
    const key = rrsetKey(record);
    if (record.klass === classAny && !sets.has(key)) return 'NXRRSET';
    if (record.klass === classNone && sets.has(key)) return 'YXRRSET';
    if (record.klass === classIn && record.value !== undefined) {
      expected.set(key, [...(expected.get(key) ?? []), record.value]);
    }
  }
  for (const [key, values] of expected) {
    if (values.sort().join('\n') !== [...(sets.get(key)?.values ?? [])].sort().join('\n')) return 'NXRRSET';
  }
  return undefined;
}

/** RFC 2136 section 3.4.2: an add beside a CNAME, or of a CNAME beside others, is silently ignored; the last TTL is the set's. */
function carryOut(sets: Map<string, Rrset>, { name, type, klass, ttlSeconds, value }: WireRecord): void {
  const key = rrsetKey({ name, type });
  const there = sets.get(key)?.values ?? [];
  if (klass === classAny) sets.delete(key);
  else if (value === undefined) throw new Error(`an update of ${key} without data`);
  else if (klass === classNone) put(sets, { name, type, ttlSeconds, values: there.filter((one) => one !== value) });
  else {
    const types = [...sets.values()].filter((set) => set.name === name).map((set) => set.type);
    if (type === 'CNAME' ? types.some((one) => one !== 'CNAME') : types.includes('CNAME')) return;
    const values = type === 'CNAME' ? [value] : [...new Set([...there, value])].sort();
    put(sets, { name, type, ttlSeconds, values });
  }
}

function put(sets: Map<string, Rrset>, set: Rrset): void {
  if (set.values.length === 0) sets.delete(rrsetKey(set));
  else sets.set(rrsetKey(set), set);
}

/** The sections of records (TSIG left out), and what the other fakes want to know. */
function readMessage(bytes: Uint8Array): { query: FakeQuery; packet: DecodedPacket; sections: WireRecord[][] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const question = readDomain(bytes, 12);
  let at = question.next + 4;
  const additionals: unknown[] = [];
  const sections = [6, 8, 10].map((countAt) => {
    const records: WireRecord[] = [];
    for (let i = 0; i < view.getUint16(countAt); i++) {
      const owner = readDomain(bytes, at);
      const [number, klass] = [view.getUint16(owner.next), view.getUint16(owner.next + 2)];
      const [ttlSeconds, length] = [view.getUint32(owner.next + 4), view.getUint16(owner.next + 8)];
      const data = owner.next + 10;
      at = data + length;
      const type = numbers[number];
      if (type !== undefined) {
        const value = length === 0 ? undefined : rdataOf(type).fromWire(bytes, data, length);
        records.push({ name: owner.text as Name, type, klass, ttlSeconds, value });
      } else if (number === 250) {
        additionals.push({ type: 'TSIG', name: owner.text.slice(0, -1), data: Buffer.from(bytes.subarray(data, at)) });
      }
    }
    return records;
  });
  if (at !== bytes.length) throw new Error(`${bytes.length - at} octets after the last record`);
  const packet = { additionals } as unknown as DecodedPacket;
  const opcode = (view.getUint16(2) >> 11) & 0xf;
  const query: FakeQuery = {
    protocol: 'tcp',
    id: view.getUint16(0),
    opcode: opcode === 5 ? 'UPDATE' : 'QUERY',
    name: question.text,
    type: opcode === 5 ? 'SOA' : 'AXFR',
    tsig: 'good',
    packet,
    bytes,
  };
  return { query, packet, sections };
}
