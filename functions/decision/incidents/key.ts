// The keys of incidents, by which receivers tell alerts apart: `prod/activation/3`, and of a deployment with a writer of its own
// `prod/activation/3@edge`. Pure.
import { defaultWriter } from '../../config/schema.ts';
import { own } from '../../lib/own.ts';

/**
 * Two deployments of one cluster have two writers, so that at least one has another than the default: neither resolves what the other paged.
 * A deployment with the default writer has the keys that it always had.
 */
export function keySuffixOf(writer: string): string {
  return writer === defaultWriter ? '' : `@${writer}`;
}

/**
 * The dedup key of an incident. One that an older version opened keeps its key until it is closed: receivers know it by that. `keys`: the one
 * of today, then those that older versions had for it.
 */
export function dedupKeyOf(
  cluster: string,
  keys: readonly [string, ...string[]],
  suffix: string,
  isOpen: (dedupKey: string) => boolean,
): string {
  const today = `${cluster}/${keys[0]}${suffix}`;
  const older = keys.flatMap((key) => [`${cluster}/${key}${suffix}`, `${cluster}/${key}`]);
  return isOpen(today) ? today : (older.find(isOpen) ?? today);
}

/** The kinds of incident that are about one standby; its name stands behind them, and sometimes a vantage's behind that. */
export const standbyIncidents = [
  ...['standby', 'standby-degraded', 'publish', 'give-back', 'deletes-held'],
  ...['fenced', 'foreign', 'marker-lost', 'put-back', 'standby-stale', 'credential/standby'],
] as const;

type Labels = Readonly<Record<string, { readonly label: string }>>;

/** `deletes-held/knot`, and as it was before standbys had ids: `deletes-held/rfc2136 192.0.2.53:53 cluster.local.`. */
export function keysOf(key: string, standbys: Labels): readonly [string, ...string[]] {
  const kind = kindOf(key);
  const [id = '', ...rest] = key.slice((kind ?? '').length + 1).split('/');
  const label = kind === undefined ? '' : (own(standbys, id)?.label ?? '');
  return label === '' ? [key] : [key, [kind, label, ...rest].join('/')];
}

function kindOf(key: string): string | undefined {
  return standbyIncidents.find((kind) => key.startsWith(`${kind}/`));
}

/** A dedup key without the cluster before it and the writer behind it: `activation/3`; of a standby by its id, whatever it was told under. */
export function incidentOfKey(cluster: string, dedupKey: string, standbys: Labels = {}): string {
  const whole = dedupKey.startsWith(`${cluster}/`) ? dedupKey.slice(cluster.length + 1) : dedupKey;
  const key = whole.replace(/@[a-z0-9._-]{1,63}$/, '');
  const kind = kindOf(key);
  if (kind === undefined) return key;
  const about = `${key.slice(kind.length + 1)}/`;
  const named = Object.entries(standbys).find(([, { label }]) => label !== '' && about.startsWith(`${label}/`));
  return named === undefined ? key : `${kind}/${named[0]}${key.slice(kind.length + 1 + named[1].label.length)}`;
}

export interface OpenIncidents {
  readonly cluster: string;
  readonly incidents: Readonly<Record<string, unknown>>;
  readonly standbys: Labels;
}

/** Is an incident open, whoever writes? `key` without cluster and writer: `failback-due`, `standby/knot`. */
export function isOpenIncident({ cluster, incidents, standbys }: OpenIncidents, key: string): boolean {
  return Object.keys(incidents).some((one) => incidentOfKey(cluster, one, standbys) === key);
}
