// The token file: what is read from it, and that a line that is wrong is named. Certificates are tested on the process (cases/).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTokens } from '../../../../lab/simulators/kube-apiserver/authentication.ts';

describe('the token file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-tokens-'));
  const file = join(folder, 'tokens.csv');
  afterAll(() => rmSync(folder, { recursive: true }));

  it('gives each token its user and groups', () => {
    writeFileSync(file, 'abc,ann,1\n\ndef,bob,2,"ops, system:masters"\r\nghi,eve,3,dev\n');
    expect([...readTokens(file)]).toEqual([
      ['abc', { name: 'ann', groups: ['system:authenticated'] }],
      ['def', { name: 'bob', groups: ['ops', 'system:masters', 'system:authenticated'] }],
      ['ghi', { name: 'eve', groups: ['dev', 'system:authenticated'] }],
    ]);
  });

  it.each(['abc', 'abc,ann', ',ann,1', 'abc,ann,1,"ops'])('names the line %s', (line) => {
    writeFileSync(file, `ok,ann,1\n${line}\n`);
    expect(() => readTokens(file)).toThrow(`${file}:2: expected token,user,uid,"groups"`);
  });
});
