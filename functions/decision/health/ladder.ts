// What one vantage's round says about one target: the first broken rung of the ladder. Pure; the quorum over vantages is in quorum.ts.
import { assert, assertNever } from '../../lib/assert.ts';
import type { Target } from '../../model/target.ts';
import type { Observation, Signal } from './observation.ts';
import type { VerdictCondition, VerdictReason } from './verdict.ts';
import { wordsOfReason } from './words.ts';

/** What one vantage says. */
export interface Reading {
  readonly condition: VerdictCondition;
  readonly reason: Exclude<VerdictReason, 'no-quorum'>;
  /** Why, in words. */
  readonly why: string;
  readonly decisive: readonly Observation[];
}

type Rungs = ReadonlyMap<Signal, Observation>;

/** Reads one vantage's fresh observations of one target; the newest of each signal counts. */
export function readTarget(kind: Target['kind'], observations: readonly Observation[]): Reading {
  const rungs = new Map<Signal, Observation>();
  for (const observation of observations) {
    const seen = rungs.get(observation.signal);
    if (seen === undefined || seen.observedAt <= observation.observedAt) rungs.set(observation.signal, observation);
  }
  switch (kind) {
    case 'apiserver':
      return readApiServer(rungs);
    case 'dns':
      return readDns(rungs);
    case 'standby':
      return readStandby(rungs);
    case 'reference':
      // It is no target: uplink.ts reads it.
      return silent([...rungs.values()]);
    default:
      return assertNever(kind, 'target kind');
  }
}

/**
 * The API server, from the bottom; the first row that fits gives the reading:
 *
 * | rung                | seen                | and                              | reading                  |
 * |---------------------|---------------------|----------------------------------|--------------------------|
 * | connect, tls        | down                |                                  | down                     |
 * | connect, tls        | unknown             |                                  | unknown                  |
 * | ready alone         | down                | an ordinary read was answered in time, and a write, where one is tried | degraded, `not-ready` |
 * | live, ready         | down                | an ordinary read was answered    | degraded                 |
 * | live, ready         | down                | it was not, or not tried         | down                     |
 * | read                | down                | live or ready answered           | degraded: only probes are served, which are exempt from API Priority and Fairness |
 * | read                | down                | neither answered                 | down                     |
 * | read                | unknown             |                                  | unknown                  |
 * | read                | not tried           |                                  | unknown: green health endpoints prove nothing |
 * | ready, read, write  | degraded            |                                  | degraded                 |
 * | write               | down                | the read was answered            | degraded                 |
 * | all else            |                     |                                  | healthy                  |
 *
 * A write or a health endpoint that is `unknown` (its credential) does not hide a read that was answered; the credential has a page of its own.
 * `degraded` on connect and tls (a certificate near its end) is a warning, not the health of the API.
 */
function readApiServer(rungs: Rungs): Reading {
  const at = (condition: Observation['condition'], ...signals: readonly Signal[]) =>
    signals.map((signal) => rungs.get(signal)).find((rung) => rung?.condition === condition);
  const path: readonly Signal[] = ['apiserver.connect', 'apiserver.tls'];
  const health: readonly Signal[] = ['apiserver.live', 'apiserver.ready'];

  const cut = at('down', ...path);
  if (cut !== undefined) return reading('down', [cut]);
  const blind = at('unknown', ...path);
  if (blind !== undefined) return reading('unknown', [blind]);

  const read = rungs.get('apiserver.read');
  const answered = read?.condition === 'up' || read?.condition === 'degraded';
  const sick = at('down', ...health);
  if (sick !== undefined) {
    const others = read === undefined ? [] : [read];
    const writes = rungs.get('apiserver.write')?.condition;
    if (sick.signal === 'apiserver.ready' && read?.condition === 'up' && writes !== 'down' && writes !== 'degraded')
      return { ...reading('degraded', [sick, read]), reason: 'not-ready', why: wordsOfReason('not-ready') };
    return answered
      ? reading('degraded', [sick, ...others], 'but ordinary reads are answered')
      : reading('down', [sick, ...others]);
  }
  if (read === undefined) return silent([...rungs.values()]);
  if (read.condition === 'unknown') return reading('unknown', [read]);
  if (!answered) {
    const green = at('up', 'apiserver.ready', 'apiserver.live') ?? at('degraded', ...health);
    if (green === undefined) return reading('down', [read]);
    return reading('degraded', [read, green], 'although its health endpoints answer');
  }
  const worn = at('degraded', 'apiserver.read', 'apiserver.write', ...health) ?? at('down', 'apiserver.write');
  if (worn === undefined) return reading('healthy', [read]);
  return reading('degraded', [worn], worn.signal === 'apiserver.write' ? 'for writes; reads are answered' : undefined);
}

/**
 * One CoreDNS replica; the first row that fits:
 *
 * | seen                                     | reading                                                   |
 * |------------------------------------------|-----------------------------------------------------------|
 * | answer down                              | down; `unsynced` when the serial probe says so            |
 * | answer or serial stale, or either says unsynced or behind | stale                                    |
 * | answer up, serial down                   | degraded: a cache could have given the answer             |
 * | serial down, no answer seen              | down                                                      |
 * | answer or serial degraded                | degraded                                                  |
 * | serial up                                | healthy, even when the answer came from a cache           |
 * | answer up (serial unknown or not probed) | healthy                                                   |
 * | all else                                 | unknown                                                   |
 */
function readDns(rungs: Rungs): Reading {
  const answer = rungs.get('dns.answer');
  const serial = rungs.get('dns.serial');
  const both = [answer, serial].filter((rung) => rung !== undefined);
  const stale = both.find(
    (rung) => rung.condition === 'stale' || rung.reason === 'unsynced' || rung.reason === 'behind',
  );
  if (answer?.condition === 'down') return reading('down', stale === undefined ? [answer] : [stale, answer]);
  if (stale !== undefined) return reading('stale', [stale]);
  if (serial?.condition === 'down') {
    return answer?.condition === 'up' || answer?.condition === 'degraded'
      ? reading('degraded', [serial, answer], 'for the uncached question, though a known name is answered')
      : reading('down', both.reverse());
  }
  const worn = both.find((rung) => rung.condition === 'degraded');
  if (worn !== undefined) return reading('degraded', [worn]);
  const good = serial?.condition === 'up' ? serial : answer?.condition === 'up' ? answer : undefined;
  if (good !== undefined) return reading('healthy', [good]);
  return both[0] === undefined ? silent([]) : reading('unknown', [both[0]]);
}

/**
 * One standby zone; the first row that fits:
 *
 * | seen                                     | reading                                                              |
 * |------------------------------------------|----------------------------------------------------------------------|
 * | soa down                                 | down: it cannot be read, or nobody serves it                         |
 * | soa unknown                              | unknown: its credential                                              |
 * | marker down, `empty`                     | down: every name is denied, which clients believe                    |
 * | marker down                              | stale: somebody else's, thawed, or gone                              |
 * | answer down                              | stale: it answers, and not what was published                        |
 * | marker or answer unknown                 | unknown                                                              |
 * | soa up                                   | healthy                                                              |
 * | all else                                 | unknown                                                              |
 */
function readStandby(rungs: Rungs): Reading {
  const soa = rungs.get('standby.soa');
  const marker = rungs.get('standby.marker');
  const answer = rungs.get('standby.answer');
  if (soa?.condition === 'down') return reading('down', [soa]);
  if (soa?.condition === 'unknown') return reading('unknown', [soa]);
  const held = [marker, answer].filter((rung) => rung !== undefined);
  if (marker?.condition === 'down') return reading(marker.reason === 'empty' ? 'down' : 'stale', held);
  if (answer?.condition === 'down') return reading('stale', [answer]);
  const blind = held.find((rung) => rung.condition === 'unknown');
  if (blind !== undefined) return reading('unknown', [blind]);
  return soa === undefined ? silent(held) : reading('healthy', [soa, ...held]);
}

function reading(condition: VerdictCondition, decisive: readonly Observation[], addition?: string): Reading {
  const reason = decisive[0]?.reason;
  assert(reason !== undefined, 'a reading has a decisive observation');
  const why = wordsOfReason(reason);
  return { condition, reason, why: addition === undefined ? why : `${why}, ${addition}`, decisive };
}

function silent(decisive: readonly Observation[]): Reading {
  return { condition: 'unknown', reason: 'no-observation', why: wordsOfReason('no-observation'), decisive };
}
