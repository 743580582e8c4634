// The shape of files: size, opening line, names, length of functions, and what may not be written.
import { describe, expect, it } from 'vitest';
import { codeOf, filesIn, generated, placesOf, productSources, read } from './sources.ts';

const mostLines = 400;
const mostFunctionLines = 70;
const code = filesIn('functions', 'probes', 'infra', 'test').filter(
  (file) => /\.(ts|js)$/.test(file) && !generated.includes(file),
);

describe('every source', () => {
  it(`has at most ${mostLines} lines`, () => {
    const long = code
      .map((file) => ({ file, lines: read(file).split('\n').length - 1 }))
      .filter(({ lines }) => lines > mostLines);
    expect(long).toEqual([]);
  });

  it('opens with a line on what it is for, but for tests, which say what they test', () => {
    const opening = /^(#!.*\n)?\/\/ [A-Z`].{20,}/;
    expect(code.filter((file) => !file.endsWith('.test.ts') && !opening.test(read(file)))).toEqual([]);
  });

  it('has a kebab-case name, and so have its folders', () => {
    const kebab =
      /^([a-z0-9]+(-[a-z0-9]+)*\/)+[a-z0-9]+(-[a-z0-9]+)*(\.(test|workerd\.test|cluster\.test|browser\.test|lab\.test|d))?\.(ts|js)$/;
    expect(code.filter((file) => !kebab.test(file))).toEqual([]);
  });

  it('is not named for nothing', () => {
    const empty = /(^|[/-])(utils?|helpers?|managers?|services?|common|misc)([/.-]|$)/;
    expect(filesIn('functions', 'probes', 'infra', 'test').filter((file) => empty.test(file))).toEqual([]);
  });

  it('switches no check off', () => {
    const off = /@ts-(ignore|nocheck|expect-error)|biome-ignore(?!.*: \S)|eslint-disable/;
    const own = 'test/house/files.test.ts';
    expect(code.filter((file) => file !== own).flatMap((file) => placesOf(file, read(file), off))).toEqual([]);
  });

  it('has no any, enum or namespace, which Node cannot strip or the compiler cannot check', () => {
    const banned = /(:|<|\bas) any\b|^\s*(export )?(const )?enum \w|^\s*(export )?namespace \w/;
    expect(code.flatMap((file) => placesOf(file, codeOf(file), banned))).toEqual([]);
  });
});

describe('every function of the product', () => {
  /** Formatted code: a body opens at the end of a line, and closes with a brace under the line's first letter. */
  function longFunctions(file: string, text: string): readonly string[] {
    const lines = text.split('\n');
    return lines.flatMap((line, start) => {
      const opens =
        /^(\s*)(?:export )?(?:default )?(?:async )?(?:function\b|(?:const \w+ = .*|[\w.]+\(.*|\w+: .*|return .*)=>|(?:async )?\w+\(.*\)).*\{$/.exec(
          line,
        );
      if (opens === null || /^\s*(if|for|while|switch|else|return \{|class)\b/.test(line)) return [];
      const indent = opens[1] ?? '';
      const length = lines.slice(start).findIndex((each, i) => i > 0 && each.startsWith(`${indent}}`)) + 1;
      return length > mostFunctionLines ? [`${file}:${start + 1}: ${length} lines`] : [];
    });
  }

  it(`has at most ${mostFunctionLines} lines`, () => {
    expect(productSources.flatMap((file) => longFunctions(file, read(file)))).toEqual([]);
  });

  it('is measured', () => {
    const body = '    work();\n'.repeat(mostFunctionLines);
    expect(longFunctions('a.ts', `export async function a() {\n${body}}\n`)).toHaveLength(1);
    expect(longFunctions('a.ts', `  const a = (x) => {\n${body}  };\n`)).toHaveLength(1);
    expect(longFunctions('a.ts', `function a() {\n}\n${body}`)).toHaveLength(0);
  });
});
