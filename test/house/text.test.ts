// What may stand in no file of the project: places of one machine, registries, open ends, keys; and links that lead nowhere.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesIn, placesOf, read, root } from './sources.ts';

const own = 'test/house/text.test.ts';
const isText = (file: string) => !readFileSync(join(root, file)).subarray(0, 8000).includes(0);
const texts = filesIn().filter((file) => file !== own && file !== 'package-lock.json' && isText(file));

function found(pattern: RegExp, files = texts): readonly string[] {
  return files.flatMap((file) => placesOf(file, read(file), pattern));
}

describe('no file', () => {
  it('names a place of one machine', () => {
    expect(found(/(^|[\s'"`(=:,])(file:\/\/)?\/(work|root|home|Users)\/\w/)).toEqual([]);
  });

  it('names a registry or a proxy of packages', () => {
    expect(
      found(/registry\.npmjs|npmjs\.org|proxy\.golang|sum\.golang|pypi\.org|yarnpkg|artifactory|nexus\./i),
    ).toEqual([]);
  });

  it('has an open end', () => {
    expect(found(/\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
  });

  it('holds a private key', () => {
    expect(
      found(
        /-----BEGIN [A-Z ]*PRIVATE KEY-----\\?n?[A-Za-z0-9+/]{20}|^[A-Za-z0-9+/]{60,}={0,2}$/,
        texts.filter((file) => !file.endsWith('go.sum')),
      ),
    ).toEqual([]);
  });

  it('uses words that another word stands for', () => {
    expect(found(/\b(blacklist|whitelist|sanity check|foobar)\b/i)).toEqual([]);
  });
});

it('the lock file names no registry', () => {
  const hosts = [...read('package-lock.json').matchAll(/"resolved": "https?:\/\/([^/"]+)/g)].map((match) => match[1]);
  expect([...new Set(hosts)]).toEqual([]);
});

it('links in Markdown lead to files', () => {
  const broken = texts
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)]*)?\)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !existsSync(join(root, dirname(file), target)))
        .map((target) => `${file}: ${target}`),
    );
  expect(broken).toEqual([]);
});

it('documents and comments name files that there are', () => {
  const paths = filesIn();
  const there = new Set(paths);
  const names = new Set(paths.map((file) => file.split('/').at(-1)));
  /** The words of a line: the whole of a document, the comment of a source. */
  const wordsOf = (file: string, line: string) =>
    file.endsWith('.md') ? line : (/(?:\/\/|^\s*\*|\/\*\*)(.*)$/.exec(line)?.[1] ?? '');
  const isThere = (path: string) =>
    /^(functions|probes|lab|test|infra)\//.test(path) ? there.has(path) : names.has(path.split('/').at(-1));
  const wrong = texts
    // What was so at its time: the changes, and decisions that later ones replaced.
    .filter((file) => /\.(ts|js|md)$/.test(file) && file !== 'CHANGELOG.md')
    .flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, i) =>
          [...wordsOf(file, line).matchAll(/(?<![\w.*-])(?:[\w.-]+\/)*[a-z0-9-]+(?:\.[a-z]+)*\.[tj]s\b/g)]
            .map(([path]) => path.replace(/^(\.\.?\/)+/, ''))
            .filter((path) => path !== 'lifeboat.config.ts' && !isThere(path))
            .map((path) => `${file}:${i + 1}: ${path}`),
        ),
    );
  expect(wrong).toEqual([]);
});
