// What a standby is called: by its id in this process, by its label in what is stored, as every version before there were ids reads and writes
// it, so that one goes on where the other stopped, also beside it and also backwards. The id stands beside. What is known of a zone belongs to
// the place where the zone lies: ids can be exchanged, and those that nobody wrote hang on the order. Pure. What is held back goes by the same
// names (tasks/publish/holds.ts).
import { credentialKey, partsOf } from '../health/credentials.ts';
import { standbyKey } from '../health/verdict.ts';
import type { ClusterState } from './state.ts';

export interface StandbyName {
  readonly id: string;
  /** The provider's, for people, and where the zone lies: `rfc2136 192.0.2.53:53 cluster.local.`. */
  readonly label: string;
}

/** By the name that something is stored under: the id that it has now; null: it is nobody's any more. What is not in it keeps its name. */
export type Renames = ReadonlyMap<string, string | null>;
type Names = ReadonlyMap<string, string>;

/**
 * Who has now what is stored, by name with its label: the place that it is about; an empty label: what was stored before there were ids, under
 * its label, or what is not known by its place.
 *
 * | a standby has                                        | its place is        | its id is              |
 * |------------------------------------------------------|---------------------|------------------------|
 * | what is stored under its id, about its place         | the same            | the same               |
 * | else what is stored about its place                  | the same            | another, or none       |
 * | else what is stored under its id, about no place     | not known           | the same               |
 * | else, where `moved` is `same`, what is stored under its id about a place that no standby has now | another | the same |
 * | else nothing                                         |                     |                        |
 *
 * `moved`: is a standby at another place the same one? Not its zone, which must be looked at anew; what must not be deleted from it is.
 */
export function renamesOf(
  stored: Readonly<Record<string, string>>,
  standbys: readonly StandbyName[],
  moved: 'new' | 'same' = 'new',
): Renames {
  const places = new Set(standbys.map(({ label }) => label));
  const steps: readonly ((name: string, label: string, now: StandbyName) => boolean)[] = [
    (name, label, now) => name === now.id && label === now.label,
    (_, label, now) => label === now.label,
    (name, label, now) => label === '' && name === now.label,
    (name, label, now) => label === '' && name === now.id && !places.has(name),
    (name, label, now) => moved === 'same' && name === now.id && !places.has(label),
  ];
  const owners = new Map<string, string>();
  const served = new Set<string>();
  for (const isIts of steps) {
    for (const now of standbys) {
      if (served.has(now.id)) continue;
      const own = Object.entries(stored).find(([name, label]) => !owners.has(name) && isIts(name, label, now));
      if (own === undefined) continue;
      owners.set(own[0], now.id);
      served.add(now.id);
    }
  }
  const ids = new Set(standbys.map(({ id }) => id));
  const lost = Object.keys(stored).filter((name) => ids.has(name) && !owners.has(name));
  const other = [...owners].filter(([name, id]) => name !== id);
  return new Map<string, string | null>([...other, ...lost.map((name) => [name, null] as const)]);
}

/** By id: the label that it is stored under; the id where a label is missing, or is not that of one standby alone. */
export function storedNames(labels: Readonly<Record<string, string>>): Names {
  const all = Object.values(labels);
  const isOne = ([, label]: [string, string]) =>
    label !== '' && !Object.hasOwn(labels, label) && all.indexOf(label) === all.lastIndexOf(label);
  return new Map(Object.entries(labels).filter(isOne));
}

export function reversed(names: Names): Names {
  return new Map([...names].map(([from, to]) => [to, from]));
}

export function renamed<T>(stored: Readonly<Record<string, T>>, renames: Renames): Readonly<Record<string, T>> {
  const parts = Object.entries(stored).flatMap(([name, value]): [string, T][] => {
    const now = nameIn(renames, name);
    return now === null ? [] : [[now, value]];
  });
  return Object.fromEntries(parts);
}

function nameIn(renames: Renames, name: string): string | null {
  const now = renames.get(name);
  return now === undefined ? name : now;
}

/** By the ids of today. `labelOf`: the label that is stored with it; without: its names are labels. */
export function byId<T>(
  stored: Readonly<Record<string, T>>,
  standbys: readonly StandbyName[],
  labelOf: (one: T) => string = () => '',
): Readonly<Record<string, T>> {
  const labels = Object.entries(stored).map(([name, one]) => [name, labelOf(one)] as const);
  return renamed(stored, renamesOf(Object.fromEntries(labels), standbys));
}

export function labelsIn({ standbys }: Pick<ClusterState, 'standbys'>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(standbys).map(([name, { label }]) => [name, label]));
}

/** Whatever of the state goes by a standby's name, but incidents. */
export function withNames(state: ClusterState, renames: Renames): ClusterState {
  if (renames.size === 0) return state;
  return { ...state, standbys: renamed(state.standbys, renames), ...targetsByName(state, renames) };
}

/**
 * The state by the ids of today, each standby with its label. A standby at another place is known anew (knowStandbys). Open incidents keep the
 * key that they were told under: see key.ts.
 */
export function withIds(state: ClusterState, standbys: readonly StandbyName[]): ClusterState {
  const next = withNames(state, renamesOf(labelsIn(state), standbys));
  const now = new Map(standbys.map(({ id, label }) => [id, label]));
  const known = Object.entries(next.standbys).map(([id, standby]) => {
    return [id, { ...standby, label: now.get(id) ?? standby.label }] as const;
  });
  return { ...next, standbys: Object.fromEntries(known) };
}

/** What is known of a standby as a target of probes. */
function targetsByName(
  { verdicts, streaks, credentials, observations }: ClusterState,
  renames: Renames,
): Pick<ClusterState, 'verdicts' | 'streaks' | 'credentials' | 'observations'> {
  const keys: Renames = new Map(
    [...renames].map(([name, id]) => [standbyKey(name), id === null ? null : standbyKey(id)]),
  );
  const refused = Object.entries(credentials).flatMap(([key, tracked]): [string, typeof tracked][] => {
    const { vantage, target } = partsOf(key);
    const now = nameIn(keys, target);
    return now === null ? [] : [[credentialKey(vantage, now), tracked]];
  });
  return {
    verdicts: renamed(verdicts, keys),
    streaks: renamed(streaks, keys),
    credentials: Object.fromEntries(refused),
    observations: observations.flatMap((seen) => {
      if (seen.target.kind !== 'standby') return [seen];
      const id = nameIn(renames, seen.target.id);
      return id === null ? [] : [{ ...seen, target: { kind: 'standby', id } }];
    }),
  };
}
