// The rules between fields, one case for each row of the table in functions/config/checks.ts.
import { describe, expect, it } from 'vitest';
import { canBePublic, checkConfig } from '../../../functions/config/checks.ts';
import { parseConfig } from '../../../functions/config/parse.ts';
import { renderProblem } from '../../../functions/config/problems.ts';
import { parseName } from '../../../functions/records/name.ts';
import { configWith } from './example.ts';

function problems(changes: Readonly<Record<string, unknown>>): readonly string[] {
  const parsed = parseConfig(configWith(changes));
  return parsed.status === 'ok' ? [] : parsed.problems.map(renderProblem);
}

const cluster = (configWith() as { clusters: object[] }).clusters[0];
const tsig = { name: 'k.', secret: { secret: 'K' } };
const twoGroups = ['a', 'b'].map((id) => ({ kind: 'edge', id, group: id }));
const hook = { kind: 'webhook', id: 'a', url: 'https://hooks.example/', secret: { secret: 'A' } };

describe('a kind of standby that nobody has thought about', () => {
  it('is no standby that may be public: each kind says for itself', () => {
    const parsed = parseConfig(configWith({}));
    if (parsed.status !== 'ok') throw new Error('no configuration');
    const [cluster] = parsed.config.clusters;
    if (cluster === undefined) throw new Error('no cluster');
    const standby = [{ kind: 'cloud', zone: 'example.com.' } as unknown as (typeof cluster.standby)[number]];
    expect(() => checkConfig({ ...parsed.config, clusters: [{ ...cluster, standby }] })).toThrow(/standby/);
  });
});

describe('rules between fields', () => {
  it.each([
    [
      'a timeout that is no less than the interval',
      { 'clusters.0.probe.timeoutMs': 5000 },
      'clusters[0].probe.timeoutMs: got 5000, want less than probe.intervalMs (5000): otherwise a round must end before the next begins',
    ],
    [
      'a maintenance window that ends before it begins',
      {
        'clusters.0.maintenance': [{ kind: 'once', from: '2026-12-05T04:00:00Z', to: '2026-12-05T05:00:00+02:00' }],
      },
      'clusters[0].maintenance[0].to: got an instant that is not after `from`, want an instant after `from`, by seven days',
    ],
    [
      'a maintenance window of more than a week',
      { 'clusters.0.maintenance': [{ kind: 'once', from: '2026-12-01T00:00:00Z', to: '2026-12-08T12:00:00Z' }] },
      'clusters[0].maintenance[0].to: got 7.5 days after `from`',
    ],
    [
      'a maintenance window that never ends',
      { 'clusters.0.maintenance': [{ kind: 'weekly', days: ['mon'], from: '02:00', to: '02:00' }] },
      'clusters[0].maintenance[0].to: got the time at which it begins, want another time',
    ],
    [
      'a slowness that the timeout hides',
      { 'clusters.0.apiServer.slowMs': 3000 },
      'clusters[0].apiServer.slowMs: got 3000, want less than probe.timeoutMs (3000)',
    ],
    [
      'a least interval over the interval',
      { 'clusters.0.snapshot.leastIntervalMs': 60_001 },
      'clusters[0].snapshot.leastIntervalMs: got 60001, want at most snapshot.intervalMs (60000)',
    ],
    [
      'a transfer that may outlast the interval',
      { 'clusters.0.snapshot.timeoutMs': 60_001 },
      'clusters[0].snapshot.timeoutMs: got 60001, want at most',
    ],
    [
      'a transfer larger than the budget',
      { 'clusters.0.snapshot.maxBytes': 600_000_000 },
      'clusters[0].snapshot.maxBytes: got 600000000, want at most snapshot.bytesPerHour (500000000)',
    ],
    [
      'a standby that is always late',
      { 'clusters.0.publish.staleAfterMs': 60_000 },
      'clusters[0].snapshot.intervalMs: got 60000, want less than publish.staleAfterMs (60000)',
    ],
    [
      'more groups than downs',
      { 'clusters.0.policy.quorum': { downs: 1, groups: 2 }, 'clusters.0.vantages': twoGroups },
      'clusters[0].policy.quorum.groups: got 2, want at most policy.quorum.downs (1)',
    ],
    [
      'a window with fewer rounds than must be bad in it',
      { 'clusters.0.policy.window.rounds': 20 },
      'clusters[0].policy.window.bad: got 30, want at most policy.window.rounds (20)',
    ],
    [
      'a quorum of more vantages than look at the API server',
      {
        'clusters.0.policy.quorum.downs': 2,
        'clusters.0.vantages': [
          { kind: 'edge', id: 'a' },
          { kind: 'edge', id: 'b', targets: ['dns'] },
        ],
      },
      'clusters[0].policy.quorum: got downs 2 from groups 1, and 1 in 1 that look at apiserver, want no more than there are',
    ],
    [
      'a majority that cannot come from so many groups',
      {
        'clusters.0.policy.quorum': { groups: 2 },
        'clusters.0.vantages': [
          { kind: 'edge', id: 'a' },
          { kind: 'edge', id: 'b', targets: ['apiserver'] },
          { kind: 'edge', id: 'c', targets: ['apiserver'] },
          { kind: 'edge', id: 'd', targets: ['dns'], group: 'other' },
        ],
      },
      'clusters[0].policy.quorum: got downs 2 from groups 2, and 3 in 1 that look at apiserver',
    ],
    [
      'a DNS server twice',
      { 'clusters.0.dns.servers': ['10.0.0.10', '10.0.0.10:53'] },
      'clusters[0].dns.servers[1]: got "10.0.0.10:53", as in clusters[0].dns.servers[0], want',
    ],
    [
      'a channel id twice',
      { 'alerts.channels': [hook, hook] },
      'alerts.channels[1].id: got "a", as in alerts.channels[0].id, want',
    ],
    [
      'a vantage id twice',
      {
        'clusters.0.vantages': [
          { kind: 'edge', id: 'a' },
          { kind: 'edge', id: 'a' },
        ],
      },
      'clusters[0].vantages[1].id: got "a", as in clusters[0].vantages[0].id, want',
    ],
    [
      'one key for two vantages',
      { 'clusters.0.vantages': ['a', 'b'].map((id) => ({ kind: 'inside', id, group: id, publicKey: 'k'.repeat(43) })) },
      'as in clusters[0].vantages[0].publicKey, want a key of its own',
    ],
    [
      'DNS that nobody looks at',
      { 'clusters.0.vantages': [{ kind: 'edge', id: 'a', targets: ['apiserver'] }] },
      'clusters[0].vantages: got no vantage that looks at dns, want dns among the targets',
    ],
    [
      'a standby with the id that another has by its kind',
      {
        'clusters.0.standby': [
          { kind: 'zonefile', file: 'a.zone' },
          { kind: 'zonefile', id: 'zonefile', file: 'b.zone' },
        ],
      },
      'clusters[0].standby[1].id: got "zonefile", as in clusters[0].standby[0].id, want an id that no other standby of this cluster has',
    ],
    [
      'a standby id twice',
      {
        'clusters.0.standby': ['a', 'b'].map((name) => ({ kind: 'zonefile', id: 'shelf', file: `${name}.zone` })),
      },
      'clusters[0].standby[1].id: got "shelf", as in clusters[0].standby[0].id, want',
    ],
    [
      'a token id twice',
      { 'api.tokens': ['a', 'b'].map((digit) => ({ id: 'x', scopes: ['view'], sha256: digit.repeat(64) })) },
      'api.tokens[1].id: got "x", as in api.tokens[0].id, want',
    ],
    [
      'one token twice',
      { 'api.tokens': ['a', 'b'].map((id) => ({ id, scopes: ['view'], sha256: 'a'.repeat(64) })) },
      'as in api.tokens[0].sha256, want the hash of a token that is not in the list yet',
    ],
    [
      'a cluster id twice',
      { clusters: [cluster, { ...cluster, zone: 'other.local' }] },
      'clusters[1].id: got "prod", as in clusters[0].id, want',
    ],
    [
      'a standby zone twice',
      { clusters: [cluster, { ...cluster, id: 'other' }] },
      'clusters[1].standby[0]: got cluster.local. on 192.0.2.53:53, as in clusters[0].standby[0], want',
    ],
    [
      "the cluster's own DNS as standby",
      { 'clusters.0.standby.0.server': '10.0.0.10' },
      "clusters[0].standby[0].server: got 10.0.0.10:53, want a server outside the cluster: this is the cluster's own DNS",
    ],
    [
      "the cluster's own DNS on another port",
      { 'clusters.0.standby.0.server': '10.0.0.10:5353' },
      "this is the cluster's own DNS",
    ],
    [
      "the cluster's own DNS in another spelling",
      { 'clusters.0.standby.0.server': '[FD00:0::A]' },
      "this is the cluster's own DNS",
    ],
    [
      'a zone that can be public',
      { 'clusters.0.standby.0.zone': 'k8s.company.com' },
      'clusters[0].standby[0].zone: got "k8s.company.com.", want a zone that cannot be public',
    ],
    [
      'a cluster zone that can be public',
      { 'clusters.0.zone': 'k8s.company.com' },
      'clusters[0].standby[0].zone: got "k8s.company.com."',
    ],
  ])('refuse %s', (_, changes, expected) => {
    const found = problems(changes);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  it.each([
    [
      'a public zone that is allowed',
      { 'clusters.0.zone': 'k8s.company.com', 'clusters.0.standby.0.allowPublic': true },
    ],
    [
      'two loopback servers on two ports',
      { 'clusters.0.dns.servers': ['127.0.0.1:5301'], 'clusters.0.standby.0.server': '127.0.0.1:5302' },
    ],
    ['two clusters with a zone each', { clusters: [cluster, { ...cluster, id: 'other', zone: 'other.local' }] }],
    [
      'one zone on two servers',
      { 'clusters.0.standby.1': { kind: 'rfc2136', id: 'other', server: '192.0.2.54', tsig } },
    ],
    [
      'a zone file',
      { 'clusters.0.standby.0': { kind: 'zonefile', file: 'standby.zone' }, 'clusters.0.zone': 'k8s.company.com' },
    ],
    [
      'a pager beside a webhook',
      { 'alerts.channels': [hook, { kind: 'pagerduty', id: 'pager', routingKey: { secret: 'PAGER' } }] },
    ],
    ['a webhook whose address is a secret', { 'alerts.channels': [{ ...hook, url: { secret: 'HOOK_URL' } }] }],
    ['a webhook on this machine without TLS', { 'alerts.channels': [{ ...hook, url: 'http://[::1]:8080/' }] }],
  ])('allow %s', (_, changes) => {
    expect(problems(changes)).toEqual([]);
  });
});

it.each([
  ['cluster.local', false],
  ['prod.internal', false],
  ['a.svc', false],
  ['x.home.arpa', false],
  ['x.arpa', true],
  ['local.company.com', true],
  ['dev', true],
])('%s can be public: %s', (zone, expected) => {
  expect(canBePublic(parseName(zone))).toBe(expected);
});
