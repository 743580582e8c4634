// The messages that answer an AXFR or IXFR, each checked for id, question, rcode and signature, and the reasons to refuse one.
// It looks at no records.
import { LifeboatError, messageOf } from '../lib/errors.ts';
import { type Endpoint, networkReasonOf } from '../lib/network.ts';
import { type DnsMessage, decodeMessage, encodeQuery, type Query } from './message.ts';
import { stream } from './stream.ts';
import { type AskOptions, checkId, type DnsDeps, randomId, sign } from './transport.ts';
import { createTsigStream, type Received, type TsigProblem, type TsigStream } from './tsig.ts';

/**
 * Why a transfer is not usable. `refused`, `notauth`, `server-failure`: the server's rcode (the last is any other error);
 * `empty`: SOA and SOA only; `truncated`: the stream ended before the second SOA; `bad-mac`, `bad-key`, `bad-time`, `missing-mac`: TSIG;
 * `too-large`: over `maxBytes` or `maxRecords`; `malformed`: not a transfer of this zone; `timeout`, `network`: no answer or no connection;
 * `tls`: over TLS, and the server could not be verified.
 */
export type TransferRefusal =
  | TsigProblem
  | 'refused'
  | 'notauth'
  | 'server-failure'
  | 'empty'
  | 'truncated'
  | 'timeout'
  | 'tls'
  | 'too-large'
  | 'malformed'
  | 'network';

export interface Refused {
  readonly status: 'refused';
  readonly reason: TransferRefusal;
  /** One sentence for people: who, what, and the numbers. */
  readonly evidence: string;
}

export interface Answer extends Received {
  readonly signed: boolean;
}

/** The messages of the answer, each checked for id, question, rcode and signature. */
export async function* answersTo(
  deps: DnsDeps,
  server: Endpoint,
  ask: Query,
  options: AskOptions & { readonly maxBytes: number; readonly signal: AbortSignal },
): AsyncGenerator<Answer> {
  const { clock } = deps;
  const message = encodeQuery(ask, randomId(deps.random), false);
  const request = await sign(message, options.tsig, clock.now());
  const tsig = options.tsig === undefined ? undefined : createTsigStream(options.tsig, request.mac);
  for await (const bytes of stream(deps.network, server, request.bytes, options)) {
    const received = { bytes, message: decodeMessage(bytes, 'leave-out') };
    checkId(received.message, message, server);
    const signed = await checkSignature(received, tsig, clock.now());
    checkHeader(received.message, ask);
    yield { ...received, signed };
  }
}

/** An unsigned error is told as the error it is: nothing is ever taken from it. */
async function checkSignature(received: Received, tsig: TsigStream | undefined, nowMs: number): Promise<boolean> {
  const verdict = await tsig?.verify(received, nowMs);
  if (verdict?.status !== 'failed') return verdict?.status === 'verified';
  if (verdict.problem === 'missing-mac' && received.message.rcode !== 'NOERROR') return false;
  throw stop(verdict.problem, verdict.text);
}

function checkHeader({ rcode, question, flags }: DnsMessage, ask: Query): void {
  if (rcode === 'REFUSED')
    throw stop('refused', 'the server says REFUSED: it allows no transfer to this address or key');
  if (rcode === 'NOTAUTH')
    throw stop('notauth', 'the server says NOTAUTH: it does not hold the zone, or wants another key');
  if (rcode !== 'NOERROR') throw stop('server-failure', `the server says ${rcode}`);
  if (flags.tc) throw stop('truncated', 'the server cut a message (TC bit)');
  if (question !== undefined && (question.name !== ask.name || question.type !== ask.type)) {
    throw stop('malformed', 'the answer is to another question');
  }
}

/** Stops a transfer from within; `refusing` turns it into the outcome. */
export function stop(reason: TransferRefusal, text: string): LifeboatError {
  return new LifeboatError('refused', text, { cause: { refusal: reason } });
}

/** Runs the work and turns every fault of the peer into a `refused` outcome with what had come `soFar`. */
export async function refusing<T>(what: string, soFar: () => string, work: () => Promise<T>): Promise<T | Refused> {
  try {
    return await work();
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === undefined) throw error;
    const text = messageOf(error);
    return { status: 'refused', reason, evidence: `${text.startsWith(what) ? text : `${what}: ${text}`}${soFar()}` };
  }
}

function refusalOf(error: unknown): TransferRefusal | undefined {
  if (!(error instanceof LifeboatError)) return undefined;
  switch (error.code) {
    case 'refused':
      return (error.cause as { readonly refusal?: TransferRefusal } | undefined)?.refusal;
    case 'timeout':
    case 'tls':
      return error.code;
    case 'network':
      return networkReasonOf(error) === 'closed' ? 'truncated' : 'network';
    case 'limit':
      return 'too-large';
    case 'protocol':
      return 'malformed';
    default:
      return undefined;
  }
}
