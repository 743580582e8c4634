import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEndpoint, isIpAddress, isLoopback, parseEndpoint } from '../../../functions/lib/endpoint.ts';

describe('parseEndpoint', () => {
  it.each([
    ['10.0.0.10', '10.0.0.10', 53],
    ['10.0.0.10:5301', '10.0.0.10', 5301],
    ['::1', '::1', 53],
    ['[::1]', '::1', 53],
    ['[2001:DB8:0::53]:8053', '2001:db8::53', 8053],
    ['NS1.Example', 'ns1.example', 53],
    ['ns1.example:65535', 'ns1.example', 65_535],
  ])('%s', (text, host, port) => {
    expect(parseEndpoint(text, 53)).toEqual({ host, port });
  });

  it.each([
    ['', /neither an IP address nor a host name/],
    [':53', /neither/],
    ['10.0.0.256', /neither/],
    ['10.0.0', /neither/],
    ['10.0.0.1:0', /port 0 is not from 1 to 65535/],
    ['10.0.0.1:65536', /port 65536/],
    ['10.0.0.1:', /neither/],
    ['[10.0.0.1]:53', /brackets do not hold an IPv6 address/],
    ['[::1', /neither/],
    ['a b', /neither/],
    ['https://x', /neither/],
    ['-a.example', /neither/],
    [`${'a'.repeat(254)}`, /neither/],
  ])('refuses %j', (text, message) => {
    expect(() => parseEndpoint(text, 53)).toThrow(
      expect.objectContaining({ code: 'input', message: expect.stringMatching(message) }),
    );
  });

  it('reads what formatEndpoint writes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        const once = parseEndpoint(formatEndpoint({ host, port }), 1);
        expect(parseEndpoint(formatEndpoint(once), 1)).toEqual(once);
        expect(once.port).toBe(port);
        expect(isIpAddress(once.host)).toBe(true);
      }),
    );
  });
});

it('gives an IPv6 address brackets', () => {
  expect(formatEndpoint({ host: 'fd00::a', port: 53 })).toBe('[fd00::a]:53');
  expect(formatEndpoint({ host: '10.0.0.1', port: 53 })).toBe('10.0.0.1:53');
});

it.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['10.0.0.1', false],
  ['localhost.example', false],
])('%s is loopback: %s', (host, expected) => expect(isLoopback(host)).toBe(expected));
