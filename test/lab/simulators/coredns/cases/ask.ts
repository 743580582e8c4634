// Asks a DNS server one question and shows the whole answer as lines of text, so that two servers can be compared word by word. For tests; it
// shares no code with the server.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { type Answer, decode, encode, type RecordType } from 'dns-packet';
import type { DnsAddress } from '../../../../../lab/processes/dns-client.ts';

/** An answer as text: the header's code and bits, and each record as `name ttl type data`, sorted. */
export interface Shown {
  readonly rcode: string;
  /** `aa rd`, … */
  readonly flags: string;
  readonly question: string;
  readonly answers: readonly string[];
  readonly authorities: readonly string[];
  readonly additionals: readonly string[];
}

export interface AskOptions {
  readonly transport?: 'udp' | 'tcp';
  /** With an OPT record of this size. */
  readonly udpSize?: number;
  readonly timeoutMs?: number;
  /** Of the SOA that an IXFR says the client holds. */
  readonly serial?: number;
  /** Default: RD. */
  readonly flags?: number;
}

type Decoded = ReturnType<typeof decode> & Readonly<Record<string, unknown>>;

/** `name TYPE`; rejects when there is no answer in time. */
export async function ask(server: DnsAddress, text: string, options: AskOptions = {}): Promise<Shown> {
  const request = requestOf(text, options);
  const [first] = await (options.transport === 'tcp' ? overTcp : overUdp)(server, request, options.timeoutMs ?? 2_000);
  if (first === undefined) throw new Error(`no answer to ${text}`);
  return show(first);
}

/** Every message that comes over TCP until the connection is quiet or a second SOA ends the transfer. */
export async function askTransfer(
  server: DnsAddress,
  text: string,
  options: AskOptions = {},
): Promise<readonly Shown[]> {
  const messages = await overTcp(server, requestOf(text, options), options.timeoutMs ?? 5_000, (all) => {
    const records = all.flatMap((each) => decode(each).answers ?? []);
    return records.length === 1 || records.filter(({ type }) => type === 'SOA').length !== 1;
  });
  return messages.map(show);
}

export function requestOf(text: string, { udpSize, serial, flags = 0x0100 }: AskOptions = {}): Buffer {
  const [name = '', type = 'A'] = text.split(' ');
  const opt = { type: 'OPT', name: '.', udpPayloadSize: udpSize ?? 512, flags: 0, options: [] };
  const data = { mname: 'a.', rname: 'b.', serial: serial ?? 0, refresh: 1, retry: 1, expire: 1, minimum: 1 };
  const octets = encode({
    type: 'query',
    id: Math.floor(Math.random() * 65_536),
    flags,
    questions: [{ name: name.replace(/\.$/, ''), type: type as RecordType }],
    authorities: serial === undefined ? [] : [{ type: 'SOA', name: name.replace(/\.$/, ''), data }],
    additionals: udpSize === undefined ? [] : [opt as unknown as Answer],
  });
  octets.writeUInt16BE(flags, 2);
  return octets;
}

export function show(octets: Buffer): Shown {
  const packet = decode(octets) as Decoded;
  const flags = ['aa', 'tc', 'rd', 'ra', 'ad', 'cd'].filter((flag) => packet[`flag_${flag}`] === true);
  return {
    rcode: String(packet.rcode),
    flags: flags.join(' '),
    question: (packet.questions ?? []).map(({ name, type }) => `${dotted(name)} ${type}`).join(),
    answers: linesOf(packet.answers),
    authorities: linesOf(packet.authorities),
    additionals: linesOf(packet.additionals),
  };
}

function linesOf(records: readonly Answer[] = []): readonly string[] {
  return records.map(lineOf).sort();
}

function lineOf(record: Answer): string {
  const { name, type, ttl, data, udpPayloadSize } = record as unknown as Readonly<Record<string, unknown>>;
  return type === 'OPT' ? `OPT ${udpPayloadSize}` : `${dotted(name)} ${ttl} ${type} ${dataText(String(type), data)}`;
}

/** dns-packet leaves the last dot away, but for the root. */
function dotted(name: unknown): string {
  return name === '.' ? '.' : `${name}.`;
}

function dataText(type: string, data: unknown): string {
  const fields = data as Readonly<Record<string, unknown>>;
  switch (type) {
    case 'SRV':
      return `${fields.priority} ${fields.weight} ${fields.port} ${dotted(fields.target)}`;
    case 'SOA':
      return `${dotted(fields.mname)} ${dotted(fields.rname)} ${fields.serial} ${fields.refresh} ${fields.retry} ${fields.expire} ${fields.minimum}`;
    case 'TXT':
      return [data].flat().map(String).join(' ');
    case 'A':
    case 'AAAA':
      return String(data);
    default:
      return typeof data === 'string' ? dotted(data) : JSON.stringify(data);
  }
}

function overUdp(server: DnsAddress, request: Buffer, timeoutMs: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const finish = (end: () => void): void => {
      clearTimeout(timer);
      socket.close();
      end();
    };
    const timer = setTimeout(() => finish(() => reject(new Error(`no answer in ${timeoutMs} ms`))), timeoutMs);
    socket.once('error', (error) => finish(() => reject(error)));
    socket.once('message', (message) => finish(() => resolve([message])));
    socket.connect(server.port, server.host, () => socket.send(request));
  });
}

/** Ends when `isWhole` says so, by default after the first message. `length` is of the first message where the request holds more. */
export function overTcp(
  server: DnsAddress,
  request: Buffer,
  timeoutMs: number,
  isWhole: (messages: readonly Buffer[]) => boolean = () => true,
  length = request.length,
): Promise<Buffer[]> {
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(length);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.host, port: server.port });
    const messages: Buffer[] = [];
    let pending: Buffer = Buffer.alloc(0);
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no whole answer in ${timeoutMs} ms`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection ended before the answer was whole')));
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const end = 2 + pending.readUInt16BE(0);
        messages.push(pending.subarray(2, end));
        pending = pending.subarray(end);
        if (!isWhole(messages)) continue;
        resolve(messages);
        socket.destroy();
        return;
      }
    });
    socket.write(Buffer.concat([prefix, request]));
  });
}
