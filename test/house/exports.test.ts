// Nothing is exported that nobody imports: a value that only its own file uses is no export, and what nobody uses is not there. A type may be
// exported for whoever calls what has it in its signature. Tests are users too.
import { describe, expect, it } from 'vitest';
import { codeOf, filesIn, productSources, read, resolveImport } from './sources.ts';

/** Called by a platform, or by people: nobody here imports them. */
const doors = [/^functions\/entry\/worker\/main\.ts$/, /^functions\/config\/index\.ts$/, /\.d\.ts$/];

const users = filesIn().filter((file) => /\.[tj]s$/.test(file) && !file.startsWith('docs/'));

interface Named {
  readonly file: string;
  readonly name: string;
}

/** What a source declares for others; re-exports are imports and are looked at as such. */
function exportsOf(file: string, text: string): readonly Named[] {
  const declared = text.matchAll(
    /^export (?:declare )?(?:async )?(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm,
  );
  return [...declared].map(([, name = '']) => ({ file, name }));
}

/** What a file takes from others by name; `*` is everything. */
function takenBy(file: string, text: string): readonly Named[] {
  const clauses = text.matchAll(/^(?:import|export)\s+(?:type\s+)?([^'"`;]*?)\s*from\s*'([^']+)'/gm);
  const lazy = text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g);
  const named = [...clauses].flatMap(([, clause = '', specifier = '']) => {
    const from = resolveImport(file, specifier);
    if (from === undefined) return [];
    const inBraces = /\{([^}]*)\}/.exec(clause)?.[1];
    if (inBraces === undefined) return [{ file: from, name: '*' }];
    const names = inBraces.split(',').map(
      (one) =>
        one
          .trim()
          .replace(/^type\s+/, '')
          .split(/\s+as\s+/)[0] ?? '',
    );
    return names.map((name) => ({ file: from, name }));
  });
  const whole = [...lazy].flatMap(([, specifier = '']) => {
    const from = resolveImport(file, specifier);
    return from === undefined ? [] : [{ file: from, name: '*' }];
  });
  return [...named, ...whole];
}

/** `file: name` of every export that no other file takes. */
function unusedAmong(exported: readonly Named[], taken: readonly Named[]): readonly string[] {
  const used = new Set(taken.map(({ file, name }) => `${file}: ${name}`));
  return exported
    .filter(({ file, name }) => !used.has(`${file}: ${name}`) && !used.has(`${file}: *`))
    .map(({ file, name }) => `${file}: ${name}`);
}

function timesIn(code: string, name: string): number {
  return [...code.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length;
}

describe('exports', () => {
  it('have somebody who imports them, or name a type that their own file goes by', () => {
    const sources = productSources.filter((file) => !doors.some((door) => door.test(file)));
    const exported = sources.flatMap((file) => exportsOf(file, read(file)));
    const taken = users.flatMap((file) => takenBy(file, read(file)));
    expect(exported.length).toBeGreaterThan(500);
    const isSaid = ({ file, name }: Named) => /^[A-Z]/.test(name) && timesIn(codeOf(file), name) > 1;
    const judged = exported.filter((one) => !isSaid(one));
    expect(unusedAmong(judged, taken)).toEqual([]);
  });
});

describe('the rule itself', () => {
  const source = 'export const a = 1;\nexport type B = 2;\nexport async function c() {}\nexport interface D {\n';
  const exported = exportsOf('x/a.ts', source);

  it('finds what is declared for others', () => {
    expect(exported.map(({ name }) => name)).toEqual(['a', 'B', 'c', 'D']);
  });

  it.each([
    ["import { a, type B } from './a.ts';", ['x/a.ts: c', 'x/a.ts: D']],
    ["import type { D as E,\n  B } from './a.ts';", ['x/a.ts: a', 'x/a.ts: c']],
    ["export { c } from './a.ts';", ['x/a.ts: a', 'x/a.ts: B', 'x/a.ts: D']],
    ["import * as all from './a.ts';", []],
    ["await import('./a.ts');", []],
    ["import { a } from './other.ts';", ['x/a.ts: a', 'x/a.ts: B', 'x/a.ts: c', 'x/a.ts: D']],
  ])('with %j finds %j', (text, unused) => {
    expect(unusedAmong(exported, takenBy('x/b.ts', text))).toEqual(unused);
  });
});
