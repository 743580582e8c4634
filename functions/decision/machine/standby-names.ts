// What a standby is called: by its id in this process, by its label in what is stored, as every version before there were ids reads and writes
// it, so that one goes on where the other stopped, also beside it and also backwards. The id stands beside; where it is not there, or the
// configuration has changed it, a standby is known again by its label. Pure. What is held back goes by the same names (tasks/publish/holds.ts).
import { credentialKey, partsOf } from '../health/credentials.ts';
import { standbyKey } from '../health/verdict.ts';
import type { ClusterState } from './state.ts';

export interface StandbyName {
  readonly id: string;
  /** The provider's, for people: `rfc2136 192.0.2.53:53 cluster.local.`. */
  readonly label: string;
}

/** By the name that something is stored under: the id that it has now. */
export type Renames = ReadonlyMap<string, string>;

/**
 * `stored`: by name, the label that is stored with it; empty where there is none, and the name is the label.
 *
 * | the name            | its label                                   | is now           |
 * |---------------------|---------------------------------------------|------------------|
 * | is a configured id  |                                             | the same         |
 * | is none             | a configured standby's, which has nothing stored | that standby's id |
 * | is none             | nobody's, or something is stored there      | the same, and soon forgotten |
 */
export function renamesOf(stored: Readonly<Record<string, string>>, standbys: readonly StandbyName[]): Renames {
  const ids = new Set(standbys.map(({ id }) => id));
  const renames = Object.entries(stored).flatMap(([name, label]): [string, string][] => {
    const now = ids.has(name) ? undefined : standbys.find((one) => one.label === (label === '' ? name : label));
    return now === undefined || Object.hasOwn(stored, now.id) ? [] : [[name, now.id]];
  });
  return new Map(renames);
}

/** By id: the label that it is stored under; the id where a label is missing, or is not that of one standby alone. */
export function storedNames(labels: Readonly<Record<string, string>>): Renames {
  const all = Object.values(labels);
  const isOne = ([, label]: [string, string]) =>
    label !== '' && !Object.hasOwn(labels, label) && all.indexOf(label) === all.lastIndexOf(label);
  return new Map(Object.entries(labels).filter(isOne));
}

export function reversed(renames: Renames): Renames {
  return new Map([...renames].map(([from, to]) => [to, from]));
}

export function renamed<T>(stored: Readonly<Record<string, T>>, renames: Renames): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(stored).map(([name, value]) => [renames.get(name) ?? name, value]));
}

/** For what is stored without labels: its names are ids, or labels. */
export function byId<T>(
  stored: Readonly<Record<string, T>>,
  standbys: readonly StandbyName[],
): Readonly<Record<string, T>> {
  const names = Object.keys(stored).map((name) => [name, ''] as const);
  return renamed(stored, renamesOf(Object.fromEntries(names), standbys));
}

export function labelsIn({ standbys }: Pick<ClusterState, 'standbys'>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(standbys).map(([name, { label }]) => [name, label]));
}

/** Whatever of the state goes by a standby's name, but incidents. */
export function withNames(state: ClusterState, renames: Renames): ClusterState {
  if (renames.size === 0) return state;
  return { ...state, standbys: renamed(state.standbys, renames), ...targetsByName(state, renames) };
}

/** The state by the ids of today, each standby with its label. Open incidents keep the key that they were told under: see key.ts. */
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
  const keys: Renames = new Map([...renames].map(([name, id]) => [standbyKey(name), standbyKey(id)]));
  const refused = Object.entries(credentials).map(([key, tracked]) => {
    const { vantage, target } = partsOf(key);
    return [credentialKey(vantage, keys.get(target) ?? target), tracked] as const;
  });
  return {
    verdicts: renamed(verdicts, keys),
    streaks: renamed(streaks, keys),
    credentials: Object.fromEntries(refused),
    observations: observations.map((seen) => {
      const id = seen.target.kind === 'standby' ? renames.get(seen.target.id) : undefined;
      return id === undefined ? seen : { ...seen, target: { kind: 'standby', id } };
    }),
  };
}
