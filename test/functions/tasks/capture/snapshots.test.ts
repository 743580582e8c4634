// The kept snapshots: what is stored can be read again, whatever a cluster calls its namespaces.
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../../../functions/snapshot/snapshot.ts';
import { createMemoryStore } from '../../../../functions/stores/memory.ts';
import { keepSnapshot, latestSnapshot } from '../../../../functions/tasks/capture/snapshots.ts';
import { snapshotOf } from '../../../fakes/vantage.ts';

describe('keepSnapshot', () => {
  it.each(['constructor', '__proto__'])('keeps a namespace that is called %s', async (namespace) => {
    const store = createMemoryStore();
    const fresh = await snapshotOf(0, 1_700_000_000_000, [
      'kubernetes.default',
      `web.${namespace}`,
      `api.${namespace}`,
    ]);
    expect(new Map(Object.entries(fresh.counts.byNamespace)).get(namespace)).toBe(2);
    const kept = await keepSnapshot(store, fresh, 1);
    expect(await latestSnapshot(store, 'prod')).toEqual({ snapshot: kept, damaged: [] });
  });

  it.each<[string, (fresh: Snapshot) => Snapshot]>([
    ['counts', (fresh) => ({ ...fresh, counts: { ...fresh.counts, byNamespace: {} } })],
    ['digest', (fresh) => ({ ...fresh, digest: 'sha256:0' })],
  ])('stores nothing that could not be read again: %s', async (what, change) => {
    const store = createMemoryStore();
    const fresh = change(await snapshotOf(0, 1_700_000_000_000));
    await expect(keepSnapshot(store, fresh, 1)).rejects.toThrow(new RegExp(`its ${what}`));
    expect(await store.list('clusters/')).toEqual([]);
  });
});
