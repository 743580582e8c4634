// The keys of incidents, by which receivers tell alerts apart: `prod/activation/3`, and of a deployment with a writer of its own
// `prod/activation/3@edge`. Pure.
import { defaultWriter } from '../../config/schema.ts';

/**
 * Two deployments of one cluster have two writers, so that at least one has another than the default: neither resolves what the other paged.
 * A deployment with the default writer has the keys that it always had.
 */
export function keySuffixOf(writer: string): string {
  return writer === defaultWriter ? '' : `@${writer}`;
}

/** The dedup key of an incident. One that was opened under the key without a suffix, by an older version, keeps that key until it is closed. */
export function dedupKeyOf(
  cluster: string,
  key: string,
  suffix: string,
  isOpen: (dedupKey: string) => boolean,
): string {
  const plain = `${cluster}/${key}`;
  return isOpen(plain) ? plain : `${plain}${suffix}`;
}

/** A dedup key without the cluster before it and the writer behind it: `activation/3`. A standby's label ends in the name of a zone. */
export function incidentOfKey(cluster: string, dedupKey: string): string {
  const key = dedupKey.startsWith(`${cluster}/`) ? dedupKey.slice(cluster.length + 1) : dedupKey;
  return key.replace(/@[a-z0-9._-]{1,63}$/, '');
}

/** Is an incident open, whoever writes? `key` without cluster and writer: `failback-due`. */
export function isOpenIncident(
  { cluster, incidents }: { readonly cluster: string; readonly incidents: Readonly<Record<string, unknown>> },
  key: string,
): boolean {
  return Object.keys(incidents).some((one) => incidentOfKey(cluster, one) === key);
}
