// The committed WebAssembly: its digests, its size, and that it runs on Node as it does in workerd (test/runtime/tls.workerd.test.ts).
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { startGoTls } from '../../../../functions/networks/tls/instance.ts';
import { createAuthority } from '../../../../lab/processes/certificates.ts';

const folder = join(import.meta.dirname, '../../../../functions/networks/tls');
const wasm = readFileSync(join(folder, 'tls.wasm'));
/** The types of Workers have no compiling at run time, which Node does have. */
const compiled: WebAssembly.Module = Reflect.construct(WebAssembly.Module, [wasm]);
const ca = (await createAuthority('Test Root')).certificate;

it('is what its digest says', () => {
  const digests = readFileSync(join(folder, 'tls.sha256'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ +/));
  expect(digests.map(([, file]) => file)).toEqual(['tls.wasm', 'go-runtime.js']);
  for (const [digest, file = ''] of digests) {
    expect(
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex'),
      file,
    ).toBe(digest);
  }
});

it('leaves a Worker room: a bundle may have 10 MB after gzip, 3 MB on the free plan', () => {
  expect(gzipSync(wasm).length).toBeLessThan(2_500_000);
});

it('says hello at once, and touches nothing of the platform', () => {
  const before = Object.keys(globalThis);
  const go = startGoTls(compiled);
  const session = go.open({ serverName: 'api.test', ca });
  const hello = Buffer.from(session.takeOutgoing() ?? []);
  // A TLS record of the handshake kind (RFC 8446 section 5.1), with the name in the clear.
  expect([...hello.subarray(0, 2)]).toEqual([22, 3]);
  expect(hello.includes('api.test')).toBe(true);
  session.close();
  expect(go.sessions).toBe(0);
  expect(Object.keys(globalThis)).toEqual(before);
});

it('has a limit on sessions, and frees those that nobody uses', ({ onTestFinished }) => {
  const realNow = Date.now;
  onTestFinished(() => {
    Date.now = realNow;
  });
  const go = startGoTls(compiled);
  for (let i = 0; i < 200; i++) go.open({ serverName: 'api.test', ca });
  expect(() => go.open({ serverName: 'api.test', ca })).toThrow(/200 TLS sessions are open/);
  Date.now = () => realNow() + 901_000;
  go.open({ serverName: 'api.test', ca });
  expect(go.sessions).toBe(1);
});
