// The kept snapshots of a cluster in the store: numbered, immutable, the oldest removed beyond the limit. It captures nothing.
import { codeOf, LifeboatError, messageOf } from '../../lib/errors.ts';
import { decodeSnapshot, encodeSnapshot } from '../../snapshot/codec.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Store } from '../../stores/store.ts';

const numberWidth = 12;
const maxAttempts = 10;

function prefixOf(cluster: string): string {
  return `clusters/${cluster}/snapshots/`;
}

function keyOf(cluster: string, number: number): string {
  return `${prefixOf(cluster)}${String(number).padStart(numberWidth, '0')}`;
}

/** Numbers of the kept snapshots, oldest first. */
export async function listSnapshots(store: Store, cluster: string): Promise<readonly number[]> {
  const prefix = prefixOf(cluster);
  return (await store.list(prefix)).map((key) => Number(key.slice(prefix.length)));
}

/**
 * Stores a fresh snapshot under the next number and gives it back numbered. The number of a removed one is never used again. What could not
 * be read again is not stored (`input`): it would stand in the way of the next good one as the newest.
 */
export async function keepSnapshot(store: Store, fresh: Snapshot, atLeast: number): Promise<Snapshot> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const last = (await listSnapshots(store, fresh.cluster)).at(-1) ?? 0;
    const snapshot = { ...fresh, number: Math.max(last + 1, atLeast) };
    const text = await encodeSnapshot(snapshot);
    await decodeSnapshot(text);
    const outcome = await store.write(keyOf(fresh.cluster, snapshot.number), text, 0);
    if (outcome.status === 'written') return snapshot;
  }
  throw new LifeboatError(
    'store',
    `could not store a snapshot of ${fresh.cluster}: ${maxAttempts} times another process took the number`,
  );
}

/** The snapshot with this number, checked; undefined when it is not kept. */
export async function readSnapshot(store: Store, cluster: string, number: number): Promise<Snapshot | undefined> {
  const stored = await store.read(keyOf(cluster, number));
  return stored === undefined ? undefined : decodeSnapshot(stored.value);
}

/** The newest snapshot that can be read whole; a damaged one is passed over and named in `damaged`. */
export async function latestSnapshot(
  store: Store,
  cluster: string,
): Promise<{ readonly snapshot: Snapshot | undefined; readonly damaged: readonly string[] }> {
  const damaged: string[] = [];
  for (const number of [...(await listSnapshots(store, cluster))].reverse()) {
    try {
      const snapshot = await readSnapshot(store, cluster, number);
      if (snapshot !== undefined) return { snapshot, damaged };
    } catch (error) {
      // A store that does not answer says nothing about the document: asking it for all the others would take as long each time.
      if (codeOf(error) !== 'input') throw error;
      damaged.push(`snapshot ${number}: ${messageOf(error)}`);
    }
  }
  return { snapshot: undefined, damaged };
}

/** Removes the oldest beyond `keep`, never one that is `live` in a standby zone. */
export async function pruneSnapshots(
  store: Store,
  cluster: string,
  keep: number,
  live: ReadonlySet<number>,
): Promise<void> {
  const numbers = await listSnapshots(store, cluster);
  for (const number of numbers.slice(0, Math.max(0, numbers.length - keep))) {
    if (!live.has(number)) await store.remove(keyOf(cluster, number));
  }
}
