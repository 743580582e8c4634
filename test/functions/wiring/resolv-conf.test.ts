// The resolv.conf: what resolvers can read, and the warnings that must go with it.
import { expect, it } from 'vitest';
import { parseName } from '../../../functions/records/name.ts';
import { type ResolvConfWiring, wiringResolvConf } from '../../../functions/wiring/resolv-conf.ts';

const small: ResolvConfWiring = {
  zone: parseName('cluster.local'),
  kubeDns: [{ host: '10.96.0.10', port: 53 }],
  standby: [{ host: '192.0.2.53', port: 53 }],
};

it('writes the file', async () => {
  await expect(wiringResolvConf({ ...small, namespace: 'shop' }).text).toMatchFileSnapshot('golden/resolv.conf');
});

it('puts the standby last and never rotates', () => {
  const { text } = wiringResolvConf(small);
  expect(text.match(/^nameserver .*$/gm)).toEqual(['nameserver 10.96.0.10', 'nameserver 192.0.2.53']);
  expect(text.match(/^options .*$/gm)).toEqual(['options ndots:5 timeout:1 attempts:2']);
});

it('writes IPv6 addresses bare', () => {
  const { text } = wiringResolvConf({ ...small, standby: [{ host: '2001:DB8:0::53', port: 53 }] });
  expect(text).toContain('nameserver 2001:db8::53\n');
});

it('warns of musl', () => {
  expect(wiringResolvConf(small).warnings[0]).toMatch(/musl .* asks all nameservers at once/);
});

it.each<[string, Partial<ResolvConfWiring>, RegExp]>([
  ['another port', { standby: [{ host: '192.0.2.53', port: 5353 }] }, /192\.0\.2\.53 is on port 5353/],
  ['a name', { standby: [{ host: 'ns.example', port: 53 }] }, /ns\.example must be an IP address/],
  ['four servers', { standby: [1, 2, 3].map((n) => ({ host: `192.0.2.${n}`, port: 53 })) }, /3 nameservers, got 4/],
  ["the cluster's DNS as standby", { standby: small.kubeDns }, /10\.96\.0\.10 stands there twice/],
  ['an address with a scope', { standby: [{ host: 'fe80::1%eth0', port: 53 }] }, /has a scope/],
  ['no standby', { standby: [] }, /needs the cluster's DNS and a standby/],
  ['a namespace that is none', { namespace: 'a b' }, /"a b" is not the name of a namespace/],
])('refuses %s', (_, wrong, message) => {
  expect(() => wiringResolvConf({ ...small, ...wrong })).toThrow(
    expect.objectContaining({ code: 'input', message: expect.stringMatching(message) }),
  );
});
