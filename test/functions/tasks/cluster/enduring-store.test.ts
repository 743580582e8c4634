// The store of a watch whose disk is full for a while.
import { describe, expect, it } from 'vitest';
import { LifeboatError } from '../../../../functions/lib/errors.ts';
import { createMemoryStore } from '../../../../functions/stores/memory.ts';
import type { Store } from '../../../../functions/stores/store.ts';
import { createEnduringStore } from '../../../../functions/tasks/cluster/enduring-store.ts';
import { describeStore } from '../../../conformance/store.ts';

const key = 'clusters/prod/state';

/** A store on a disk that can be full. */
function setUp() {
  const disk = { isFull: false, store: createMemoryStore() };
  const behind: Store = {
    ...disk.store,
    write: async (...args) => {
      if (disk.isFull) throw new LifeboatError('store', 'ENOSPC: no space left on device');
      return disk.store.write(...args);
    },
  };
  return { disk, store: createEnduringStore(behind) };
}

describeStore({
  name: 'enduring',
  open: async () => ({ store: createEnduringStore(createMemoryStore()), stop: async () => {} }),
});

describe('a store that endures', () => {
  it('goes on in memory, with compare-and-swap, and says why', async () => {
    const { disk, store } = setUp();
    await store.write(key, 'a', 0);
    disk.isFull = true;
    expect(await store.write(key, 'b', 1)).toEqual({ status: 'written' });
    expect(await store.write(key, 'x', 1)).toEqual({ status: 'conflict' });
    expect((await Promise.all([store.write(key, 'c', 2), store.write(key, 'd', 2)])).map((one) => one.status)).toEqual([
      'written',
      'conflict',
    ]);
    expect(await store.read(key)).toMatchObject({ value: 'c', version: 3 });
    expect(await store.list('clusters/')).toEqual([key]);
    expect(store.trouble()).toContain('ENOSPC');
    expect((await disk.store.read(key))?.value).toBe('a');
  });

  it('keeps no inventory of a zone: it can be read again, and would take room from what cannot', async () => {
    const { disk, store } = setUp();
    disk.isFull = true;
    await expect(store.write('clusters/prod/inventories/first', 'i', 0)).rejects.toMatchObject({ code: 'store' });
    expect(store.trouble()).toBeUndefined();
  });

  it('writes everything when there is room again', async () => {
    const { disk, store } = setUp();
    disk.isFull = true;
    await store.write('clusters/prod/snapshots/1', 's', 0);
    await store.write(key, 'a', 0);
    disk.isFull = false;
    expect(await store.write(key, 'b', 1)).toEqual({ status: 'written' });
    await expect.poll(() => store.trouble()).toBeUndefined();
    expect([(await disk.store.read(key))?.value, (await disk.store.read('clusters/prod/snapshots/1'))?.value]).toEqual([
      'b',
      's',
    ]);
  });

  it('waits for no part of it that hangs, and keeps no more than a few documents', async () => {
    let isHung = false;
    const memory = createMemoryStore();
    const parted: Store = {
      ...memory,
      write: async (written, ...rest) => {
        if (!written.includes('/snapshots/')) return memory.write(written, ...rest);
        if (isHung) return new Promise(() => {});
        throw new LifeboatError('store', 'R2 is away');
      },
    };
    const store = createEnduringStore(parted);
    for (let i = 1; i <= 8; i++) await store.write(`clusters/prod/snapshots/${i}`, 's', 0);
    await expect(store.write('clusters/prod/snapshots/9', 's', 0)).rejects.toMatchObject({ code: 'store' });
    isHung = true;
    for (let version = 0; version < 5; version++) {
      expect(await store.write(key, `${version}`, version)).toEqual({ status: 'written' });
    }
    expect(store.trouble()).toContain('R2 is away');
  });

  it('gives way to another process that could write meanwhile', async () => {
    const { disk, store } = setUp();
    await store.write(key, 'a', 0);
    disk.isFull = true;
    await store.write(key, 'b', 1);
    await disk.store.write(key, 'theirs', 1);
    disk.isFull = false;
    expect(await store.write(key, 'c', 2)).toEqual({ status: 'conflict' });
    expect(await store.read(key)).toEqual({ value: 'theirs', version: 2 });
  });

  it('keeps nothing of a write that was wrong', async () => {
    await expect(setUp().store.write('No Key', 'a', 0)).rejects.toMatchObject({ code: 'usage' });
  });
});
