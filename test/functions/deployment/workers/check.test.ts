// Each thing that can be wrong with a deployment, one at a time, over the product's own wrangler.toml.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../functions/config/parse.ts';
import { secretNames } from '../../../../functions/config/secret-names.ts';
import { checkDeployment, type DeploymentFacts } from '../../../../functions/deployment/workers/check.ts';
import { configWith } from '../../config/example.ts';

const file = readFileSync(join(import.meta.dirname, '../../../../wrangler.toml'), 'utf8');
const token = { id: 'oncall', scopes: ['view', 'operate'], sha256: 'a'.repeat(64) };
const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

/** A configuration that a Worker can do whole. */
const good = {
  'clusters.0.apiServer': {
    url: 'https://api.example',
    ca: { pem },
    identity: { kind: 'token', secret: { secret: 'API_TOKEN' } },
  },
  'clusters.0.dns.servers': ['8.8.8.8'],
  'clusters.0.standby.0.server': '8.8.4.4',
  'clusters.0.snapshot': { maxRecords: 60_000 },
  'api.tokens': [token],
};

function configOf(changes: Readonly<Record<string, unknown>>) {
  const parsed = parseConfig(configWith({ ...structuredClone(good), ...changes }));
  if (parsed.status !== 'ok') throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

interface Change {
  readonly toml?: readonly [string, string];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly facts?: Partial<DeploymentFacts>;
}

function check({ toml: [from, to] = ['', ''], config: changes = {}, facts = {} }: Change) {
  expect(file).toContain(from);
  const wrangler: unknown = parse(file.replace(from, to));
  const config = configOf(changes);
  const secrets = secretNames(config).map(({ name }) => name);
  const isOwnConfig = (path: string) => path === './lifeboat.config.ts';
  return checkDeployment({ config, wrangler, isOwnConfig, secrets, bundleBytes: 2_000_000, ...facts });
}

describe('a deployment', () => {
  it('is fine as the project has it', () => {
    expect(check({}).filter(({ status }) => status !== 'ok' && status !== 'note')).toEqual([]);
  });

  it('says that nobody is told when it dies, without a heartbeat', () => {
    const heartbeat = { url: { secret: 'HEARTBEAT_URL' } };
    const of = (results: ReturnType<typeof check>) => results.find(({ subject }) => subject === 'prod: heartbeat');
    expect(of(check({}))).toMatchObject({ status: 'note', detail: expect.stringContaining('nobody is told') });
    expect(of(check({ config: { 'clusters.0.heartbeat': heartbeat } }))).toMatchObject({ status: 'ok' });
  });

  const broken: readonly (readonly [string, Change, string, RegExp])[] = [
    [
      'a binding',
      { toml: ['name = "PAGERS"', 'name = "PAGER"'] },
      'fail',
      /missing: .*PAGERS with the class PagerObject/,
    ],
    ['a class', { toml: ['"VantageObject", ', ''] }, 'fail', /VantageObject among the new_sqlite_classes/],
    ['the bucket', { toml: ['binding = "SNAPSHOTS"', 'binding = "OTHER"'] }, 'fail', /R2 bucket binding SNAPSHOTS/],
    [
      'a VPC network',
      { config: { 'clusters.0.vpc': 'NEAR' } },
      'fail',
      /vpc_networks.* binding NEAR, which cluster prod names/,
    ],
    [
      'memory',
      { config: { 'clusters.0.probe': { intervalMs: 15_000, timeoutMs: 3_000 } } },
      'warn',
      /forgets after 10000 ms/,
    ],
    [
      'memory for the zone',
      { config: { 'clusters.0.snapshot': { maxRecords: 60_001 } } },
      'warn',
      /60001: a Worker's 128 MiB hold 60000, some 30,000 Services/,
    ],
    ['the cron', { toml: ['"* * * * *"', '"0 * * * *"'] }, 'fail', /lost alarm would end the watch/],
    [
      'the alias',
      { toml: ['./lifeboat.config.ts', './other.ts'] },
      'fail',
      /alias "lifeboat\.config" is \.\/other\.ts/,
    ],
    ['main', { toml: ['main = ', 'mein = '] }, 'fail', /main: /],
    ['a secret', { facts: { secrets: ['AXFR_KEY'] } }, 'fail', /UPDATE_KEY$|npx wrangler secret put UPDATE_KEY/],
    ['who may act', { config: { 'api.tokens': [{ ...token, scopes: ['view'] }] } }, 'warn', /nobody may operate/],
    ['a small bundle', { facts: { bundleBytes: 4_000_000 } }, 'warn', /paid plan only/],
    ['any bundle', { facts: { bundleBytes: 40_000_000 } }, 'fail', /the limit is 10 MB/],
    ['a CA without a file', { config: { 'clusters.0.apiServer.ca': { file: 'ca.pem' } } }, 'fail', /no files/],
    [
      'a token without a file',
      { config: { 'clusters.0.apiServer.identity': { kind: 'token', file: 't' } } },
      'fail',
      /name a secret/,
    ],
    [
      'a token without a command',
      { config: { 'clusters.0.apiServer.identity': { kind: 'exec', command: 'aws' } } },
      'fail',
      /runs no commands/,
    ],
    ['a public address', { config: { 'clusters.0.dns.servers': ['10.0.0.10'] } }, 'fail', /lifeboat vantage/],
    [
      'a way to tell its own network from the cluster',
      {
        config: {
          'clusters.0.vantages': [
            { kind: 'edge', id: 'a', targets: ['apiserver'] },
            { kind: 'edge', id: 'b' },
          ],
        },
      },
      'warn',
      /looks at apiserver alone and has no reference/,
    ],
    [
      'a reference that a Worker can dial',
      { config: { 'clusters.0.vantages': [{ kind: 'edge', id: 'a', reference: ['1.1.1.1:443'] }] } },
      'fail',
      /1\.1\.1\.1:443 can never answer a Worker: it is an address of Cloudflare itself/,
    ],
    [
      'a reference that is public',
      { config: { 'clusters.0.vantages': [{ kind: 'edge', id: 'a', reference: ['10.1.1.1:443'] }] } },
      'fail',
      /10\.1\.1\.1:443 can never answer a Worker: 10\.1\.1\.1 is a private address/,
    ],
    [
      'few targets',
      {
        config: {
          'clusters.0.dns.servers': Array.from({ length: 16 }, (_, i) => `8.8.8.${i}`),
          'clusters.0.vantages': ['a', 'b', 'c', 'd', 'e'].map((id) => ({ kind: 'edge', id })),
        },
      },
      'warn',
      /50 objects probe in each round/,
    ],
  ];
  it.each(broken)('lacks %s', (_, change, status, detail) => {
    const bad = check(change).filter((one) => one.status !== 'ok');
    expect(bad.map((one) => one.status)).toContain(status);
    expect(bad.map((one) => one.detail).join('\n')).toMatch(detail);
  });

  it('says of each secret that it is not known where nobody could be asked', () => {
    const bad = check({ facts: { secrets: 'not logged in', bundleBytes: 'no wrangler' } }).filter(
      (one) => one.status !== 'ok',
    );
    expect(bad.map(({ status, subject }) => `${status} ${subject}`)).toEqual([
      'unknown secret API_TOKEN',
      'unknown secret AXFR_KEY',
      'unknown secret UPDATE_KEY',
      'note prod: heartbeat',
      'unknown bundle',
    ]);
  });
});

describe('the secrets of a configuration', () => {
  it('are found wherever they stand, each once', () => {
    const channels = [{ kind: 'webhook', id: 'a', url: 'https://hooks.example/', secret: { secret: 'AXFR_KEY' } }];
    expect(secretNames(configOf({ 'alerts.channels': channels }))).toEqual([
      { name: 'API_TOKEN', path: 'clusters[0].apiServer.identity.secret' },
      { name: 'AXFR_KEY', path: 'clusters[0].dns.tsig.secret' },
      { name: 'UPDATE_KEY', path: 'clusters[0].standby[0].tsig.secret' },
    ]);
  });
});
