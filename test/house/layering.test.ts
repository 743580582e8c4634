// Imports point downwards (rows.ts), on the bundler's own import graph for values and on a scan of the sources for types.
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { adapterRow, entryRow, placeOf, portFiles } from './rows.ts';
import { importsOf, productSources, resolveImport, root } from './sources.ts';

interface Edge {
  readonly from: string;
  readonly to: string;
}

/** The manifest says which version this is, and belongs to no row. */
function isData(path: string): boolean {
  return path === 'package.json';
}

/** What esbuild resolves: values only, types are gone. */
const bundled: readonly Edge[] = Object.entries(
  buildSync({
    entryPoints: [...productSources],
    absWorkingDir: root,
    bundle: true,
    packages: 'external',
    // Compiled modules, which only workerd can import.
    external: ['*.wasm'],
    format: 'esm',
    platform: 'node',
    write: false,
    metafile: true,
    outdir: 'unused',
    logLevel: 'silent',
  }).metafile.inputs,
).flatMap(([from, { imports }]) =>
  imports.filter((each) => !each.external && !isData(each.path)).map((each) => ({ from, to: each.path })),
);

/** What the sources say, types included. */
const written: readonly Edge[] = productSources.flatMap((from) =>
  importsOf(from).flatMap((specifier) => {
    const to = resolveImport(from, specifier);
    return to === undefined || isData(to) ? [] : [{ from, to }];
  }),
);

const show = ({ from, to }: Edge) => `${from} imports ${to}`;

function problemOf({ from, to }: Edge): string | undefined {
  const [above, below] = [placeOf(from), placeOf(to)];
  if (above === undefined || below === undefined) return 'a folder that is in no row (test/house/rows.ts)';
  if (above.folder === below.folder) return undefined;
  if (below.row >= above.row)
    return `row ${above.row} (${above.folder}) must not see row ${below.row} (${below.folder})`;
  const seesAll = above.row === entryRow || below.row !== adapterRow;
  return seesAll || portFiles.has(to.split('/').at(-1) ?? '')
    ? undefined
    : `${above.folder} sees ${below.folder} through its port only`;
}

describe('imports', () => {
  it('are all found by the scan that the bundler finds', () => {
    const found = new Set(written.map(show));
    expect(bundled.length).toBeGreaterThan(50);
    expect(bundled.map(show).filter((edge) => !found.has(edge))).toEqual([]);
  });

  it('point downwards', () => {
    const wrong = written.flatMap((edge) => {
      const problem = problemOf(edge);
      return problem === undefined ? [] : [`${show(edge)}: ${problem}`];
    });
    expect(wrong).toEqual([]);
  });

  it('make no circle, of types neither', () => {
    const targets = Map.groupBy(written, ({ from }) => from);
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): readonly string[] => {
      if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(' > ')];
      if (done.has(file)) return [];
      const circles = (targets.get(file) ?? []).flatMap(({ to }) => visit(to, [...path, file]));
      done.add(file);
      return circles;
    };
    expect(productSources.flatMap((file) => visit(file, []))).toEqual([]);
  });
});

describe('the rule itself', () => {
  it.each([
    ['functions/lib/a.ts', 'functions/records/name.ts', /row 0 .* must not see row 2/],
    ['functions/plan/a.ts', 'functions/snapshot/b.ts', /must not see/],
    ['functions/plan/a.ts', 'functions/providers/provider.ts', /must not see/],
    ['functions/providers/a.ts', 'functions/stores/store.ts', /must not see/],
    ['functions/snapshot/a.ts', 'functions/snapshot/sources/axfr.ts', /must not see/],
    ['functions/tasks/a.ts', 'functions/providers/rfc2136/rfc2136.ts', /through its port only/],
    ['functions/cli/a.ts', 'probes/dns.ts', /through its port only/],
    ['functions/lib/a.ts', 'test/fakes/clock.ts', /in no row/],
    ['probes/a.ts', 'lab/scenario/judge.ts', /in no row/],
  ])('refuses %s importing %s', (from, to, problem) => {
    expect(problemOf({ from, to })).toMatch(problem);
  });

  it.each([
    ['functions/tasks/a.ts', 'functions/providers/provider.ts'],
    ['functions/providers/rfc2136/a.ts', 'functions/dnswire/tsig.ts'],
    ['functions/snapshot/sources/axfr.ts', 'functions/snapshot/build.ts'],
    ['functions/entry/node/cli.ts', 'functions/stores/file/index.ts'],
    ['functions/config/cluster/cluster.ts', 'functions/records/name.ts'],
  ])('allows %s importing %s', (from, to) => {
    expect(problemOf({ from, to })).toBeUndefined();
  });
});
