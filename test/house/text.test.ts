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
