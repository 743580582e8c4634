// The names of a headless Service's endpoints (`web-0.web.shop`, `10-0-0-9.web.shop`), which come and go with its pods. Their Service's own
// set has the same addresses, so that no name is needed to see that endpoints are lost. It tells them apart; the guards judge. Pure.
import { child, isWithin, labelsOf, type Name } from '../records/name.ts';
import { type Rrset, rrsetKey } from '../records/rrset.ts';
import { isAddress, type Loss, type OwnValues } from './losses.ts';
import { ownedLabel } from './ownership.ts';
import { changeTarget } from './plan.ts';

export interface Endpoints {
  /** The name of an endpoint goes, and its Service has others: its addresses count, and not the name. */
  isOfLiving(loss: Loss): boolean;
  /** The same, and its Service has as many addresses as it had, and a name for each: another endpoint has come in its place. */
  isReplaced(loss: Loss): boolean;
}

/** What becomes of endpoints' names; `own` says how many addresses a Service in the zone has of its own. */
export function endpointsOf(
  zone: Name,
  desired: readonly Rrset[],
  current: readonly Rrset[],
  own: OwnValues,
): Endpoints {
  const serviceOf = endpointServiceIn(zone);
  const services = new Map(desired.map((set) => [rrsetKey(set), set]));
  const before = new Map(current.map((set) => [rrsetKey(set), set]));
  const named = new Map<string, number>();
  for (const set of desired) {
    const service = serviceOf(set);
    if (service !== undefined) named.set(service, (named.get(service) ?? 0) + set.values.length);
  }
  const serviceLeft = ({ kind, changes: [change] }: Loss): string | undefined => {
    const service = kind === 'delete' && change !== undefined ? serviceOf(changeTarget(change)) : undefined;
    return service !== undefined && services.has(service) ? service : undefined;
  };
  return {
    isOfLiving: (loss) => serviceLeft(loss) !== undefined,
    isReplaced(loss) {
      const service = serviceLeft(loss);
      if (service === undefined) return false;
      const [had, has] = [before.get(service), services.get(service)?.values.length ?? 0];
      return (named.get(service) ?? 0) >= has && has >= (had === undefined ? 0 : own(had));
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

/** `endpoint.service.namespace`, below what is owned. */
const labelsOfEndpoint = 3;

/** The key of its Service's set for an endpoint's set of addresses; undefined for any other set. */
export function endpointServiceIn(zone: Name): (set: Pick<Rrset, 'name' | 'type'>) => string | undefined {
  const tree = child(ownedLabel, zone);
  const labels = labelsOf(tree).length + labelsOfEndpoint;
  return ({ name, type }) => {
    if (!isAddress(type) || !isWithin(name, tree) || labelsOf(name).length !== labels) return undefined;
    return `${name.slice(name.indexOf('.') + 1)} ${type}`;
  };
}
