import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileStore } from '../../../functions/stores/file-node.ts';
import type { Store } from '../../../functions/stores/store.ts';
import { describeStore } from '../../conformance/store.ts';
import { realClock, realRandom } from '../../fakes/real-deps.ts';

const deps = { clock: realClock, random: realRandom };
const temporary = () => mkdtemp(join(tmpdir(), 'lifeboat-store-'));

describeStore({
  name: 'file',
  async open() {
    const directory = await temporary();
    const store = createFileStore(deps, { directory: join(directory, 'made', 'later') });
    return { store, stop: () => rm(directory, { recursive: true }) };
  },
});

describe('the file store', () => {
  let directory: string;
  let store: Store;
  beforeEach(async () => {
    directory = await temporary();
    store = createFileStore(deps, { directory });
  });
  afterEach(() => rm(directory, { recursive: true }));

  const fileOf = (name: string) => join(directory, name);
  /** A pid that was in use a moment ago and is no more. */
  const deadPid = async (): Promise<number> => {
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(child, 'exit');
    return child.pid ?? 0;
  };

  it('keeps values in files that only this user can read, and leaves nothing else behind', async () => {
    await store.write('clusters/prod/state', '{"a":1}', 0);
    expect(await readdir(directory)).toEqual(['clusters+prod+state.doc']);
    const text = await readFile(fileOf('clusters+prod+state.doc'), 'utf8');
    expect(text).toMatch(/^lifeboat-document 1 version=1 sha256=[0-9a-f]{64}\n\{"a":1\}$/);
    expect((await stat(fileOf('clusters+prod+state.doc'))).mode & 0o077).toBe(0);
  });

  it.each([
    ['an edited value', (text: string) => text.replace('value', 'velue')],
    ['an edited version', (text: string) => text.replace('version=1', 'version=2')],
    ['a torn file', (text: string) => text.slice(0, -1)],
    ['an empty file', () => ''],
    ['something else', () => '{}'],
  ])('names the file of %s', async (_what, spoil) => {
    await store.write('a/b', 'the value', 0);
    await writeFile(fileOf('a+b.doc'), spoil(await readFile(fileOf('a+b.doc'), 'utf8')));
    const torn = { code: 'store', message: expect.stringContaining(fileOf('a+b.doc')) };
    await expect(store.read('a/b')).rejects.toMatchObject(torn);
    await expect(store.write('a/b', 'new', 1)).rejects.toMatchObject(torn);
  });

  it('does not call a document of a newer version torn', async () => {
    await store.write('a/b', 'the value', 0);
    const text = await readFile(fileOf('a+b.doc'), 'utf8');
    await writeFile(fileOf('a+b.doc'), text.replace('lifeboat-document 1 ', 'lifeboat-document 2 '));
    await expect(store.read('a/b')).rejects.toMatchObject({ code: 'store', message: expect.stringMatching(/newer/) });
  });

  it('does not take a file under the name of another key', async () => {
    await store.write('a', 'the value', 0);
    await writeFile(fileOf('b.doc'), await readFile(fileOf('a.doc'), 'utf8'));
    await expect(store.read('b')).rejects.toMatchObject({ code: 'store' });
  });

  it('says so when the folder cannot be one', async () => {
    await writeFile(fileOf('occupied'), '');
    const other = createFileStore(deps, { directory: fileOf('occupied') });
    await expect(other.write('a', 'b', 0)).rejects.toMatchObject({
      code: 'store',
      message: expect.stringContaining('occupied'),
    });
  });

  it('takes over the lock of a dead process at once', async () => {
    const holder = { pid: await deadPid(), host: hostname(), began: '1', token: 'x' };
    await writeFile(fileOf('a.doc.lock'), JSON.stringify(holder));
    const startedAt = Date.now();
    expect(await store.write('a', 'b', 0)).toEqual({ status: 'written' });
    expect(Date.now() - startedAt).toBeLessThan(1000);
    expect(await readdir(directory)).toEqual(['a.doc']);
  });

  it('takes over a lock whose pid is in use again by another process', async () => {
    const holder = { pid: process.pid, host: hostname(), began: 'another time', token: 'x' };
    await writeFile(fileOf('a.doc.lock'), JSON.stringify(holder));
    expect(await store.write('a', 'b', 0)).toEqual({ status: 'written' });
  });

  it('takes over an old lock, whoever holds it, and an old breaker', async () => {
    const long = new Date(Date.now() - 60_000);
    for (const [name, text] of [
      ['a.doc.lock', JSON.stringify({ pid: 1, host: 'elsewhere', began: '', token: 'x' })],
      ['a.doc.lock.break', ''],
    ] as const) {
      await writeFile(fileOf(name), text);
      await utimes(fileOf(name), long, long);
    }
    expect(await store.write('a', 'b', 0)).toEqual({ status: 'written' });
    expect(await readdir(directory)).toEqual(['a.doc']);
  });

  it('waits for a living holder, and gives up after 10 s with its name', async () => {
    const began = (await readFile('/proc/self/stat', 'utf8').catch(() => '')).split(' ')[21] ?? '';
    await writeFile(fileOf('a.doc.lock'), JSON.stringify({ pid: process.pid, host: hostname(), began, token: 'x' }));
    let now = Date.now();
    const clock = {
      now: () => now,
      sleep: async () => {
        now += 500;
      },
    };
    const impatient = createFileStore({ ...deps, clock }, { directory });
    const expected = {
      code: 'store',
      message: expect.stringMatching(`process ${process.pid} on .* holds the lock .*a.doc.lock`),
    };
    await expect(impatient.write('a', 'b', 0)).rejects.toMatchObject(expected);
    expect(await store.read('a')).toBeUndefined();
  });

  it('writes nothing when its own lock was taken over meanwhile', async () => {
    await store.write('a', 'old', 0);
    const thief = JSON.stringify({ pid: 1, host: 'elsewhere', began: '', token: 'theirs' });
    const random = {
      bytes(count: number) {
        // The eight bytes are for the temporary file's name: the lock is held by then, and nothing is written yet.
        if (count === 8) writeFileSync(fileOf('a.doc.lock'), thief);
        return realRandom.bytes(count);
      },
    };
    const other = createFileStore({ ...deps, random }, { directory });
    const expected = { code: 'store', message: expect.stringContaining('taken over') };
    await expect(other.write('a', 'new', 1)).rejects.toMatchObject(expected);
    expect(await store.read('a')).toEqual({ value: 'old', version: 1 });
    // The thief's lock is the thief's to release.
    expect((await readdir(directory)).sort()).toEqual(['a.doc', 'a.doc.lock']);
    expect(await readFile(fileOf('a.doc.lock'), 'utf8')).toBe(thief);
  });

  it('removes what a crash left', async () => {
    await writeFile(fileOf(`.tmp-${await deadPid()}-00ff`), 'half');
    await writeFile(fileOf(`.tmp-${process.pid}-00ff`), 'in use');
    await writeFile(fileOf('notes.txt'), 'not ours');
    expect(await store.list('')).toEqual([]);
    await store.write('a', 'b', 0);
    expect((await readdir(directory)).sort()).toEqual([`.tmp-${process.pid}-00ff`, 'a.doc', 'notes.txt']);
  });

  it('gives each number to one of several processes only', async () => {
    const times = 25;
    const script = join(import.meta.dirname, 'count-up.ts');
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, [script, directory, 'n', String(times)], { stdio: 'ignore' }),
    );
    const codes = await Promise.all(children.map((child) => once(child, 'exit')));
    expect(codes.map(([code]) => code)).toEqual([0, 0, 0]);
    expect(await store.read('n')).toEqual({ value: String(3 * times), version: 3 * times });
  });

  it('holds an old or a new value, whole, after each kill -9', async () => {
    const script = join(import.meta.dirname, 'write-loop.ts');
    const keys = ['clusters/one/state', 'clusters/two/state'];
    for (let kill = 0; kill < 4; kill++) {
      const children = keys.map((key) =>
        spawn(process.execPath, [script, directory, key, `w${kill}`], { stdio: ['ignore', 'pipe', 'ignore'] }),
      );
      await Promise.all(children.map((child) => once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')));
      await pause(5 + 7 * kill);
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(children.map((child) => once(child, 'exit')));
      for (const key of keys) {
        const stored = await store.read(key);
        const words = new Set(stored?.value.trimEnd().split(' '));
        expect(words.size, `${key} after kill ${kill}`).toBe(1);
        expect(stored?.value.split(' ')).toHaveLength(20_001);
        expect([...words][0]).toMatch(new RegExp(`^w${kill}-\\d+$`));
        // The dead writer's lock is no obstacle.
        expect(await store.write(key, stored?.value ?? '', stored?.version ?? 0)).toEqual({ status: 'written' });
      }
    }
    const fresh = createFileStore(deps, { directory });
    await fresh.write('other', 'x', 0);
    expect((await readdir(directory)).sort()).toEqual([
      'clusters+one+state.doc',
      'clusters+two+state.doc',
      'other.doc',
    ]);
  });
});
