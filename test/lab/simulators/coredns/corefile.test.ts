// What is read of a Corefile, what is refused and how; the golden files of the product are read whole.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseCorefile } from '../../../../lab/simulators/coredns/corefile.ts';
import { createInstance } from '../../../../lab/simulators/coredns/instance.ts';

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-corefile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const kubeconfig = file(
  'kubeconfig',
  JSON.stringify({
    clusters: [{ name: 'test', cluster: { server: 'https://127.0.0.1:1', 'certificate-authority-data': '' } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'u' } }],
  }),
);
const keys = file('keys', 'key "lifeboat." {\n  algorithm hmac-sha256;\n  secret "c2VjcmV0";\n};\n');

describe('a Corefile', () => {
  it('has blocks, directives, options, comments and quoted words', () => {
    const [block] = parseCorefile('# first\na:53, b {\n  x 1 "2 3" # no\n  y {\n    z "\\"" 4\n  }\n}\n');
    expect(block).toEqual({
      keys: ['a:53', 'b'],
      line: 2,
      directives: [
        { name: 'x', args: ['1', '2 3'], line: 3, options: [] },
        { name: 'y', args: [], line: 4, options: [{ name: 'z', args: ['"', '4'], line: 5 }] },
      ],
    });
  });

  it.each(['nodelocal', 'coredns'])('as the product writes it for %s is read', (which) => {
    const golden = readFileSync(
      join(import.meta.dirname, `../../../functions/wiring/golden/${which}.Corefile`),
      'utf8',
    );
    const here = golden
      .replace(/169\.254\.20\.10(:\d+)?/g, '127.0.0.1$1')
      .replaceAll(' 10.96.0.10\n', '\n')
      .replaceAll('/etc/coredns-tsig/keys', keys)
      .replace('pods insecure', `kubeconfig ${kubeconfig} test\n        pods insecure`);
    expect(() => createInstance(here)).not.toThrow();
  });

  it.each([
    ['', /Corefile:1: there is no server block/],
    ['.:53 {\n errors\n', /Corefile:1: the server block is not closed/],
    ['.:53\n', /Corefile:1: expected "zone:port … \{"/],
    ['.:53 {\n  whoami\n}', /Corefile:2: the plugin "whoami" is not supported/],
    ['.:53 {\n  cache 30\n  cache 30\n}', /Corefile:3: "cache" is there twice/],
    ['.:53 {\n  cache {\n    prefetch 2\n  }\n}', /Corefile:3: "prefetch" in "cache" is not supported/],
    ['.:53 {\n  cache 0\n}', /Corefile:2: "cache": "0" is not a whole number from 1 to 3600/],
    ['.:99999 {\n}', /Corefile:1: ".:99999": port 99999, allowed are 1 to 65535/],
    ['tls://.:53 {\n}', /Corefile:1: .* transport/],
    ['.:53 {\n  bind 0.0.0.0\n}', /Corefile:2: "bind": 0\.0\.0\.0 is not a loopback address/],
    [
      '.:53 {\n  forward . 127.0.0.1 {\n    failover NXDOMAIN OOPS\n  }\n}',
      /Corefile:3: "failover": "OOPS" is not one of/,
    ],
    [
      '.:53 {\n  forward . 127.0.0.1 {\n    health_check soon\n  }\n}',
      /Corefile:3: "health_check": "soon" is not a duration/,
    ],
    ['.:53 {\n  forward . tls://127.0.0.1\n}', /Corefile:2: .*only plain DNS/],
    ['.:53 {\n  forward . /no/such/file\n}', /Corefile:2: .*\/no\/such\/file/],
    ['.:53 {\n  transfer {\n  }\n}', /Corefile:2: "transfer" needs "to"/],
    ['.:53 {\n  tsig {\n    require NOPE\n  }\n}', /Corefile:3: "require": query type "NOPE"/],
    ['.:53 {\n  tsig {\n    secrets /no/such/file\n  }\n}', /Corefile:3: "secrets": .*no such file/],
    ['.:53 {\n  acl {\n    block type\n  }\n}', /Corefile:3: "block": "type" names nothing/],
    ['.:53 {\n  kubernetes cluster.local\n}', /Corefile:2: "kubernetes" needs "kubeconfig"/],
    ['.:53 {\n  kubernetes c {\n    namespaces a\n  }\n}', /Corefile:3: "namespaces" in "kubernetes" is not supported/],
    ['.:53 {\n  kubernetes c {\n    pods verified\n  }\n}', /Corefile:3: "pods verified" is not supported/],
    ['.:53 {\n  import x\n}', /Corefile:2: "import" is not supported/],
    ['.:53 {\n  bind {$HOST}\n}', /Corefile:2: environment variables/],
    ['.:53 {\n}\n.:53 {\n}', /cannot serve \. on 127\.0\.0\.1:53: it is already defined/],
  ])('is refused with its line: %j', (text, message) => {
    expect(() => createInstance(text)).toThrow(message);
  });
});
