// A cluster that the configuration does not have any more: what is open of it at the receivers is closed, in words that say why, and its record
// is left as it is. Nothing is thawed, published or removed: a cluster may be missing by mistake.
import { closingNotice, noticeOf } from '../../alerts/catalogue/notice.ts';
import { enqueue } from '../../alerts/enqueue.ts';
import type { Outbox } from '../../alerts/outbox.ts';
import type { ClusterState } from '../../decision/machine/state.ts';
import type { Notice } from '../../model/notice.ts';
import { type DeliveryPorts, deliverDue, type Turn } from '../alert/deliver.ts';
import { type ClusterRecord, readRecord, updateRecord } from './record.ts';

/**
 * Nobody has looked for so long: until then another process may be watching it with a configuration of its own, or somebody is mending a
 * mistake.
 */
export const unwatchedAfterMs = 600_000;

/** `waiting`: come again; `done`: nothing of it is open, and nothing waits to be told. */
export type Retirement = 'waiting' | 'done';

/** Closes what is open of the cluster once nobody has watched it for a while, and sends what waits. */
export async function retire(ports: DeliveryPorts, turn: Turn): Promise<Retirement> {
  const { record, version } = await readRecord(ports);
  const { open, pending } = record.outbox;
  const hasNews = isLeft(record) || Object.keys(open).some((key) => key !== removedKey(ports.cluster.id));
  if (version === 0 || (!hasNews && pending.length === 0)) return 'done';
  if (ports.clock.now() - lastWatchedAt(record) < unwatchedAfterMs) return 'waiting';
  await updateRecord(ports, (current) => closed(ports, current));
  await deliverDue(ports, turn);
  return (await readRecord(ports)).record.outbox.pending.length === 0 ? 'done' : 'waiting';
}

/** The ids of clusters that the store has a record of and the configuration has not. */
export async function removedClusters(
  { store }: Pick<DeliveryPorts, 'store'>,
  configured: readonly string[],
): Promise<readonly string[]> {
  const keys = await store.list('clusters/');
  const ids = keys.flatMap((key) => /^clusters\/([^/]+)\/state$/.exec(key)?.[1] ?? []);
  return ids.filter((id) => !configured.includes(id));
}

/** How often the store is looked through for clusters that the configuration does not have. */
const lookEveryMs = 15_000;

/** For a process that shares its store with others: looks until the signal aborts. */
export async function retireRemoved(
  ports: Omit<DeliveryPorts, 'cluster'>,
  configured: readonly string[],
  onFault: (cluster: string, what: string, error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const told = new Set<string>();
  /** By cluster, at the last look: a machine that slept finds every record old, and whoever watches one writes it at once. */
  const versions = new Map<string, number>();
  const turn: Turn = { seat: 'watch', goesOn: () => !signal.aborted };
  const look = async (): Promise<void> => {
    for (const id of await removedClusters(ports, configured)) {
      try {
        const here = { ...ports, cluster: { id } };
        const { version } = await readRecord(here);
        if (versions.get(id) === version) await retire(here, turn);
        versions.set(id, version);
      } catch (error) {
        // A record that cannot be read stays so: told once.
        if (!told.has(id)) onFault(id, 'closing what is open of a removed cluster', error);
        told.add(id);
      }
    }
  };
  while (!signal.aborted) {
    // A store that cannot be read is paged by the watches themselves.
    await look().catch(() => {});
    await ports.clock.sleep(lookEveryMs, signal);
  }
}

function removedKey(cluster: string): string {
  return `${cluster}/removed`;
}

function lastWatchedAt({ machine: { since, observations } }: ClusterRecord): number {
  return Math.max(since, ...observations.map(({ observedAt }) => observedAt));
}

/** Frozen by an activation, and nobody was told that it is left alone. */
function isLeft({ machine, outbox }: ClusterRecord): boolean {
  return machine.activation !== null && !(removedKey(machine.cluster) in outbox.open);
}

function closed(ports: DeliveryPorts, record: ClusterRecord): ClusterRecord {
  const { machine } = record;
  const now = ports.clock.now();
  const channels = ports.channels.map(({ id }) => id);
  const own = removedKey(machine.cluster);
  const keys = Object.keys(record.outbox.open).filter((key) => key !== own);
  const close = (outbox: Outbox, key: string) =>
    enqueue(outbox, 'resolve', closingNotice(machine.cluster, key, machine.incidents[key], now), channels, now).outbox;
  let outbox = keys.reduce(close, record.outbox);
  if (isLeft(record)) outbox = enqueue(outbox, 'trigger', leftNotice(machine, now), channels, now).outbox;
  if (outbox === record.outbox) return record;
  // Should it come back, what is still wrong is told anew.
  return { ...record, machine: { ...machine, incidents: {} }, outbox };
}

/** A page of its own, where something is left behind that a person must look after. */
function leftNotice({ cluster, activation, standbys }: ClusterState, now: number): Notice {
  const frozen = Object.entries(standbys).flatMap(([id, standby]) => (standby.frozen > 0 ? [id] : []));
  const { number = 0, reason = '', startedAt = now } = activation ?? {};
  return noticeOf({
    dedupKey: removedKey(cluster),
    cluster,
    severity: 'critical',
    facts: { kind: 'removed', activation: number, reason, frozen },
    since: startedAt,
    seenFrom: [],
    evidence: [],
    at: now,
    repeat: 0,
  });
}
