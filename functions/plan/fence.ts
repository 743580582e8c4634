// Who may write to a standby zone, and what the next marker is. Pure. The marker's value as a prerequisite of every update makes it
// hold against a writer that reads the same marker at the same time; this module makes it hold against one that reads it later.
import { assertNever } from '../lib/assert.ts';
import type { Marker } from './marker.ts';

/**
 * - `publish` the ordinary publication of peace; `knownActivation` is the largest number that Lifeboat's own store knows of, 0 for none
 * - `activate` the last update of an outage and the freeze; `activation` is the number that Lifeboat's own store gave it, from 1
 * - `failback` an operator (or the machine, where the policy says so) ends the outage
 */
export type WriteIntent =
  | { readonly kind: 'publish'; readonly knownActivation: number }
  | { readonly kind: 'activate'; readonly activation: number }
  | { readonly kind: 'failback' };

export type WriteVerdict = { readonly status: 'ok' } | { readonly status: 'frozen'; readonly reason: string };

/**
 * | marker    | publish | activate N                                         | failback |
 * |-----------|---------|----------------------------------------------------|----------|
 * | none      | ok      | ok                                                 | ok       |
 * | `warm`    | ok      | N larger than the marker's; an older one is over   | ok       |
 * | `partial` | ok, but for the cut activation of another deployment (a larger number than is known) | N as large or larger: the cut activation goes on | ok |
 * | `frozen`  | frozen  | N larger than the marker's                         | ok       |
 */
export function mayWrite(current: Marker | undefined, intent: WriteIntent): WriteVerdict {
  if (current === undefined) return { status: 'ok' };
  switch (intent.kind) {
    case 'publish':
      if (current.phase === 'frozen') return frozen(current, 'publications wait for the failback');
      if (current.phase === 'partial' && current.activation > intent.knownActivation) {
        return frozen(current, 'that activation was cut in the middle, and is not over');
      }
      return { status: 'ok' };
    case 'activate': {
      const least = current.phase === 'partial' ? current.activation : current.activation + 1;
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
 * The marker that follows `current`: its generation plus one (1 where there is none). The activation never goes back, so that a
 * deployment with an older store cannot undo the fence of a newer one.
 */
export function nextMarker(current: Marker | undefined, next: Omit<Marker, 'generation'>): Marker {
  const { snapshot, digest, writer, phase } = next;
  const activation = Math.max(next.activation, current?.activation ?? 0);
  return { generation: (current?.generation ?? 0) + 1, snapshot, digest, writer, phase, activation };
}

function frozen(marker: Marker, why: string): WriteVerdict {
  const { activation, writer, snapshot, phase } = marker;
  const reason = `the zone is ${phase === 'frozen' ? 'frozen' : 'held'} by activation ${activation} of ${writer} with snapshot ${snapshot}: ${why}; only a newer activation or an operator's failback writes to it`;
  return { status: 'frozen', reason };
}
