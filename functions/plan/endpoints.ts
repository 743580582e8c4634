// The names of a headless Service's endpoints (`web-0.web.shop`, `10-0-0-9.web.shop`), which come and go with its pods. Their Service's own
// set has the same addresses, so that no name is needed to see that endpoints are lost. It tells them apart; the guards judge. Pure.
import { child, type Name } from '../records/name.ts';
import { type Rrset, rrsetKey } from '../records/rrset.ts';
import { isAddress, type Loss, type OwnValues } from './losses.ts';
import { ownedLabel } from './ownership.ts';
import { changeTarget } from './plan.ts';

interface Sides {
  readonly zone: Name;
  readonly desired: readonly Rrset[];
  readonly current: readonly Rrset[];
}

export interface Endpoints {
  /** The name of an endpoint goes, and its Service has others: its addresses count, and not the name. */
  isOfLiving(loss: Loss): boolean;
  /** The same, and its Service has as many addresses as it had, and a name for each: another endpoint has come in its place. */
  isReplaced(loss: Loss): boolean;
}

/** What becomes of the endpoints among `losses`; `own` says how many addresses a Service in the zone has of its own. */
export function endpointsOf({ zone, desired, current }: Sides, losses: readonly Loss[], own: OwnValues): Endpoints {
  const serviceOf = endpointServiceIn(zone);
  const serviceOfLoss = ({ kind, changes: [change] }: Loss) =>
    kind === 'delete' && change !== undefined ? serviceOf(changeTarget(change)) : undefined;
  const asked = new Set(losses.map(serviceOfLoss).filter((service) => service !== undefined));
  const services = asked.size === 0 ? [] : desired.filter((set) => isAddress(set.type) && asked.has(rrsetKey(set)));
  const has = new Map(services.map((set) => [rrsetKey(set), set.values.length]));
  const had = new Map(
    (has.size === 0 ? [] : current).filter(({ type }) => isAddress(type)).map((set) => [rrsetKey(set), set]),
  );
  const named = new Map<string, number>();
  for (const set of has.size === 0 ? [] : desired) {
    const service = serviceOf(set);
    if (service !== undefined) named.set(service, (named.get(service) ?? 0) + set.values.length);
  }
  const left = (loss: Loss): string | undefined => {
    const service = serviceOfLoss(loss);
    return service !== undefined && has.has(service) ? service : undefined;
  };
  return {
    isOfLiving: (loss) => left(loss) !== undefined,
    isReplaced(loss) {
      const service = left(loss);
      if (service === undefined) return false;
      const before = had.get(service);
      const now = has.get(service) ?? 0;
      return (named.get(service) ?? 0) >= now && now >= (before === undefined ? 0 : own(before));
    },
  };
}

/** Is it a set of pods' addresses: that of an endpoint, or of a Service that has endpoints with names on either side? */
export function isOfPodsIn(
  zone: Name,
  ...sides: readonly (readonly Rrset[])[]
): (set: Pick<Rrset, 'name' | 'type'>) => boolean {
  const serviceOf = endpointServiceIn(zone);
  const headless = new Set(sides.flat().map(serviceOf));
  return (set) => serviceOf(set) !== undefined || headless.has(rrsetKey(set));
}

/** The key of its Service's set for an endpoint's set of addresses (`endpoint.service.namespace`); undefined for any other set. */
export function endpointServiceIn(zone: Name): (set: Pick<Rrset, 'name' | 'type'>) => string | undefined {
  const below = `.${child(ownedLabel, zone)}`;
  // Asked of every set of a zone, so without a list of labels. Names that are ours have no escaped points.
  return ({ name, type }) => {
    if (!isAddress(type) || !name.endsWith(below)) return undefined;
    const first = name.indexOf('.');
    const second = name.indexOf('.', first + 1);
    const third = name.indexOf('.', second + 1);
    return third === name.length - below.length ? `${name.slice(first + 1)} ${type}` : undefined;
  };
}
