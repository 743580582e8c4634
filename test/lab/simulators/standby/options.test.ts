// The command line and the key file: what is taken, and what is said of the rest, without the secret.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readOptions } from '../../../../lab/simulators/standby/options.ts';

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-options-'));
afterAll(() => rmSync(folder, { recursive: true }));
const secret = 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=';
const goodKey = `key "Standby.Test" { algorithm hmac-sha256; secret "${secret}"; };\n`;

function argumentsWith(flags: Readonly<Record<string, string | undefined>> = {}, keyText = goodKey): readonly string[] {
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, keyText);
  const all = {
    listen: '127.0.0.1:5353',
    zone: 'cluster.local',
    'zone-file': 'zone',
    'key-file': keyFile,
    'data-dir': 'data',
    ...flags,
  };
  return Object.entries(all).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}`, value]));
}

describe('the command line', () => {
  it('is read', () => {
    expect(readOptions(argumentsWith())).toEqual({
      listen: { host: '127.0.0.1', port: 5353 },
      zone: 'cluster.local.',
      zoneFile: 'zone',
      key: { name: 'standby.test.', secretBase64: secret },
      dataDir: 'data',
    });
    expect(readOptions(argumentsWith({ listen: '[::1]:53' })).listen).toEqual({ host: '::1', port: 53 });
  });

  it.each([
    [{ zone: undefined }, '--zone is missing'],
    [{ listen: 'localhost:53' }, '--listen localhost:53 is not ADDRESS:PORT with a port from 1 to 65535'],
    [{ listen: '127.0.0.1:0' }, 'a port from 1 to 65535'],
    [{ listen: '127.0.0.1:65536' }, 'a port from 1 to 65535'],
    [{ listen: '0.0.0.0:53' }, '--listen 0.0.0.0:53 is not a loopback address'],
    [{ zone: 'a b' }, 'is not a label of letters'],
    [{ 'key-file': join(folder, 'nowhere') }, 'ENOENT'],
  ])('%j is refused', (flags, reason) => {
    expect(() => readOptions(argumentsWith(flags))).toThrow(reason);
  });

  it.each([
    [goodKey.replace('hmac-sha256', 'hmac-md5'), 'algorithm hmac-md5, only hmac-sha256 is supported'],
    [goodKey.replace('};', ''), 'is not: key "NAME"'],
    [goodKey.replace('secret "', 'secret "!'), 'is not: key "NAME"'],
    ['', 'is not: key "NAME"'],
  ])('a key file that is not sound is refused without its secret', (text, reason) => {
    const read = () => readOptions(argumentsWith({}, text));
    expect(read).toThrow(reason);
    expect(read).not.toThrow(secret);
  });
});
