// The Corefile for a cluster's CoreDNS: what it must say, what it must never say, and what it refuses to write.
import { expect, it } from 'vitest';
import { parseName } from '../../../functions/records/name.ts';
import { type CoreDnsWiring, wiringCoreDns } from '../../../functions/wiring/coredns.ts';
import { blockOf, directivesOf } from './corefile.ts';

const zone = parseName('cluster.local');
const standby = [{ host: '192.0.2.53', port: 53 }];
const small: CoreDnsWiring = { zone, standby };

it('writes the file that was run on CoreDNS 1.15.0', async () => {
  const full: CoreDnsWiring = {
    ...small,
    standby: [...standby, { host: '2001:db8::53', port: 5353 }],
    ttlSeconds: 10,
    tsig: { name: parseName('lifeboat') },
    kubernetesOptions: ['startup_timeout 1s'],
  };
  await expect(wiringCoreDns(full).text).toMatchFileSnapshot('golden/coredns.Corefile');
});

it('never lets a zone fall through', () => {
  const { text } = wiringCoreDns({ ...small, tsig: { name: zone } });
  expect(text).not.toMatch(/fallthrough/i);
  expect(() => wiringCoreDns({ ...small, kubernetesOptions: ['fallthrough cluster.local'] })).toThrow(
    /"fallthrough cluster/,
  );
});

it('fails over on failures only, the cluster first', () => {
  const directives = directivesOf(blockOf(wiringCoreDns(small).text, 'cluster.local:53'));
  expect(directives).toContain('forward . 127.0.0.1:5301 192.0.2.53:53 {');
  expect(directives).toContain('policy sequential');
  expect(directives).toContain('failover SERVFAIL REFUSED');
  expect(directives.filter((line) => /NXDOMAIN|cache/.test(line))).toEqual([]);
});

it('transfers only where the cluster answers alone, and with the key when there is one', () => {
  const { text } = wiringCoreDns({ ...small, tsig: { name: zone, secretsFile: '/keys' } });
  for (const key of ['cluster.local:53', 'in-addr.arpa:53 ip6.arpa:53']) {
    expect(directivesOf(blockOf(text, key))).toContain('block type AXFR IXFR');
  }
  const live = directivesOf(blockOf(text, 'cluster.local:5301 in-addr.arpa:5301 ip6.arpa:5301'));
  expect(live).toEqual(
    expect.arrayContaining(['transfer cluster.local {', 'secrets /keys', 'require AXFR IXFR', 'ready']),
  );
  expect(live.filter((line) => line.startsWith('forward'))).toEqual([]);
});

it('asks the cluster for reverse names, then the resolvers, never the standby', () => {
  const block = blockOf(wiringCoreDns({ ...small, upstream: ['10.0.0.2'] }).text, 'in-addr.arpa:53 ip6.arpa:53');
  expect(directivesOf(block)).toContain('forward . 127.0.0.1:5301 10.0.0.2:53 {');
  expect(block).not.toContain('192.0.2.53');
});

it('can be moved to other addresses and ports', () => {
  const http = { health: '127.0.0.1:1', ready: '127.0.0.1:2', metrics: '127.0.0.1:3' };
  const { text } = wiringCoreDns({ ...small, servePort: 5300, listenPort: 5400, bind: ['127.0.0.7'], http });
  expect(text.match(/^ {4}bind 127\.0\.0\.7$/gm)).toHaveLength(4);
  expect(text).toContain('forward . 127.0.0.7:5400 192.0.2.53:53 {');
  for (const line of ['health 127.0.0.1:1 {', 'ready 127.0.0.1:2', 'prometheus 127.0.0.1:3'])
    expect(text).toContain(`    ${line}\n`);
});

it.each<[string, Partial<CoreDnsWiring>, RegExp]>([
  ['no standby', { standby: [] }, /1 to 4 standby servers, got 0/],
  ['too many standbys', { standby: [1, 2, 3, 4, 5].map((n) => ({ host: `192.0.2.${n}`, port: 53 })) }, /got 5/],
  ['a standby by name', { standby: [{ host: 'ns.example', port: 53 }] }, /ns\.example must be an IP address/],
  ['itself as standby', { standby: [{ host: '127.0.0.1', port: 5301 }] }, /127\.0\.0\.1:5301 is the cluster's own DNS/],
  ['an option that is set already', { kubernetesOptions: ['ttl 5'] }, /"ttl 5" cannot be added/],
  ['an option that ends its block', { kubernetesOptions: ['zonal\n}'] }, /"}" cannot stand in a Corefile/],
  ['a path that ends its line', { tsig: { name: zone, secretsFile: '/a\nerratic' } }, /cannot stand in a Corefile/],
  ['an upstream with a brace', { upstream: ['10.0.0.2{'] }, /"10\.0\.0\.2{" is not an address/],
  ['an upstream file with a brace', { upstream: ['/etc/a{'] }, /is not an address/],
  ['an upstream by name', { upstream: ['resolver.example'] }, /must be an IP address/],
  ['an interface', { bind: ['eth0'] }, /"eth0" is not an IP address/],
  ['an address with a scope', { bind: ['fe80::1%eth0'] }, /has a scope/],
  ['no port for health', { http: { health: 'fd00::10' } }, /needs a port: write \[fd00::10\]:8080/],
  ['a colon too many for health', { http: { health: 'fd00::10:8080' } }, /needs a port/],
  ['equal ports', { servePort: 53, listenPort: 53 }, /cluster\.local on port 53 is defined twice/],
  ['an option that meets a default', { servePort: 5301 }, /in-addr\.arpa on port 5301 is defined twice/],
  ['health where clients ask', { servePort: 8080 }, /DNS and health both want port 8080/],
  ['one port for health and ready', { http: { ready: ':8080' } }, /ready and health both want port 8080/],
  ['one port for metrics and the live block', { listenPort: 9153 }, /DNS and prometheus both want port 9153/],
  [
    'the standby where clients ask',
    { standby: [{ host: '127.0.0.1', port: 53 }] },
    /where this file listens itself, and comes back/,
  ],
  [
    'resolvers that are itself',
    { bind: ['10.0.0.7'], upstream: ['10.0.0.7'] },
    /10\.0\.0\.7 port 53, where this file listens/,
  ],
  ['a standby of no address', { standby: [{ host: '::', port: 53 }] }, /:: is no address of a server/],
  ['the zone in-addr.arpa', { zone: parseName('in-addr.arpa') }, /defined twice/],
])('refuses %s', (_, wrong, message) => {
  expect(() => wiringCoreDns({ ...small, ...wrong })).toThrow(
    expect.objectContaining({ code: 'input', message: expect.stringMatching(message) }),
  );
});

it('writes every address as its place wants it, also with IPv6', () => {
  const http = { health: '[FD00::10]:8080', ready: '[fd00:0::10]:8181', metrics: ':9153' };
  const { text } = wiringCoreDns({
    ...small,
    bind: ['[fd00::0:10]', '10.0.0.7'],
    upstream: ['2001:db8::1', 'tls://[2001:db8::2]', '/etc/resolv.conf'],
    http,
  });
  expect(text).toContain('    bind fd00::10 10.0.0.7\n');
  expect(text).toContain('    health [fd00::10]:8080 {\n');
  expect(text).toContain('    ready [fd00::10]:8181\n');
  expect(text).toContain('forward . [fd00::10]:5301 192.0.2.53:53 {');
  expect(text).toContain('forward . [2001:db8::1]:53 tls://[2001:db8::2]:853 /etc/resolv.conf {');
});

it.each([
  ['0.0.0.0', '127.0.0.1:5301'],
  ['::', '[::1]:5301'],
])('asks itself by loopback when it binds %s', (host, server) => {
  expect(wiringCoreDns({ ...small, bind: [host] }).text).toContain(`forward . ${server} 192.0.2.53:53 {`);
});

it('warns of open transfers, and of more servers than a query has time for', () => {
  const warnings = (more: Partial<CoreDnsWiring>) => wiringCoreDns({ ...small, ...more }).warnings.join('\n');
  expect(warnings({})).toMatch(/Without a TSIG key/);
  expect(warnings({ tsig: { name: zone } })).not.toMatch(/Without a TSIG key/);
  expect(warnings({})).toMatch(/Point dns\.servers of Lifeboat at port 5301/);
  expect(warnings({})).not.toMatch(/gives up after 5 s/);
  expect(warnings({ standby: [1, 2].map((n) => ({ host: `192.0.2.${n}`, port: 53 })) })).toMatch(
    /3 servers .* gives up after 5 s/,
  );
});
