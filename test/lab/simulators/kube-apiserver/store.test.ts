// The store over its journal: restarts, torn lines, a full disk, and the history for watchers.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../../../lab/simulators/kube-apiserver/journal.ts';
import { openStore, type Store } from '../../../../lab/simulators/kube-apiserver/store.ts';
import type { StoreEvent } from '../../../../lab/simulators/kube-apiserver/watch-history.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-store-'));
  file = join(folder, 'journal');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (historyLimit = 10): Store => openStore({ folder, historyLimit });
const bytes = (text: string): Buffer => Buffer.from(JSON.stringify(text));
const namesOf = (store: Store, namespace = ''): readonly string[] =>
  store.list('things', namespace).map((each) => `${each.namespace}/${each.name}`);

describe('a store', () => {
  it('counts revisions over all collections, and lists sorted', () => {
    const store = open();
    expect(store.put('things', 'b', 'x', bytes('1')).revision).toBe(1);
    expect(store.put('others', 'a', 'x', bytes('2')).revision).toBe(2);
    expect(store.put('things', 'a', 'y', bytes('3')).revision).toBe(3);
    expect(store.remove('others', 'a', 'x')?.revision).toBe(4);
    expect(store.remove('others', 'a', 'x')).toBeUndefined();
    expect(store.revision).toBe(4);
    expect(namesOf(store)).toEqual(['a/y', 'b/x']);
    expect(namesOf(store, 'b')).toEqual(['b/x']);
    store.close();
  });

  it('gives a list that later changes leave alone', () => {
    const store = open();
    store.put('things', 'a', 'x', bytes('old'));
    const list = store.list('things', '');
    store.put('things', 'a', 'x', bytes('new'));
    store.remove('things', 'a', 'x');
    expect(list.map((each) => each.bytes.toString())).toEqual(['"old"']);
    store.close();
  });

  it('tells listeners what is and what was, until they leave', () => {
    const store = open();
    const seen: StoreEvent[] = [];
    const leave = store.listen('things', (event) => seen.push(event));
    store.put('others', 'a', 'x', bytes('0'));
    store.put('things', 'a', 'x', bytes('1'));
    store.put('things', 'a', 'x', bytes('2'));
    store.remove('things', 'a', 'x');
    leave();
    store.put('things', 'a', 'x', bytes('3'));
    expect(seen.map(({ type, stored, previous }) => [type, stored.revision, previous?.revision])).toEqual([
      ['ADDED', 2, undefined],
      ['MODIFIED', 3, 2],
      ['DELETED', 4, 3],
    ]);
    store.close();
  });
});

describe('after kill -9', () => {
  it('everything is there under the same revisions, also that of a last deletion', () => {
    const store = open();
    store.put('things', '', 'name with space', bytes('a "quoted" line\n'));
    store.put('things', 'a', 'y', bytes('y'));
    store.remove('things', 'a', 'y');
    // Not closed: the process is gone.
    const again = open();
    expect(again.revision).toBe(3);
    expect(namesOf(again)).toEqual(['/name with space']);
    const kept = again.get('things', '', 'name with space');
    expect([kept?.revision, kept?.bytes.toString()]).toEqual([1, '"a \\"quoted\\" line\\n"']);
    expect(open().revision).toBe(3);
  });

  it('a torn last line is dropped, and the next change stands on a line of its own', () => {
    open().put('things', 'a', 'x', bytes('1'));
    appendFileSync(file, '2 put things a torn {"half":');
    const store = open();
    expect([store.revision, namesOf(store)]).toEqual([1, ['a/x']]);
    store.put('things', 'a', 'z', bytes('2'));
    expect(namesOf(open())).toEqual(['a/x', 'a/z']);
  });

  it.each(['nonsense', '2 put things', 'x put things a b {}'])('a whole line that is wrong (%s) is named', (line) => {
    open().put('things', 'a', 'x', bytes('1'));
    appendFileSync(file, `${line}\n`);
    expect(() => open()).toThrow(`${file}:3: not a line of this journal`);
  });

  it('superseded lines are gone after the next start', () => {
    const store = open();
    for (let i = 0; i < 100; i++) store.put('things', 'a', 'x', bytes(`${i}`));
    open();
    expect(readFileSync(file, 'utf8')).toBe('100 start\n100 put things a x "99"\n');
  });
});

describe('a full disk', () => {
  it('leaves store and journal as they were, and is over when there is room again', () => {
    let isFull = false;
    /** Half a line, then nothing more. */
    const write = ((fd: number, from: Buffer, offset: number, length: number, position: number) => {
      if (!isFull) return writeSync(fd, from, offset, length, position);
      if (offset > 0) throw new Error('ENOSPC: no space left on device');
      return writeSync(fd, from, offset, 5, position);
    }) as typeof writeSync;
    const { journal } = openJournal(folder, write);
    const change = (name: string) =>
      ({
        verb: 'put',
        collection: 'things',
        stored: { namespace: 'a', name, revision: 1, bytes: bytes(name) },
      }) as const;
    journal.append(change('before'));
    const good = readFileSync(file, 'utf8');
    isFull = true;
    expect(() => journal.append(change('during'))).toThrow('ENOSPC');
    expect(readFileSync(file, 'utf8')).toBe(good);
    isFull = false;
    journal.append(change('after'));
    expect(readFileSync(file, 'utf8')).toBe(`${good}1 put things a after "after"\n`);
    expect(journal.fault).toBeUndefined();
    journal.close();
  });

  it('is told at once where the folder cannot even be made', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => openStore({ folder: join(folder, 'file'), historyLimit: 1 })).toThrow();
  });
});

describe('the history of a collection', () => {
  it('goes back as far as its limit, and says when that is not far enough', () => {
    const store = open(3);
    for (let i = 1; i <= 5; i++) store.put('things', 'a', `n${i}`, bytes(''));
    const since = (revision: number) => {
      const events = store.history('things').since(revision);
      return events === 'expired' ? events : events.map(({ stored }) => stored.revision);
    };
    expect(since(5)).toEqual([]);
    expect(since(3)).toEqual([4, 5]);
    expect(since(2)).toEqual([3, 4, 5]);
    expect(since(1)).toBe('expired');
    expect(since(99)).toEqual([]);
    store.close();
  });

  it('begins at the start of the process', () => {
    open().put('things', 'a', 'x', bytes('1'));
    const again = open();
    expect(again.history('things').since(0)).toBe('expired');
    expect(again.history('things').since(1)).toEqual([]);
    again.close();
  });
});
