// The stored inventory of a standby: what its zone held after the last publication (functions/plan/inventory.ts). One document a standby, best
// effort: where it cannot be read or written the zone is read whole. It reads no zone.
import { z } from 'zod';
import type { Inventory } from '../../plan/inventory.ts';
import { formatMarker, parseMarker } from '../../plan/marker.ts';
import type { Name } from '../../records/name.ts';
import { recordTypes } from '../../records/rrset.ts';
import { zoneDigest } from '../../snapshot/digest.ts';
import type { Store } from '../../stores/store.ts';
import type { ClusterPorts, Standby } from '../cluster/ports.ts';

type InventoryPorts = Pick<ClusterPorts, 'store' | 'standbys'> & {
  readonly cluster: Pick<ClusterPorts['cluster'], 'id'>;
};

const name = z.string().transform((text) => text as Name);
const documentShape = z.object({
  format: z.literal(1),
  /** The standby's, by which it is known where its zone lies: what is said of one place is believed of no other. */
  label: z.string(),
  marker: z.string(),
  readAt: z.number(),
  unread: z.array(name),
  rrsets: z.array(z.object({ name, type: z.enum(recordTypes), ttlSeconds: z.number(), values: z.array(z.string()) })),
});

/** undefined: none is kept, or it is none. */
export async function readInventory(ports: InventoryPorts, standby: Standby): Promise<Inventory | undefined> {
  try {
    const stored = await ports.store.read(keyOf(ports, standby));
    return stored === undefined ? undefined : await decode(stored.value, standby);
  } catch {
    return undefined;
  }
}

/** `undefined`: what the zone holds is not known any more. Somebody faster is right as well: what does not fit the marker is not gone by. */
export async function keepInventory(
  ports: InventoryPorts,
  standby: Standby,
  inventory: Inventory | undefined,
): Promise<void> {
  const { store, standbys } = ports;
  const key = keyOf(ports, standby);
  try {
    if (inventory === undefined) return await store.remove(key);
    await store.write(key, encode(standby, inventory), await versionOf(store, key));
    const known = new Set(standbys.map((one) => keyOf(ports, one)));
    for (const left of (await store.list(prefixOf(ports))).filter((one) => !known.has(one))) await store.remove(left);
  } catch {
    // The zone is read whole next time.
  }
}

/** One that cannot be read makes way. */
async function versionOf(store: Store, key: string): Promise<number> {
  try {
    return (await store.read(key))?.version ?? 0;
  } catch {
    await store.remove(key);
    return 0;
  }
}

const folder = 'inventories';

/** Nobody misses one. */
export function isInventoryKey(key: string): boolean {
  return key.includes(`/${folder}/`);
}

function prefixOf({ cluster }: InventoryPorts): string {
  return `clusters/${cluster.id}/${folder}/`;
}

function keyOf(ports: InventoryPorts, { id }: Standby): string {
  return `${prefixOf(ports)}${id}`;
}

function encode({ provider }: Standby, { marker, readAt, unread, rrsets }: Inventory): string {
  return JSON.stringify({ format: 1, label: provider.label, marker: formatMarker(marker), readAt, unread, rrsets });
}

/** Believed only where the digest in the marker is that of the records: half a document is none. */
async function decode(text: string, { zone, provider }: Standby): Promise<Inventory | undefined> {
  const { label, readAt, unread, rrsets, ...rest } = documentShape.parse(JSON.parse(text));
  if (label !== provider.label) return undefined;
  const marker = parseMarker(rest.marker);
  return (await zoneDigest(zone, rrsets)) === marker.digest ? { marker, readAt, unread, rrsets } : undefined;
}
