// What a configuration may say, how a wrong one is answered, and that no secret is ever printed.
import { describe, expect, it } from 'vitest';
import { parseConfig, renderProblems } from '../../../functions/config/parse.ts';
import { renderProblem } from '../../../functions/config/problems.ts';
import type { Config } from '../../../functions/config/schema.ts';
import { configWith } from './example.ts';

function ok(changes: Readonly<Record<string, unknown>> = {}): Config {
  const parsed = parseConfig(configWith(changes));
  if (parsed.status === 'invalid') throw new Error(renderProblems('example', parsed.problems));
  return parsed.config;
}

function problems(changes: Readonly<Record<string, unknown>>): readonly string[] {
  const parsed = parseConfig(configWith(changes));
  return parsed.status === 'ok' ? [] : parsed.problems.map(renderProblem);
}

describe('a configuration that is fine', () => {
  it('names standbys that were given no id by their kind, in their order', () => {
    const shelves = ['a', 'b', 'c'].map((name) => ({ kind: 'zonefile', file: `${name}.zone` }));
    const [cluster] = ok({
      'clusters.0.standby': [...shelves, { kind: 'zonefile', id: 'last', file: 'd.zone' }],
    }).clusters;
    expect(cluster?.standby.map(({ id }) => id)).toEqual(['zonefile', 'zonefile-2', 'zonefile-3', 'last']);
  });

  it('has the documented defaults', () => {
    const { clusters, ...rest } = ok();
    expect(rest).toEqual({
      writer: 'lifeboat',
      vantage: { id: 'local', group: 'local', reference: [] },
      state: { kind: 'file', directory: '.lifeboat' },
      alerts: { channels: [], remindAfterMs: 3_600_000 },
      api: { tokens: [] },
    });
    expect(clusters[0]).toMatchObject({
      zone: 'cluster.local.',
      apiServer: { readPath: '/api/v1/namespaces/default', slowMs: 1000 },
      dns: {
        ttlSeconds: 30,
        knownName: 'kubernetes.default.svc',
        serialMethod: 'auto',
        probeNamespace: 'default',
        behindSeconds: 60,
      },
      probe: { intervalMs: 5000, timeoutMs: 3000 },
      vantages: [{ kind: 'edge', id: 'edge', group: 'cloudflare', targets: ['apiserver', 'dns'], reference: [] }],
      snapshot: {
        source: 'axfr',
        intervalMs: 60_000,
        leastIntervalMs: 30_000,
        mustHave: ['kubernetes.default.svc'],
        keep: 50,
      },
      publish: { ttlSeconds: 30, staleAfterMs: 900_000 },
      policy: {
        downRounds: 3,
        failback: 'manual',
        quorum: { groups: 1 },
        maxDeleteShare: 0.3,
        minDeletesToHold: 10,
        holdExpiresAfterMs: 0,
      },
    });
  });

  it.each(['dns.example:443', '9.9.9.9', '9.9.9.9:0'])('takes no reference %s', (reference) => {
    expect(problems({ vantage: { reference: [reference] } }).join()).toContain('vantage.reference[0]');
  });

  it('reads maintenance windows, in UTC', () => {
    const { maintenance } =
      ok({
        'clusters.0.maintenance': [
          { kind: 'once', from: '2026-12-05T02:00:00Z', to: '2026-12-05T05:30:00+02:00' },
          { kind: 'weekly', days: ['sat', 'sun'], from: '23:30', to: '01:00' },
        ],
      }).clusters[0] ?? expect.fail();
    expect(maintenance).toEqual([
      { kind: 'once', from: Date.UTC(2026, 11, 5, 2), to: Date.UTC(2026, 11, 5, 3, 30) },
      { kind: 'weekly', days: ['sat', 'sun'], from: 1410, to: 60 },
    ]);
  });

  it.each([
    [{ kind: 'once', from: '2026-12-05T02:00:00', to: '2026-12-05T03:00:00Z' }, 'maintenance[0].from'],
    [{ kind: 'once', from: 'tomorrow', to: '2026-12-05T03:00:00Z' }, 'maintenance[0].from'],
    [{ kind: 'weekly', days: [], from: '02:00', to: '03:00' }, 'maintenance[0].days'],
    [{ kind: 'weekly', days: ['monday'], from: '02:00', to: '03:00' }, 'maintenance[0].days[0]'],
    [{ kind: 'weekly', days: ['mon'], from: '2:00', to: '24:00' }, 'maintenance[0].from'],
    [{ kind: 'daily', from: '02:00', to: '03:00' }, 'maintenance[0]'],
  ])('takes no window that it cannot read: %j', (window, where) => {
    expect(problems({ 'clusters.0.maintenance': [window] }).join('; ')).toContain(where);
  });

  it('reads names and addresses once', () => {
    const cluster = ok({ 'clusters.0.zone': 'Cluster.Local' }).clusters[0];
    expect(cluster?.zone).toBe('cluster.local.');
    expect(cluster?.dns.servers).toEqual([
      { host: '10.0.0.10', port: 53 },
      { host: 'fd00::a', port: 5301 },
    ]);
    expect(cluster?.dns.tsig).toEqual({ name: 'lifeboat.', algorithm: 'hmac-sha256', secret: { secret: 'AXFR_KEY' } });
    expect(cluster?.standby[0]).toMatchObject({ server: { host: '192.0.2.53', port: 53 }, timeoutMs: 10_000 });
  });

  it('takes every kind of identity', () => {
    const at = 'clusters.0.apiServer.identity';
    const identityOf = (value: unknown) => ok({ [at]: value }).clusters[0]?.apiServer.identity;
    expect(identityOf({ kind: 'token', file: 'token' })).toEqual({ kind: 'token', file: 'token' });
    expect(identityOf({ kind: 'token', secret: { secret: 'T' } })).toEqual({ kind: 'token', secret: { secret: 'T' } });
    expect(identityOf({ kind: 'exec', command: 'aws' })).toEqual({
      kind: 'exec',
      command: 'aws',
      args: [],
      env: {},
      timeoutMs: 10_000,
      provideClusterInfo: false,
    });
  });

  it('takes client certificates and authorities from files and from secrets', () => {
    const files = { certificateFile: 'c.pem', keyFile: 'k.pem' };
    const secrets = { certificate: { secret: 'C' }, key: { secret: 'K' } };
    for (const pair of [files, secrets]) {
      const cluster = ok({
        'clusters.0.apiServer.identity': { kind: 'certificate', ...pair },
        'clusters.0.apiServer.ca': { secret: { secret: 'CA' } },
        'clusters.0.dns.tls': { serverName: 'dns.test', ca: { secret: { secret: 'CA' } }, ...pair },
      }).clusters[0];
      expect(cluster?.apiServer.identity).toEqual({ kind: 'certificate', ...pair });
      expect(cluster?.apiServer.ca).toEqual({ secret: { secret: 'CA' } });
      expect(cluster?.dns.tls).toEqual({ serverName: 'dns.test', ca: { secret: { secret: 'CA' } }, client: pair });
    }
  });

  it('gives DNS over TLS its own port where none is given', () => {
    expect(ok({ 'clusters.0.dns.tls': {} }).clusters[0]?.dns).toMatchObject({
      servers: [
        { host: '10.0.0.10', port: 853 },
        { host: 'fd00::a', port: 5301 },
      ],
      tls: {},
    });
  });

  it('takes undefined for absent', () => {
    expect(ok({ 'clusters.0.apiServer.ca': undefined }).clusters[0]?.apiServer).not.toHaveProperty('ca');
  });

  it('strips the slash at the end of the API url', () => {
    expect(ok({ 'clusters.0.apiServer.url': 'https://Api.example:6443/' }).clusters[0]?.apiServer.url).toBe(
      'https://api.example:6443',
    );
  });
});

describe('a wrong field', () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    [
      'clusters.0.probe.timeoutMs',
      -5,
      'clusters[0].probe.timeoutMs: got -5, want a whole number of milliseconds from 100 to 60000',
    ],
    [
      'clusters.0.probe.timeoutMs',
      '3s',
      'clusters[0].probe.timeoutMs: got "3s", want a whole number of milliseconds from 100 to 60000',
    ],
    ['clusters.0.policy.maxDeleteShare', 30, 'clusters[0].policy.maxDeleteShare: got 30, want a share from 0 to 1'],
    [
      'clusters.0.policy.failback',
      'auto',
      "clusters[0].policy.failback: got \"auto\", want one of 'manual', 'automatic'",
    ],
    ['clusters.0.id', undefined, 'clusters[0].id: got nothing, want 1 to 40 of a-z, 0-9 and -'],
    ['clusters', [], 'clusters: got a list of 0, want a list of 1 to 100 clusters'],
    ['clusters.0.dns', 'x', 'clusters[0].dns: got "x", want an object with the keys servers, ttlSeconds, '],
    ['state', { kind: 'redis' }, "state.kind: got \"redis\", want a store of the kind 'file' or 'memory'"],
    [
      'clusters.0.apiServer.url',
      'http://10.0.0.1:6443',
      'clusters[0].apiServer.url: got "http://10.0.0.1:6443", want an https URL',
    ],
    [
      'clusters.0.dns.servers',
      ['kube-dns.example'],
      'clusters[0].dns.servers[0]: got "kube-dns.example", want an IP address',
    ],
    ['clusters.0.dns.servers', ['10.0.0.300'], 'clusters[0].dns.servers[0]: got "10.0.0.300", want an IP address'],
    ['clusters.0.zone', 'a..b', 'clusters[0].zone: got "a..b", want the name of a zone'],
    ['clusters.0.zone', '.', 'clusters[0].zone: got ".", want the name of a zone'],
    ['clusters.0.dns.knownName', 'a.svc.', 'clusters[0].dns.knownName: got "a.svc.", want a name relative to the zone'],
    ['clusters.0.apiServer.ca', {}, 'clusters[0].apiServer.ca: got an object, want one of file, pem and secret'],
    [
      'clusters.0.apiServer.identity',
      { kind: 'certificate', certificateFile: 'a.pem', key: { secret: 'KEY' } },
      'clusters[0].apiServer.identity: got an object, want certificateFile with keyFile, or the secrets certificate',
    ],
    [
      'clusters.0.dns.tls',
      { keyFile: 'a.pem' },
      'clusters[0].dns.tls: got an object, want certificateFile with keyFile, or the secrets certificate with key',
    ],
    [
      'clusters.0.dns.tls.ca',
      { file: 'a.pem', pem: '-----BEGIN CERTIFICATE-----' },
      'want one of file, pem and secret',
    ],
  ];
  it.each(cases)('%s = %j', (path, value, expected) => {
    expect(problems({ [path]: value }).join('\n')).toContain(expected);
  });

  it.each([
    [
      'clusters.0.probe.timeotMs',
      'clusters[0].probe.timeotMs: got an unknown key, want timeoutMs (the nearest known key)',
    ],
    ['clusters.0.apiserver', 'clusters[0].apiserver: got an unknown key, want apiServer (the nearest known key)'],
    ['colour', 'colour: got an unknown key, want one of the keys writer, vantage, state, clusters, alerts, api'],
  ])('an unknown key: %s', (path, expected) => {
    expect(problems({ [path]: 1 })).toEqual([expected]);
  });

  it('reports all of them at once', () => {
    expect(problems({ writer: 'Å', 'clusters.0.id': 'UPPER', 'clusters.0.probe.intervalMs': 0 })).toHaveLength(3);
  });

  it.each([[undefined], [null], ['text'], [42], [[]]])('a configuration that is %j', (input) => {
    const parsed = parseConfig(input);
    expect(parsed).toMatchObject({ status: 'invalid', problems: [{ path: '' }] });
    if (parsed.status === 'invalid')
      expect(renderProblems('x.ts', parsed.problems)).toMatch(/^x\.ts has one problem:\n {2}the conf/);
  });
});

describe('a secret', () => {
  const value = 'c2VjcmV0LXZhbHVlLXRoYXQtbXVzdC1ub3Qtc2hvdw==';
  it.each([
    ['clusters.0.dns.tsig.secret', value],
    ['clusters.0.dns.tsig', value],
    ['clusters.0.dns.tsig.secret', { secret: value }],
    ['clusters.0.dns.tsig.secret.secret', [value]],
    ['clusters.0.apiServer.identity', value],
    ['clusters.0.apiServer.identity', { kind: 'token', token: value }],
    ['clusters.0.apiServer.identity', { kind: 'token', secret: value }],
    ['clusters.0.apiServer.identity', { kind: 'exec', command: 'x', env: { TOKEN: [value] } }],
    ['clusters.0.apiServer.ca', { pem: `-----BEGIN PRIVATE KEY-----${value}` }],
    ['clusters.0.apiServer.url', `https://user:${value}@10.0.0.1`],
    ['clusters.0.apiServer.identity', { kind: 'certificate', certificateFile: 'a', keyFile: `-----BEGIN\n${value}` }],
    ['clusters.0.apiServer.identity', { kind: 'certificate', certificate: value, key: value }],
    ['clusters.0.apiServer.ca', { secret: value }],
    ['clusters.0.dns.tls', { certificate: value, key: value }],
    ['clusters.0.dns.tls', { key: { secret: `${value}` } }],
    ['alerts.channels', [{ kind: 'webhook', id: 'a', url: `http://hooks.example/${value}`, secret: { secret: 'A' } }]],
    ['alerts.channels', [{ kind: 'webhook', id: 'a', url: 'https://hooks.example/', secret: value }]],
    ['alerts.channels', [{ kind: 'webhook', id: 'a', url: value, secret: { secret: 'A' } }]],
    ['alerts.channels', [{ kind: 'webhook', id: 'a', url: { secret: `https://${value}/` }, secret: { secret: 'A' } }]],
    ['alerts.channels', [{ kind: 'webhook', id: 'a', url: { url: value }, secret: { secret: 'A' } }]],
    ['alerts.channels', [{ kind: 'pagerduty', id: 'a', routingKey: value }]],
    ['alerts.channels', [{ kind: 'pagerduty', id: 'a', routingKey: { secret: value } }]],
    ['alerts.channels', [{ kind: 'pagerduty', id: 'a', routingKey: { routingKey: value } }]],
  ])('written out at %s is refused and not shown', (path, wrong) => {
    const found = problems({ [path]: wrong });
    expect(found).not.toEqual([]);
    expect(found.join('\n')).not.toContain(value.slice(0, 8));
  });

  it('is asked for by its form', () => {
    expect(problems({ 'clusters.0.dns.tsig.secret': value })[0]).toMatch(
      /^clusters\[0\]\.dns\.tsig\.secret: got a text \(not shown\), want secret\('NAME'\)/,
    );
  });
});
