// Judges what clients were answered against what the API held. Pure: no clock, no network.
import type { Held, History } from './history.ts';

/** One lookup of A records as a client saw it. */
export interface Lookup {
  /** When the client asked. */
  readonly atMs: number;
  readonly name: string;
  /** Of the answer, or `TIMEOUT`, `UNREACHABLE`, `TRUNCATED`. */
  readonly rcode: string;
  /** Sorted. */
  readonly addresses: readonly string[];
  /** From asking until the answer, or until the client gave up. */
  readonly tookMs: number;
}

export interface Judged {
  readonly lookup: Lookup;
  readonly reason: string;
}

export interface Judgement {
  readonly lookups: number;
  readonly failed: readonly Judged[];
  readonly wrong: readonly Judged[];
}

export interface JudgeOptions {
  readonly history: History;
  readonly lookups: readonly Lookup[];
  /** An answer may show what the API held at any time within this long before it. */
  readonly lagMs: number;
  /** In an outage: for how long before that an address may have been gone that is answered beside those that were there; default 0. */
  readonly keptMs?: number;
  /** When the API failed: answers after it are judged by the lag before it. */
  readonly faultAtMs?: number;
  /** When the API was back and its clients had caught up: answers after it are judged by the lag before them again. */
  readonly recoveredAtMs?: number;
}

/*
 * answer          | no such name in the window    | a name at times | a name all the time
 * addresses       | wrong                         | wrong unless some span in the window held exactly this set; in an outage,
 *                 |                               | where no address is removed, also one of them with addresses of others
 * none, NXDOMAIN  | right                         | right           | failed
 * SERVFAIL, …     | failed                        | failed          | failed
 */
/** Counts every lookup as right, failed (no answer though there should be one) or wrong (an answer that was not true). */
export function judge(options: JudgeOptions): Judgement {
  const failed: Judged[] = [];
  const wrong: Judged[] = [];
  for (const lookup of options.lookups) {
    const held = heldBefore(anchorOf(lookup, options), lookup.name, options);
    if (lookup.rcode !== 'NOERROR' && lookup.rcode !== 'NXDOMAIN') {
      failed.push({ lookup, reason: lookup.rcode });
    } else if (lookup.addresses.length === 0) {
      if (!held.includes('absent'))
        failed.push({ lookup, reason: `${lookup.rcode} without addresses, but ${list(held)} was there` });
    } else if (!held.some((one) => same(one, lookup.addresses)) && !isKept(lookup, held, options)) {
      wrong.push({ lookup, reason: `${lookup.addresses.join(' ')}, but the API held ${list(held)}` });
    }
  }
  return { lookups: options.lookups.length, failed, wrong };
}

/** The end of the window: the answer itself, or the fault when the answer came while the API was gone. */
function anchorOf(lookup: Lookup, { faultAtMs, recoveredAtMs = Number.POSITIVE_INFINITY }: JudgeOptions): number {
  const answeredAtMs = lookup.atMs + lookup.tookMs;
  const inOutage = faultAtMs !== undefined && answeredAtMs > faultAtMs && answeredAtMs < recoveredAtMs;
  return inOutage ? faultAtMs : answeredAtMs;
}

/** Everything the API held for the name at some time in the window, `absent` included. */
function heldBefore(anchorMs: number, name: string, { history, lagMs }: JudgeOptions): readonly Held[] {
  const spans = history.get(name);
  if (spans === undefined) return ['absent'];
  return spans.filter(({ fromMs, toMs }) => fromMs <= anchorMs && toMs >= anchorMs - lagMs).map(({ held }) => held);
}

function same(held: Held, addresses: readonly string[]): boolean {
  return held !== 'absent' && held.length === addresses.length && held.every((address, i) => address === addresses[i]);
}

/** Of a set that changed just before the outage the standby keeps what it had beside what came: nobody can say which of them are dead. */
function isKept(lookup: Lookup, held: readonly Held[], options: JudgeOptions): boolean {
  if (options.faultAtMs === undefined || anchorOf(lookup, options) !== options.faultAtMs) return false;
  const { lagMs, keptMs = 0, faultAtMs } = options;
  const sets = held.filter((one) => one !== 'absent');
  const before = heldBefore(faultAtMs, lookup.name, { ...options, lagMs: lagMs + keptMs });
  const known = new Set(before.filter((one) => one !== 'absent').flat());
  const answered = new Set(lookup.addresses);
  const isWhole = sets.some((set) => set.every((address) => answered.has(address)));
  return isWhole && lookup.addresses.every((address) => known.has(address));
}

function list(held: readonly Held[]): string {
  return held.map((one) => (one === 'absent' ? 'nothing' : one.join(' '))).join(', then ');
}
