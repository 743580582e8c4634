// Who may write to a standby zone, and what the next marker is. Pure. The marker's value as a prerequisite of every update makes it
// hold against a writer that reads the same marker at the same time; this module makes it hold against one that reads it later.
import { assertNever } from '../lib/assert.ts';
import type { Intent } from '../model/intent.ts';
import { newcomer, type Standing, type TakeOver } from '../model/standing.ts';
import { type Marker, maxMarkerCount } from './marker.ts';

/** Who asks: the cluster's id, and the configuration's `writer`. */
export interface Deployment {
  readonly cluster: string;
  readonly writer: string;
}

export type WriteVerdict =
  | { readonly status: 'ok' }
  /** It may be written, but nothing may be deleted: what stands there is not what our own store knows. `because` says which it is. */
  | { readonly status: 'adopt'; readonly because: 'marker-gone' | 'taken-over'; readonly reason: string }
  | { readonly status: 'frozen'; readonly reason: string }
  /** Another deployment of this cluster writes there. */
  | { readonly status: 'kept'; readonly reason: string }
  /** Another cluster's names are there. */
  | { readonly status: 'foreign'; readonly reason: string };

/**
 * | marker                            | publish N                         | activate N                        | failback |
 * |-----------------------------------|-----------------------------------|-----------------------------------|----------|
 * | none, and none known              | ok                                | ok                                | ok       |
 * | none, one was known               | adopt                             | adopt                             | adopt    |
 * | none, we have frozen the zone     | frozen                            | adopt                             | adopt    |
 * | of another cluster                | foreign                           | foreign                           | foreign  |
 * | of another writer, frozen         | kept                              | kept                              | kept; adopt by order |
 * | of another writer, else           | kept; adopt when its lease has run out | kept; adopt when its lease has run out | kept; adopt by order |
 * | ours, `warm`                      | ok                                | N larger than the marker's; an older one is over | ok |
 * | ours, `partial`                   | ok, but for a cut activation that is not known (larger than N) | N as large or larger: the cut activation goes on | ok |
 * | ours, `frozen`                    | frozen                            | N larger than the marker's, or the same when our store knows that we froze it | ok |
 *
 * A marker that names no cluster was written by an older version: it is ours when the writer is. Of another writer it yields to an order
 * only, since that version renews no lease, and a freeze in it is `frozen`, since it may be another cluster's.
 */
export function mayWrite(
  current: Marker | undefined,
  intent: Intent,
  self: Deployment,
  standing: Standing,
): WriteVerdict {
  if (current === undefined) return overNoMarker(intent, standing);
  if (current.cluster !== null && current.cluster !== self.cluster) return foreign(current, self);
  if (current.writer !== self.writer) return overAnother(current, intent, self, standing);
  return overOwn(current, intent, standing);
}

/** The writer that keeps a zone for this cluster, when it is another one than ours; null: nobody does. */
export function keeperOf(current: Marker | undefined, self: Deployment): string | null {
  if (current === undefined || current.writer === self.writer) return null;
  return current.cluster === null || current.cluster === self.cluster ? current.writer : null;
}

function overNoMarker(intent: Intent, { known }: Standing): WriteVerdict {
  if (known === 'nothing') return { status: 'ok' };
  const gone = 'the marker of the zone is gone: it was removed, or the zone was replaced';
  if (known === 'freeze' && intent.kind === 'publish') {
    return {
      status: 'frozen',
      reason: `${gone}; this deployment has frozen it, and publications wait for the failback`,
    };
  }
  return { status: 'adopt', because: 'marker-gone', reason: `${gone}; it is written anew, and nothing is deleted yet` };
}

function overAnother(current: Marker, intent: Intent, self: Deployment, { takeOver }: Standing): WriteVerdict {
  const { writer, phase, activation, generation, cluster } = current;
  const isFrozen = phase === 'frozen';
  const taken = {
    status: 'adopt',
    because: 'taken-over',
    reason: `taken over from ${writer}; nothing is deleted yet`,
  } as const;
  if (intent.kind === 'failback') {
    if (takeOver?.by === 'order') return taken;
  } else if (cluster === null && isFrozen) {
    return overOwn(current, intent, newcomer);
  } else if (cluster !== null && !isFrozen && hasLapsed(current, takeOver)) {
    const verdict = intent.kind === 'publish' ? overOwn(current, intent, newcomer) : taken;
    return verdict.status === 'ok' ? taken : verdict;
  }
  const how = isFrozen ? `frozen by activation ${activation} of ${writer}` : `kept by ${writer}`;
  return {
    status: 'kept',
    reason: `the zone is ${how} (generation ${generation}); this deployment, ${self.writer}, stands by`,
  };
}

function hasLapsed({ writer, generation }: Marker, takeOver: TakeOver | null): boolean {
  return takeOver?.by === 'lease' && takeOver.writer === writer && takeOver.generation === generation;
}

function overOwn(current: Marker, intent: Intent, { known }: Standing): WriteVerdict {
  switch (intent.kind) {
    case 'publish':
      if (current.phase === 'frozen') return frozen(current, 'publications wait for the failback');
      if (current.phase === 'partial' && current.activation > intent.knownActivation) {
        return frozen(current, 'that activation was cut in the middle, and is not over');
      }
      return { status: 'ok' };
    case 'activate': {
      const goesOn = current.phase === 'partial' || (current.phase === 'frozen' && known === 'freeze');
      const least = goesOn ? current.activation : current.activation + 1;
      if (intent.activation >= least) return { status: 'ok' };
      if (current.phase === 'frozen') return frozen(current, `activation ${intent.activation} is not newer`);
      const reason = `activation ${intent.activation} is over: the zone has seen activation ${current.activation} and is ${current.phase} again`;
      return { status: 'frozen', reason };
    }
    case 'failback':
      return { status: 'ok' };
    default:
      return assertNever(intent, 'write intent');
  }
}

/**
 * The marker that follows `current`: its generation plus one (1 where there is none, or past the end). The activation never goes back, so
 * that a deployment with an older store cannot undo the fence of a newer one.
 */
export function nextMarker(current: Marker | undefined, next: Omit<Marker, 'generation'>): Marker {
  const { snapshot, digest, cluster, writer, phase } = next;
  const generation = current === undefined || current.generation >= maxMarkerCount ? 1 : current.generation + 1;
  const activation = Math.max(next.activation, current?.activation ?? 0);
  return { generation, snapshot, digest, cluster, writer, phase, activation };
}

function foreign({ cluster, writer, generation, phase, activation }: Marker, self: Deployment): WriteVerdict {
  const how = phase === 'frozen' ? `frozen by activation ${activation}` : `generation ${generation}`;
  return {
    status: 'foreign',
    reason: `the zone is written by cluster ${cluster} (${writer}, ${how}), this is cluster ${self.cluster}: two clusters on one zone would take each other's names away`,
  };
}

function frozen(marker: Marker, why: string): WriteVerdict {
  const { activation, writer, snapshot, phase } = marker;
  const reason = `the zone is ${phase === 'frozen' ? 'frozen' : 'held'} by activation ${activation} of ${writer} with snapshot ${snapshot}: ${why}; only a newer activation or an operator's failback writes to it`;
  return { status: 'frozen', reason };
}
