// TSIG on the server's side, for the fake DNS server: written with node:crypto apart from functions/dnswire/tsig.ts, which it tests.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DecodedPacket } from 'dns-packet';

export interface TsigSecret {
  readonly name: string;
  readonly secretBase64: string;
}

export interface RequestTsig {
  readonly status: 'none' | 'good' | 'bad-key' | 'bad-mac';
  readonly mac: Buffer;
  readonly keyName: string;
}

const algorithm = wireName('hmac-sha256');

/** What a message of a stream is signed together with: the MAC before it, and the unsigned messages since. */
export interface TsigChain {
  readonly prior: Buffer;
  readonly unsigned: readonly Uint8Array[];
  readonly first: boolean;
}

/** Looks at the TSIG record of a request. */
export function verifyRequest(bytes: Buffer, packet: DecodedPacket, secret: TsigSecret | undefined): RequestTsig {
  const last = packet.additionals?.at(-1) as { type: string; name: string; data: Buffer } | undefined;
  if (last?.type !== 'TSIG' || secret === undefined) return { status: 'none', mac: Buffer.alloc(0), keyName: '' };
  const { data } = last;
  const at = algorithm.length;
  const macLength = data.readUInt16BE(at + 8);
  const mac = data.subarray(at + 10, at + 10 + macLength);
  if (`${last.name}.` !== secret.name) return { status: 'bad-key', mac, keyName: last.name };
  const message = Buffer.from(bytes.subarray(0, bytes.length - wireName(last.name).length - 10 - data.length));
  message.writeUInt16BE(message.readUInt16BE(10) - 1, 10);
  const expected = hmac(secret, [message, variables(secret, data.subarray(at, at + 8))]);
  const good = mac.length === 32 && timingSafeEqual(mac, expected);
  return { status: good ? 'good' : 'bad-mac', mac, keyName: last.name };
}

/** Signs a response: the first with all variables, later ones of a stream with the timers only. */
export function signResponse(message: Buffer, secret: TsigSecret, chain: TsigChain, secondsLater: number) {
  const { prior, unsigned, first } = chain;
  const timers = timersAt(Math.floor(Date.now() / 1000) + secondsLater);
  const mac = hmac(secret, [
    u16(prior.length),
    prior,
    ...unsigned,
    message,
    first ? variables(secret, timers) : timers,
  ]);
  const flipped = Buffer.from(mac);
  flipped[0] = (flipped[0] ?? 0) ^ 1;
  const id = message.subarray(0, 2);
  return {
    mac,
    bytes: append(message, secret.name, [timers, u16(32), mac, id, u16(0), u16(0)]),
    forged: append(message, secret.name, [timers, u16(32), flipped, id, u16(0), u16(0)]),
  };
}

/** Adds the unsigned TSIG record in which a server says BADKEY (17) or BADSIG (16). */
export function tsigErrorRecord(message: Buffer, request: RequestTsig): Buffer {
  const error = request.status === 'bad-key' ? 17 : 16;
  const timers = timersAt(Math.floor(Date.now() / 1000));
  return append(message, request.keyName, [timers, u16(0), message.subarray(0, 2), u16(error), u16(0)]);
}

function append(message: Buffer, keyName: string, parts: readonly Buffer[]): Buffer {
  const data = Buffer.concat([algorithm, ...parts]);
  const head = Buffer.from(message);
  head.writeUInt16BE(head.readUInt16BE(10) + 1, 10);
  return Buffer.concat([head, wireName(keyName), u16(250), u16(255), u16(0), u16(0), u16(data.length), data]);
}

function variables(secret: TsigSecret, timers: Buffer): Buffer {
  const head = [wireName(secret.name), u16(255), u16(0), u16(0), algorithm];
  return Buffer.concat([...head, timers, u16(0), u16(0)]);
}

function timersAt(seconds: number): Buffer {
  const timers = Buffer.alloc(8);
  timers.writeUIntBE(seconds, 0, 6);
  timers.writeUInt16BE(300, 6);
  return timers;
}

function hmac(secret: TsigSecret, parts: readonly Uint8Array[]): Buffer {
  return createHmac('sha256', Buffer.from(secret.secretBase64, 'base64')).update(Buffer.concat(parts)).digest();
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function wireName(text: string): Buffer {
  const labels = text.replace(/\.$/, '').split('.');
  return Buffer.concat([...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.of(0)]);
}
