// How clients are affected: the same lookups through the node cache with Lifeboat's wiring and through CoreDNS alone, judged against what the API
// held. Counts grow as lookups are judged; what was judged is forgotten.
import type { DnsAddress } from '../processes/dns-client.ts';
import { type Clients, startClients } from '../scenario/clients.ts';
import { ttlSeconds } from '../scenario/deployment.ts';
import { judge, type Lookup } from '../scenario/judge.ts';
import { createSeededRandom } from '../scenario/random.ts';
import type { Workload } from '../scenario/workload.ts';

export const paths = ['withLifeboat', 'alone'] as const;
export type Path = (typeof paths)[number];

export interface Count {
  readonly lookups: number;
  /** No answer, or none where there should be one. */
  readonly failed: number;
  /** An address that the name did not have. */
  readonly wrong: number;
}

/** From a fault until the workload may change again and CoreDNS follows it. */
export interface Trouble {
  readonly fromMs: number;
  /** When what the standby shows was taken from the cluster, deletes included: nobody can know more before CoreDNS is back. */
  readonly standbyOfMs: () => number;
}

export interface ClientImpact {
  /** Judges what has come until now; counts since `begin`. */
  counts(): Readonly<Record<Path, Count>>;
  /** The same, once every lookup that was asked until now has its answer or was given up. */
  settled(): Promise<Readonly<Record<Path, Count>>>;
  /** A few of what failed or was wrong with Lifeboat, in words. */
  complaints(): readonly string[];
  /** Counts from zero from now on: there is a warm standby. */
  begin(): void;
  /** Nothing changes while another trouble is not over. */
  trouble(trouble: Trouble): void;
  isTroubled(): boolean;
  /** What is answered from now on is judged as in peace. */
  calm(): void;
  /** Ends the lookups, and judges the last ones. */
  stop(): Promise<void>;
}

const perSecond = 40;
/** From a confirmed write to a CoreDNS that shows it, on a machine that has other work, and the cache's TTL. */
export const peaceLagMs = 2_000 + ttlSeconds * 1_000;
/**
 * How old the standby may be when changes stop: the interval of captures, one transfer by way of a vantage and its publication. One that is
 * older, because it is frozen or because a guard holds deletes back, excuses nothing.
 */
const mostBehindMs = 15_000;
const keptHistoryMs = 300_000;
const maxComplaints = 10;

/** Starts asking. */
export function startClientImpact(options: {
  readonly workload: Workload;
  readonly withLifeboat: DnsAddress;
  readonly alone: DnsAddress;
}): ClientImpact {
  const { workload } = options;
  const start = (server: DnsAddress, seed: number) =>
    startClients({ server, names: workload.names, perSecond, random: createSeededRandom(seed) });
  const clients: Readonly<Record<Path, Clients>> = {
    withLifeboat: start(options.withLifeboat, 1),
    alone: start(options.alone, 2),
  };
  const counts = { withLifeboat: none(), alone: none() };
  const complaints: string[] = [];
  let troubles: readonly Span[] = [];
  let beganAtMs = Number.POSITIVE_INFINITY;

  const add = (path: Path, lookups: readonly Lookup[]): void => {
    const stillSinceMs = workload.stillSinceMs();
    troubles = troubles.map((trouble) =>
      isOpen(trouble) ? { ...trouble, stillSinceMs: stillSinceMs ?? trouble.stillSinceMs } : trouble,
    );
    const history = workload.history();
    for (const lookup of lookups.filter(({ atMs }) => atMs >= beganAtMs)) {
      const { failed, wrong } = judge({ history, lookups: [lookup], ...rulesFor(lookup, troubles) });
      const count = counts[path];
      counts[path] = {
        lookups: count.lookups + 1,
        failed: count.failed + failed.length,
        wrong: count.wrong + wrong.length,
      };
      if (path === 'alone' || complaints.length >= maxComplaints) continue;
      complaints.push(
        ...[...failed, ...wrong].map(
          ({ reason }) => `${timeOf(lookup)} ${lookup.name} in ${lookup.tookMs} ms: ${reason}`,
        ),
      );
    }
  };
  const end = (): void => {
    troubles = troubles.map((trouble) => ({ ...trouble, untilMs: Math.min(trouble.untilMs, Date.now()) }));
  };
  const count = (): Readonly<Record<Path, Count>> => {
    for (const path of paths) add(path, clients[path].take());
    // In a trouble answers are judged by what was true before it.
    if (!troubles.some(isOpen)) workload.forget(Date.now() - keptHistoryMs);
    return { ...counts };
  };
  return {
    counts: count,
    async settled() {
      await Promise.all(paths.map((path) => clients[path].settled()));
      return count();
    },
    complaints: () => complaints,
    begin() {
      beganAtMs = Date.now();
    },
    trouble(trouble) {
      if (troubles.some(isOpen)) return;
      troubles = [...troubles.slice(-1), { ...trouble, untilMs: Number.POSITIVE_INFINITY }];
    },
    isTroubled: () => troubles.some(isOpen),
    calm: end,
    async stop() {
      for (const path of paths) add(path, await clients[path].stop());
    },
  };
}

interface Span extends Trouble {
  readonly untilMs: number;
  /** From when on the API took no changes, once it was so: what was true then is true until the end. */
  readonly stillSinceMs?: number | undefined;
}

/**
 * An answer is judged by the trouble that it was given in: it may be as old as the standby was when the changes stopped. As long as they go on
 * the excuse does not grow: what the standby cannot follow is wrong.
 */
function rulesFor(
  { atMs, tookMs }: Lookup,
  troubles: readonly Span[],
): { readonly lagMs: number; readonly faultAtMs?: number } {
  const answeredAtMs = atMs + tookMs;
  const trouble = troubles.findLast(({ fromMs, untilMs }) => fromMs <= answeredAtMs && atMs <= untilMs);
  if (trouble === undefined) return { lagMs: peaceLagMs };
  const { stillSinceMs, fromMs } = trouble;
  const behindMs = Math.max(0, (stillSinceMs ?? fromMs) - trouble.standbyOfMs());
  const lagMs = peaceLagMs + Math.min(behindMs, mostBehindMs);
  return { lagMs, ...(stillSinceMs === undefined ? {} : { faultAtMs: stillSinceMs }) };
}

function none(): Count {
  return { lookups: 0, failed: 0, wrong: 0 };
}

function isOpen({ untilMs }: Span): boolean {
  return untilMs === Number.POSITIVE_INFINITY;
}

/** `02:56:14`, UTC. */
function timeOf({ atMs }: Lookup): string {
  return new Date(atMs).toISOString().slice(11, 19);
}
