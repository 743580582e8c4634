// Authorities from where the configuration says, as PEM or as the Base64 of it; what holds none is named.
import { expect, it } from 'vitest';
import type { CertificateAuthority } from '../../functions/config/cluster/certificates.ts';
import { createAuthority } from '../../lab/processes/certificates.ts';
import { readAuthority } from '../../probes/pem.ts';

const { certificate } = await createAuthority('test');
const base64 = Buffer.from(certificate).toString('base64');

const readFrom = (ca: CertificateAuthority, text: string) =>
  readAuthority({ readFile: async () => text, readSecret: () => text }, ca);

it.each<[string, CertificateAuthority]>([
  ['a file', { file: 'ca.crt' }],
  ['a secret', { secret: { secret: 'CA' } }],
])('reads %s', async (_, ca) => {
  expect(await readFrom(ca, certificate)).toBe(certificate);
  expect(await readFrom(ca, base64)).toBe(certificate);
  expect(await readFrom(ca, `${base64.replace(/.{64}/g, '$&\r\n')}\n`)).toBe(certificate);
});

it.each([
  ['nothing', ''],
  ['another text', 'top secret'],
  ['Base64 of something else', Buffer.from('top secret').toString('base64')],
  ['a key', '-----BEGIN PRIVATE KEY-----\ntop secret\n-----END PRIVATE KEY-----\n'],
])('names %s for what it is, and not what is in it', async (_, text) => {
  const reading = readFrom({ secret: { secret: 'CA' } }, text);
  await expect(reading).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('secret CA holds no certificate'),
  });
  await expect(reading).rejects.not.toThrow(/top secret/);
});
