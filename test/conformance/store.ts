// What every store must do, as one list of cases: run on memory and on files.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../functions/stores/store.ts';

export interface StoreUnderTest {
  readonly name: string;
  /** Cases by their titles that it cannot run. */
  readonly skip?: readonly { readonly reason: string; readonly cases: readonly string[] }[];
  open(): Promise<{ readonly store: Store; stop(): Promise<void> }>;
}

export function describeStore(subject: StoreUnderTest): void {
  const skipped = new Map(subject.skip?.flatMap(({ reason, cases }) => cases.map((title) => [title, reason] as const)));
  describe(`store: ${subject.name}`, () => {
    let store: Store;
    let stop: () => Promise<void>;
    beforeAll(async () => {
      ({ store, stop } = await subject.open());
    });
    afterAll(() => stop());
    for (const [title, run] of cases) {
      it(title, async (context) => {
        const reason = skipped.get(title);
        if (reason !== undefined) context.skip(reason);
        await run(store);
      });
    }
  });
}

type Case = readonly [title: string, run: (store: Store) => Promise<void>];

const cases: readonly Case[] = [
  [
    'knows nothing at first',
    async (store) => {
      expect(await store.read('first/none')).toBeUndefined();
      expect(await store.list('first/')).toEqual([]);
      await store.remove('first/none');
    },
  ],
  [
    'reads what was written, and counts versions from 1',
    async (store) => {
      expect(await store.write('count', 'one', 0)).toEqual({ status: 'written' });
      expect(await store.read('count')).toEqual({ value: 'one', version: 1 });
      expect(await store.write('count', 'two', 1)).toEqual({ status: 'written' });
      expect(await store.read('count')).toEqual({ value: 'two', version: 2 });
    },
  ],
  [
    'writes nothing on a conflict',
    async (store) => {
      await store.write('conflict', 'mine', 0);
      for (const wrong of [0, 2, 7]) {
        expect(await store.write('conflict', 'theirs', wrong)).toEqual({ status: 'conflict' });
      }
      expect(await store.write('conflict/absent', 'theirs', 1)).toEqual({ status: 'conflict' });
      expect(await store.read('conflict')).toEqual({ value: 'mine', version: 1 });
      expect(await store.read('conflict/absent')).toBeUndefined();
    },
  ],
  [
    'begins anew after a removal',
    async (store) => {
      await store.write('removed', 'old', 0);
      await store.write('removed', 'older', 1);
      await store.remove('removed');
      expect(await store.read('removed')).toBeUndefined();
      expect(await store.write('removed', 'late', 2)).toEqual({ status: 'conflict' });
      expect(await store.write('removed', 'new', 0)).toEqual({ status: 'written' });
      expect(await store.read('removed')).toEqual({ value: 'new', version: 1 });
    },
  ],
  [
    'lists keys by prefix, sorted',
    async (store) => {
      for (const key of ['list/b', 'list/a', 'list/a/deep', 'listing', 'list.doc', 'list'])
        await store.write(key, key, 0);
      expect(await store.list('list/')).toEqual(['list/a', 'list/a/deep', 'list/b']);
      expect(await store.list('list/a')).toEqual(['list/a', 'list/a/deep']);
      expect(await store.list('list')).toEqual(['list', 'list.doc', 'list/a', 'list/a/deep', 'list/b', 'listing']);
      expect(await store.list('no')).toEqual([]);
    },
  ],
  [
    'keeps any text as it is',
    async (store) => {
      const texts = ['', '\n', 'a\r\nb\n', '"{\u0000}"', 'žluťoučký 🚣 \u2028', `${'x'.repeat(2_000_000)}\n`];
      for (const [i, text] of texts.entries()) {
        await store.write(`text/${i}`, text, 0);
        expect((await store.read(`text/${i}`))?.value === text).toBe(true);
      }
    },
  ],
  [
    'refuses keys and texts that it could not give back',
    async (store) => {
      const wrong = ['', '/', 'a/', '/a', 'a//b', '../a', 'a/../b', 'A', 'a b', 'a+b', '.hidden', 'x'.repeat(201)];
      for (const key of wrong) {
        await expect((async () => store.write(key, 'x', 0))(), key).rejects.toMatchObject({ code: 'usage' });
        await expect((async () => store.read(key))(), key).rejects.toMatchObject({ code: 'usage' });
        await expect((async () => store.remove(key))(), key).rejects.toMatchObject({ code: 'usage' });
      }
      await expect((async () => store.write('half', '\ud83d', 0))()).rejects.toMatchObject({ code: 'usage' });
      expect(await store.read('half')).toBeUndefined();
      expect(await store.write('x'.repeat(200), 'long', 0)).toEqual({ status: 'written' });
    },
  ],
  [
    'lets exactly one of many writers win each version',
    async (store) => {
      for (let version = 0; version < 5; version++) {
        const writers = Array.from({ length: 8 }, (_, i) => store.write('race', `${version}-${i}`, version));
        const outcomes = await Promise.all(writers);
        const winners = outcomes.flatMap(({ status }, i) => (status === 'written' ? [i] : []));
        expect(winners).toHaveLength(1);
        expect(await store.read('race')).toEqual({ value: `${version}-${winners[0]}`, version: version + 1 });
      }
    },
  ],
];
