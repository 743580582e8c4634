// The journal on a real disk: what was confirmed is there again, what was torn is not, and what is damaged is told.
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseName } from '../../../../functions/records/name.ts';
import type { Rrset } from '../../../../functions/records/rrset.ts';
import { type Journal, type JournalOptions, openJournal } from '../../../../lab/simulators/standby/journal.ts';

const apex = parseName('cluster.local');
const soa: Rrset = { name: apex, type: 'SOA', ttlSeconds: 30, values: ['ns.invalid. me.invalid. 1 2 3 4 5'] };
const address = (name: string, ...values: readonly string[]): Rrset => ({
  name: parseName(`${name}.${apex}`),
  type: 'A',
  ttlSeconds: 30,
  values,
});

let folder = '';
let file = '';
let said: string[] = [];
let journals: Journal[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-journal-'));
  file = join(folder, 'zone.journal');
  said = [];
  journals = [];
});
afterEach(() => {
  for (const journal of journals) journal.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(options: Partial<JournalOptions> = {}): Journal {
  const journal = openJournal({ file, apex, first: () => [soa], say: (line) => said.push(line), ...options });
  journals.push(journal);
  return journal;
}

function write(journal: Journal, ...changes: readonly Rrset[]): void {
  journal.save(changes);
  journal.zone.put(changes);
}

const sets = (journal: Journal) => [...journal.zone.sets()];
const lines = () => readFileSync(file, 'utf8').split('\n').slice(0, -1);

describe('a journal', () => {
  it('begins with the first contents, and later does not ask for them', () => {
    expect(sets(open())).toEqual([soa]);
    const again = open({
      first: () => {
        throw new Error('asked again');
      },
    });
    expect(sets(again)).toEqual([soa]);
  });

  it('holds after a restart what was saved, and what was deleted no more', () => {
    const journal = open();
    write(journal, address('a', '10.0.0.1', '10.0.0.2'), address('b', '10.0.0.3'));
    write(journal, address('b'), address('c', '10.0.0.4'));
    expect(sets(open())).toEqual([soa, address('a', '10.0.0.1', '10.0.0.2'), address('c', '10.0.0.4')]);
  });

  it('is folded when it is opened', () => {
    const journal = open();
    for (let i = 0; i < 50; i++) write(journal, address('a', `10.0.0.${i}`));
    expect(lines()).toHaveLength(52);
    open();
    expect(lines()).toHaveLength(2);
    expect(readdirSync(folder)).toEqual(['zone.journal']);
  });

  it('is folded while it is open when its tail is too long, and loses nothing', () => {
    const journal = open({ maxTailBytes: 1000 });
    for (let i = 0; i < 100; i++) write(journal, address(`n${i % 3}`, `10.0.0.${i}`));
    expect(statSync(file).size).toBeLessThan(2000);
    const before = sets(journal);
    expect(sets(open())).toEqual(before);
  });

  it('goes on when it cannot be folded', () => {
    const journal = open({ maxTailBytes: 200 });
    rmSync(folder, { recursive: true });
    for (let i = 0; i < 10; i++) write(journal, address('a', `10.0.0.${i}`));
    expect(said.join()).toMatch(/cannot be folded: ENOENT/);
  });

  it('drops a last line that was torn, wherever that is', () => {
    const journal = open();
    write(journal, address('a', '10.0.0.1'));
    const whole = statSync(file).size;
    write(journal, address('b', '10.0.0.2'));
    const end = statSync(file).size;
    const bytes = readFileSync(file);
    for (let length = whole; length < end; length++) {
      writeFileSync(file, bytes);
      truncateSync(file, length);
      expect(sets(open())).toEqual([soa, address('a', '10.0.0.1')]);
    }
    // At the length of the line before it nothing is torn.
    expect(said).toHaveLength(end - whole - 1);
    expect(said[0]).toMatch(/line 4, the last, was torn and is dropped/);
  });

  it('drops a last line whose octets are not what was written', () => {
    write(open(), address('a', '10.0.0.1'));
    appendFileSync(file, Buffer.alloc(30));
    expect(sets(open())).toEqual([soa, address('a', '10.0.0.1')]);
  });

  it('is not opened when it is damaged before its end', () => {
    const journal = open();
    write(journal, address('a', '10.0.0.1'));
    write(journal, address('b', '10.0.0.2'));
    writeFileSync(file, readFileSync(file, 'utf8').replace('10.0.0.1', '10.0.0.9'));
    expect(() => open()).toThrow(/line 3 is damaged, and others follow it/);
  });

  it('is not opened for another zone, in another format, or when it is empty', () => {
    open();
    expect(() => open({ apex: parseName('other.local') })).toThrow(
      /is of the zone cluster\.local\., not of other\.local\./,
    );
    writeFileSync(file, '{"format":1}\n');
    expect(() => open()).toThrow(/is no journal of format 1/);
    writeFileSync(file, '');
    expect(() => open()).toThrow(/is empty/);
  });
});
