import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../functions/config/parse.ts';
import { type Reach, reachOf } from '../../../functions/deployment/reach.ts';
import { configWith } from '../config/example.ts';

function reach(changes: Readonly<Record<string, unknown>>): readonly Reach[] {
  const parsed = parseConfig(configWith(changes));
  const cluster = parsed.status === 'ok' ? parsed.config.clusters[0] : undefined;
  if (cluster === undefined) throw new Error(JSON.stringify(parsed));
  return reachOf(cluster);
}

const find = (all: readonly Reach[], target: RegExp, platform: string) =>
  all.find((one) => target.test(one.target) && one.platform === platform);
const key = 'k'.repeat(43);

describe('reach', () => {
  it('says of each target and platform how and how secured', () => {
    const all = reach({});
    expect(all.map(({ target, platform }) => `${target} ${platform}`)).toEqual([
      'the API server 10.0.0.1:6443 node',
      'the API server 10.0.0.1:6443 worker',
      'CoreDNS 10.0.0.10:53 node',
      'CoreDNS 10.0.0.10:53 worker',
      'CoreDNS [fd00::a]:5301 node',
      'CoreDNS [fd00::a]:5301 worker',
      'the standby on 192.0.2.53:53 node',
      'the standby on 192.0.2.53:53 worker',
    ]);
    for (const { how, secured } of all) expect([how, secured]).not.toContain('');
    expect(find(all, /API/, 'node')).toMatchObject({
      secured: 'TLS, verified against its own CA alone; a client certificate',
    });
  });

  it.each([
    '10.0.0.1',
    '172.16.1.1',
    '192.168.0.1',
    '127.0.0.1',
    '100.64.0.1',
    '169.254.0.1',
    'localhost',
    '[::1]',
    '[fd00::1]',
  ])('knows that a Worker does not get to %s', (host) => {
    const seen = find(reach({ 'clusters.0.apiServer.url': `https://${host}:6443` }), /API/, 'worker');
    expect(seen?.how).toBe('not at all');
    expect(seen?.problem).toMatch(/edge cannot reach it: .*lifeboat vantage/);
  });

  it.each(['8.8.8.8', 'api.example', '[2a00:1450::1]'])('knows that it gets to %s', (host) => {
    const seen = find(reach({ 'clusters.0.apiServer.url': `https://${host}:6443` }), /API/, 'worker');
    expect(seen).toMatchObject({ how: 'directly, over TCP' });
    expect(seen?.problem).toBeUndefined();
  });

  it('goes through a vantage inside where one looks', () => {
    const inside = { kind: 'inside', id: 'rack', group: 'dc', publicKey: key, targets: ['dns'] };
    const edge = { kind: 'edge', id: 'edge', targets: ['apiserver'] };
    const changes = { 'clusters.0.vantages': [inside, edge], 'clusters.0.apiServer.url': 'https://api.example' };
    const dns = find(reach(changes), /CoreDNS 10/, 'worker');
    expect(dns?.how).toBe('through rack inside, whose observations are signed');
    expect(dns?.problem).toBeUndefined();
    const all = reach({ ...changes, 'clusters.0.vantages': [{ ...inside, targets: ['apiserver', 'dns'] }, edge] });
    expect(find(all, /API/, 'worker')?.how).toMatch(/^directly, over TCP, and through rack/);
  });

  it('warns of transfers without a key, and knows that a Worker has no files', () => {
    expect(find(reach({ 'clusters.0.dns.tsig': undefined }), /CoreDNS 10/, 'node')?.warning).toMatch(
      /forge a transfer/,
    );
    const all = reach({ 'clusters.0.standby': [{ kind: 'zonefile', file: 'a.zone' }] });
    expect(find(all, /a\.zone/, 'worker')?.problem).toMatch(/no files/);
    expect(find(all, /a\.zone/, 'node')?.problem).toBeUndefined();
  });
});
