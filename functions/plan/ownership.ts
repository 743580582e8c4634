// What belongs to Lifeboat in a standby zone: the tree `svc.<zone>` in five types, and the marker. Nothing else is ever touched, names
// there that it would never publish (isPlainName) included.
import { child, isPlainName, isWithin, labelsOf, type Name, relativeTo } from '../records/name.ts';
import type { RecordType, Rrset } from '../records/rrset.ts';
import { markerName } from './marker.ts';

/** The label below the zone under which everything owned lies. */
export const ownedLabel = 'svc';
/** The types owned there. Others (an MX, a CAA that a person put there) are left alone. */
export const ownedTypes: readonly RecordType[] = ['A', 'AAAA', 'CNAME', 'SRV', 'TXT'];

/** What is looked at to tell whose a set is. */
type Target = { readonly name: Name; readonly type: RecordType };

/**
 * - `owned` Lifeboat writes and deletes it
 * - `zone` belongs to the zone itself: SOA and NS of the apex, the marker; neither written by a plan nor a mistake in a desired set
 * - `foreign` somebody else's
 */
export type Belonging = 'owned' | 'zone' | 'foreign';

/** Can a set of this name be ours, if its type is? */
export function ownsName(zone: Name): (name: Name) => boolean {
  const tree = child(ownedLabel, zone);
  return (name) => isWithin(name, tree) && isPlainName(name);
}

/** Tells whose a set in this zone is. */
export function belongingIn(zone: Name): (target: Target) => Belonging {
  const ownsNameHere = ownsName(zone);
  const marker = markerName(zone);
  return ({ name, type }) => {
    if (ownedTypes.includes(type) && ownsNameHere(name)) return 'owned';
    if (name === zone && (type === 'SOA' || type === 'NS')) return 'zone';
    return name === marker && type === 'TXT' ? 'zone' : 'foreign';
  };
}

/** The sets of a zone that Lifeboat owns, in the order given. */
export function ownedIn(zone: Name, rrsets: readonly Rrset[]): readonly Rrset[] {
  const belonging = belongingIn(zone);
  return rrsets.filter((set) => belonging(set) === 'owned');
}

/** The Kubernetes namespace that a name stands for: the label left of `svc`; undefined outside the tree and for its top. */
export function namespaceIn(zone: Name): (name: Name) => string | undefined {
  const tree = child(ownedLabel, zone);
  return (name) => {
    if (!isWithin(name, tree) || name === tree) return undefined;
    return labelsOf(name)[labelsOf(name).length - labelsOf(tree).length - 1];
  };
}

/** The Kubernetes Service that a name belongs to, with its namespace (`web.shop`), the names of its ports and pods included. */
export function serviceIn(zone: Name): (name: Name) => string | undefined {
  const tree = child(ownedLabel, zone);
  return (name) => {
    if (!isWithin(name, tree)) return undefined;
    const labels = labelsOf(name).slice(0, -labelsOf(tree).length);
    return labels.length < 2 ? undefined : labels.slice(-2).join('.');
  };
}

/** A name for people: without the zone at its end. */
export function shortName(name: Name, zone: Name): string {
  return isWithin(name, zone) ? relativeTo(name, zone) || name : name;
}
