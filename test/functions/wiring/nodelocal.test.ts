// The Corefile for a node cache: what it must say, what it must never say, and what it refuses to write.
import { expect, it } from 'vitest';
import { parseName } from '../../../functions/records/name.ts';
import { type NodeLocalWiring, wiringNodeLocal } from '../../../functions/wiring/nodelocal.ts';
import { blockOf, directivesOf } from './corefile.ts';

const small: NodeLocalWiring = {
  zone: parseName('cluster.local'),
  kubeDns: [{ host: '10.96.0.11', port: 53 }],
  standby: [{ host: '192.0.2.53', port: 53 }],
};

it('writes the file that was run on CoreDNS 1.15.0', async () => {
  const { text } = wiringNodeLocal({ ...small, bind: ['169.254.20.10', '10.96.0.10'], cacheSeconds: 20 });
  await expect(text).toMatchFileSnapshot('golden/nodelocal.Corefile');
});

it('fails over on failures only, kube-dns first, and keeps no failure', () => {
  const directives = directivesOf(blockOf(wiringNodeLocal(small).text, 'cluster.local:53'));
  expect(directives).toContain('forward . 10.96.0.11:53 192.0.2.53:53 {');
  expect(directives).toEqual(expect.arrayContaining(['policy sequential', 'failover SERVFAIL REFUSED', 'servfail 0s']));
  expect(directives).toContain('health_check 0.5s no_rec domain cluster.local');
});

it('never lets a zone fall through, serves nothing expired, and cannot be halted by loop in the cluster zone', () => {
  const { text } = wiringNodeLocal(small);
  expect(text).not.toMatch(/fallthrough|serve_stale|force_tcp/i);
  expect(directivesOf(blockOf(text, 'cluster.local:53'))).not.toContain('loop');
});

it('asks only kube-dns for reverse names', () => {
  expect(blockOf(wiringNodeLocal(small).text, 'in-addr.arpa:53 ip6.arpa:53')).not.toContain('192.0.2.53');
});

it('keeps denials no longer than answers', () => {
  expect(wiringNodeLocal({ ...small, cacheSeconds: 1 }).text).toContain('denial 9984 1\n');
});

it.each<[string, Partial<NodeLocalWiring>, RegExp]>([
  ['no kube-dns', { kubeDns: [] }, /at least one address of the cluster's DNS/],
  ['kube-dns by name', { kubeDns: [{ host: 'kube-dns', port: 53 }] }, /kube-dns must be an IP address/],
  ['kube-dns as standby', { standby: small.kubeDns }, /10\.96\.0\.11:53 is the cluster's own DNS/],
  ['no standby', { standby: [] }, /got 0/],
  ['an address that ends its line', { bind: ['::1\n'] }, /is not an IP address/],
  [
    'kube-dns where it listens itself',
    { bind: ['169.254.20.10', '10.96.0.11'] },
    /10\.96\.0\.11:53 is where the node cache itself listens.*kube-dns-upstream.*ClusterIP of its own/,
  ],
  ['the same with IPv6', { bind: ['FD00:0::A'], kubeDns: [{ host: 'fd00::a', port: 53 }] }, /\[fd00::a\]:53 is where/],
  ['its own address by default', { kubeDns: [{ host: '169.254.20.10', port: 53 }] }, /169\.254\.20\.10:53 is where/],
  [
    'kube-dns by loopback when it binds everything',
    { bind: ['::'], kubeDns: [{ host: '127.0.0.1', port: 53 }] },
    /comes back/,
  ],
  ['resolvers that are itself', { upstream: ['169.254.20.10'] }, /asked for \. goes to 169\.254\.20\.10 port 53/],
  ['metrics on the port of health', { http: { metrics: '169.254.20.10:8080' } }, /health and prometheus both want/],
])('refuses %s', (_, wrong, message) => {
  expect(() => wiringNodeLocal({ ...small, ...wrong })).toThrow(
    expect.objectContaining({ code: 'input', message: expect.stringMatching(message) }),
  );
});

it('lets kube-dns be on another port of an address that it binds', () => {
  const kubeDns = [{ host: '169.254.20.10', port: 5300 }];
  expect(wiringNodeLocal({ ...small, kubeDns }).text).toContain('forward . 169.254.20.10:5300 192.0.2.53:53 {');
});

it('writes every address as its place wants it, with IPv6 too', () => {
  const { text } = wiringNodeLocal({ ...small, bind: ['fd00::10'], kubeDns: [{ host: 'fd00::a', port: 53 }] });
  expect(text).toContain('    bind fd00::10\n');
  expect(text).toContain('    health [fd00::10]:8080\n');
  expect(text).toContain('forward . [fd00::a]:53 192.0.2.53:53 {');
});

it('says that the file replaces all, and what is to be carried over', () => {
  expect(wiringNodeLocal(small).warnings.join('\n')).toMatch(/stub domains.*must be carried over/);
});

it('warns when silent servers use up the time of a query', () => {
  const kubeDns = [...small.kubeDns, { host: '10.96.0.12', port: 53 }];
  expect(wiringNodeLocal({ ...small, kubeDns }).warnings.join('\n')).toMatch(/3 servers .* gives up after 5 s/);
  expect(wiringNodeLocal(small).warnings.join('\n')).not.toMatch(/gives up after 5 s/);
});
