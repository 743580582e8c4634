// Asking a DNS server: over UDP and TCP, with random ids, matched answers, deadlines and limits. RFC 1035 section 4.2, RFC 7766.
// No pooling, no caching, no repeats: one call is one question, so that what is measured is the server.

import { withDeadline } from '../lib/deadline.ts';
import type { Clock, Random } from '../lib/deps.ts';
import { formatEndpoint } from '../lib/endpoint.ts';
import { LifeboatError } from '../lib/errors.ts';
import { type Endpoint, type Network, networkError } from '../lib/network.ts';
import { opcodeQuery, opcodeUpdate } from './codes.ts';
import { type DnsMessage, decodeMessage, encodeQuery, peekHeader, type Query } from './message.ts';
import { maxFrameOctets, stream } from './stream.ts';
import { type Received, requireVerified, signRequest, type TsigKey, verifyAnswer } from './tsig.ts';
import { encodeUpdate, type Update } from './update.ts';

export interface DnsDeps {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
}

export interface AskOptions {
  /** For the whole exchange, connecting included. */
  readonly timeoutMs: number;
  /** Ends it earlier. */
  readonly signal?: AbortSignal;
  /** Signs the request and verifies the answer; an unsigned answer is then an error `credential`. */
  readonly tsig?: TsigKey;
}

export interface QueryOptions extends AskOptions {
  /** `udp-then-tcp` (default): over TCP when the answer was truncated, or the platform has no UDP. */
  readonly protocol?: 'udp-then-tcp' | 'tcp';
}

export interface Reply extends Received {
  /** From the first octet sent (TCP: from connecting) to the answer, milliseconds. */
  readonly latencyMs: number;
  readonly protocol: 'udp' | 'tcp';
}

/**
 * Asks one question. The answer's id and question match; its rcode may be anything.
 * Errors: `timeout`, `network`, `protocol` (malformed or mismatched answer), `credential` (TSIG).
 */
export async function query(deps: DnsDeps, server: Endpoint, ask: Query, options: QueryOptions): Promise<Reply> {
  const { clock } = deps;
  const what = `${ask.type} ${ask.name} at ${formatEndpoint(server)}`;
  return withDeadline(clock, { ...options, what }, async (signal) => {
    if (options.protocol !== 'tcp' && deps.network.exchange !== undefined) {
      const reply = await askOverUdp(deps, server, ask, options.tsig, signal);
      if (reply !== undefined) return reply;
    }
    const message = encodeQuery(ask, randomId(deps.random), false);
    return askOverTcp(deps, server, message, options.tsig, signal, (answer) => checkAnswer(answer, ask, what));
  });
}

/** Sends an UPDATE over TCP and returns the server's answer, whatever its rcode. Errors: as `query`, and `limit` for a too large update. */
export async function sendUpdate(deps: DnsDeps, server: Endpoint, update: Update, options: AskOptions): Promise<Reply> {
  const what = `UPDATE of ${update.zone} at ${formatEndpoint(server)}`;
  const message = encodeUpdate(update, randomId(deps.random));
  return withDeadline(deps.clock, { ...options, what }, (signal) =>
    askOverTcp(deps, server, message, options.tsig, signal, (answer) => {
      if (answer.opcode !== opcodeUpdate) throw mismatch(what, `has opcode ${answer.opcode}`);
    }),
  );
}

/** undefined: the answer was truncated. What it holds is not looked at then (RFC 2181 section 9). */
async function askOverUdp(
  deps: DnsDeps,
  server: Endpoint,
  ask: Query,
  tsig: TsigKey | undefined,
  signal: AbortSignal,
): Promise<Reply | undefined> {
  const { network, clock, random } = deps;
  const id = randomId(random);
  const request = await sign(encodeQuery(ask, id, true), tsig, clock.now());
  const startedAt = clock.now();
  const bytes = await network.exchange?.(server, request.bytes, (reply) => isAnswerTo(reply, id, ask), signal);
  if (bytes === undefined) throw new LifeboatError('internal', 'broken invariant: the network has no UDP');
  if (peekHeader(bytes)?.tc === true) return undefined;
  const reply: Reply = { bytes, message: decodeMessage(bytes), latencyMs: clock.now() - startedAt, protocol: 'udp' };
  await verify(reply, tsig, request.mac, clock.now(), server);
  return reply;
}

async function askOverTcp(
  deps: DnsDeps,
  server: Endpoint,
  message: Uint8Array,
  tsig: TsigKey | undefined,
  signal: AbortSignal,
  check: (answer: DnsMessage) => void,
): Promise<Reply> {
  const { clock } = deps;
  const request = await sign(message, tsig, clock.now());
  const startedAt = clock.now();
  for await (const bytes of stream(deps.network, server, request.bytes, { maxBytes: 2 * maxFrameOctets, signal })) {
    const answer = decodeMessage(bytes);
    checkId(answer, message, server);
    check(answer);
    const reply: Reply = { bytes, message: answer, latencyMs: clock.now() - startedAt, protocol: 'tcp' };
    await verify(reply, tsig, request.mac, clock.now(), server);
    return reply;
  }
  throw networkError('closed', `${formatEndpoint(server)} closed the TCP connection without an answer`);
}

/** A random message id. */
export function randomId(random: Random): number {
  const [high = 0, low = 0] = random.bytes(2);
  return (high << 8) | low;
}

/** Signs when there is a key. */
export async function sign(
  message: Uint8Array,
  tsig: TsigKey | undefined,
  nowMs: number,
): Promise<{ readonly bytes: Uint8Array; readonly mac: Uint8Array }> {
  return tsig === undefined ? { bytes: message, mac: new Uint8Array() } : signRequest(message, tsig, nowMs);
}

async function verify(
  received: Received,
  tsig: TsigKey | undefined,
  requestMac: Uint8Array,
  nowMs: number,
  server: Endpoint,
): Promise<void> {
  if (tsig === undefined) return;
  requireVerified(await verifyAnswer(received, tsig, requestMac, nowMs), `the answer of ${formatEndpoint(server)}`);
}

/** Throws `protocol` unless the message is a response with the request's id. */
export function checkId(answer: DnsMessage, request: Uint8Array, server: Endpoint): void {
  const id = peekHeader(request)?.id;
  if (answer.id !== id || !answer.flags.qr) {
    throw new LifeboatError(
      'protocol',
      `${formatEndpoint(server)} sent a message that is no answer to the request (id or QR bit)`,
    );
  }
}

/** Throws `protocol` unless the answer is to this question. Errors may come without a question. */
function checkAnswer(answer: DnsMessage, ask: Query, what: string): void {
  if (answer.opcode !== opcodeQuery) throw mismatch(what, `has opcode ${answer.opcode}`);
  if (!asksSame(answer, ask)) throw mismatch(what, 'is to another question');
}

function asksSame({ question, rcode }: DnsMessage, ask: Query): boolean {
  if (question === undefined) return rcode !== 'NOERROR' && rcode !== 'NXDOMAIN';
  return question.name === ask.name && question.type === ask.type;
}

/** True for the datagram that answers the question. One with our id that cannot be read is taken too: it is told as malformed. */
function isAnswerTo(datagram: Uint8Array, id: number, ask: Query): boolean {
  const header = peekHeader(datagram);
  if (header?.id !== id || !header.qr) return false;
  if (header.tc) return true;
  try {
    return asksSame(decodeMessage(datagram), ask);
  } catch {
    return true;
  }
}

function mismatch(what: string, problem: string): LifeboatError {
  return new LifeboatError('protocol', `the answer to ${what} ${problem}`);
}
