// The pure rows reach for nothing: no time, chance, network, console or platform. The other rows get those through their deps, and only
// the files named for Node may need Node.
import { describe, expect, it } from 'vitest';
import { placeOf, pureRows } from './rows.ts';
import { codeOf, importsOf, placesOf, productSources } from './sources.ts';

const reachForTime = /\bDate\.now\b|\bnew Date\(\)|\bperformance\.|\bset(Timeout|Interval|Immediate)\b/;
const reachForChance = /\bMath\.random\b|\bcrypto\.(getRandomValues|randomUUID)\b/;
const reachForOutside =
  /(?<![.\w])fetch\(|\bconsole\.|(?<![.\w])process\.|\bglobalThis\b|\bnavigator\b|\brequire\(|\bWebSocket\b/;
const nodeOnly = /\bBuffer\b|(?<![.\w])process\.|\b__dirname\b|\bimport\.meta\.(dirname|filename)\b/;
const sharedState =
  /^(export )?(let|var)\b|^(export )?const \w+(: [^=]+)? = (new (Map|Set|WeakMap|Array)(<.*>)?\(\)|\[\]|\{\});$/;

const isPure = (file: string) => (placeOf(file)?.row ?? pureRows) < pureRows;
/** Runs on Node only, by its name or its folder. */
const isNodeOnly = (file: string) =>
  /^functions\/(entry|cli)\/|^functions\/stores\/file[/.]|\/([a-z0-9-]+-)?node\.ts$|\/node\//.test(file);
/** Implements the ports of time, chance and network. */
const isEdge = (file: string) => isNodeOnly(file) || /^functions\/networks\//.test(file);

function found(files: readonly string[], ...patterns: readonly RegExp[]): readonly string[] {
  return files.flatMap((file) => patterns.flatMap((pattern) => placesOf(file, codeOf(file), pattern)));
}

describe('the pure rows', () => {
  const pure = productSources.filter(isPure);

  it('are there', () => expect(pure.length).toBeGreaterThan(30));
  it('reach for no time, chance or outside', () => {
    expect(found(pure, reachForTime, reachForChance, reachForOutside)).toEqual([]);
  });
  it('import nothing of the platform', () => {
    const wrong = pure.flatMap((file) =>
      importsOf(file).flatMap((name) => (/^(node|cloudflare):/.test(name) ? [`${file}: ${name}`] : [])),
    );
    expect(wrong).toEqual([]);
  });
});

describe('everything', () => {
  it('takes time, chance and console from its deps, but for the edge', () => {
    const inner = productSources.filter((file) => !isEdge(file));
    expect(found(inner, reachForTime, reachForChance, /\bconsole\./)).toEqual([]);
  });

  it('runs on workerd as well, but for the files named for Node', () => {
    const portable = productSources.filter((file) => !isNodeOnly(file));
    const wrong = portable.flatMap((file) =>
      importsOf(file).flatMap((name) => (name.startsWith('node:') ? [`${file}: ${name}`] : [])),
    );
    expect([...wrong, ...found(portable, nodeOnly)]).toEqual([]);
  });

  it('keeps no state in a module', () => {
    expect(
      found(
        productSources.filter((file) => !/^functions\/entry\//.test(file)),
        sharedState,
      ),
    ).toEqual([]);
  });
});

describe('the patterns', () => {
  it.each([
    [reachForTime, 'const a = Date.now();'],
    [reachForTime, 'new Date()'],
    [reachForChance, 'Math.random()'],
    [reachForOutside, 'await fetch(url)'],
    [sharedState, 'let count = 0;'],
    [sharedState, 'const seen = new Map<string, number>();'],
    [nodeOnly, 'Buffer.from(x)'],
  ])('%s finds %s', (pattern, code) => expect(code).toMatch(pattern));

  it.each([
    [reachForTime, 'new Date(observedAt)'],
    [reachForOutside, 'deps.fetch(url)'],
    [sharedState, "const words = new Set(['a']);"],
    [sharedState, '  let i = 0;'],
  ])('%s leaves %s', (pattern, code) => expect(code).not.toMatch(pattern));
});
