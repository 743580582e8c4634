// What must hold whatever happens to a cluster, its standbys and the deployments that look after it. It looks at the truth, at the zones and
// at what people were told, and knows nothing of how any of it is decided.
import type { Delivery } from '../../../functions/alerts/delivery.ts';
import { formatMarker, type Marker, markerName, parseMarker } from '../../../functions/plan/marker.ts';
import { belongingIn } from '../../../functions/plan/ownership.ts';
import { type Rrset, rrsetKey } from '../../../functions/records/rrset.ts';
import { zone } from './deployment.ts';
import type { Truth } from './truth.ts';
import type { Written } from './zone.ts';

const isOwned = belongingIn(zone);

export function ownedOf(sets: readonly Rrset[]): ReadonlyMap<string, Rrset> {
  return new Map(sets.filter((set) => isOwned(set) === 'owned').map((set) => [rrsetKey(set), set]));
}

export function markerOf(sets: readonly Rrset[]): Marker | undefined {
  const text = sets.find((set) => set.name === markerName(zone))?.values[0];
  return text === undefined ? undefined : parseMarker(text);
}

export class Oracle {
  /** Rounds in a row in which the API was bad, and every deployment could see it. */
  sickRounds = 0;
  /** Something other than a vantage's own network has been bad, or an operator has failed over. */
  everTroubled = false;
  /** Writers whose operator has asked for a failback and not for a failover since. */
  readonly givingBack = new Set<string>();
  private readonly truth: Truth;
  private wrong: unknown;

  constructor(truth: Truth) {
    this.truth = truth;
  }

  roundBegins(): void {
    const { api, dns, cut } = this.truth.weather;
    this.sickRounds = api !== 'healthy' && cut.length === 0 ? this.sickRounds + 1 : 0;
    if (api !== 'healthy' || dns.some((one) => one !== 'healthy')) this.everTroubled = true;
  }

  /** Every single write, as it is made. Whoever writes would take an error for one of the zone: it is kept for `judge`. */
  written(written: Written): void {
    try {
      this.holdTo(written);
    } catch (error) {
      this.wrong ??= error;
    }
  }

  /** Throws the first thing that was wrong. */
  judge(): void {
    if (this.wrong !== undefined) throw this.wrong;
  }

  private holdTo({ before, after, writer }: Written): void {
    const was = markerOf(before);
    const is = markerOf(after);
    check(is !== undefined, `${writer} left a zone without a marker`);
    // A newer activation that is written in several updates passes through `partial`.
    if (was?.phase === 'frozen' && is.phase !== 'frozen' && is.activation <= was.activation)
      check(
        this.givingBack.has(writer),
        `${writer} thawed what ${formatMarker(was)} had frozen, and nobody asked it to`,
      );
    check(is.phase !== 'frozen' || this.everTroubled, `${writer} froze a zone when nothing was wrong with the cluster`);
    // The first bad round is only known when it is over.
    if (this.sickRounds > 1) this.losesNothing(before, after, writer);
  }

  private losesNothing(before: readonly Rrset[], after: readonly Rrset[], writer: string): void {
    const left = ownedOf(after);
    for (const [key, set] of ownedOf(before)) {
      const now = left.get(key);
      check(now !== undefined, `${writer} deleted ${key} in an outage`);
      if (set.values.length === 1) continue;
      const lost = set.values.filter((value) => !now.values.includes(value));
      check(lost.length === 0, `${writer} took ${lost.join(', ')} from ${key} in an outage`);
    }
  }
}

/** Dedup keys that a receiver has open after these deliveries. */
export function openAfter(told: readonly Delivery[]): ReadonlySet<string> {
  const open = new Set<string>();
  for (const { alert } of told) {
    if (alert.action === 'trigger') open.add(alert.dedupKey);
    else open.delete(alert.dedupKey);
  }
  return open;
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
