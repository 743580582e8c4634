// The last look at a generated file, on files that no wiring writes: what each row of its table finds, and what it lets pass.
import { describe, expect, it } from 'vitest';
import { checkedCorefile, checkedResolvConf } from '../../../functions/wiring/self-check.ts';

const block = (keys: string, ...directives: readonly string[]) =>
  `# a comment {\n${keys} {\n${directives.map((line) => `    ${line}\n`).join('')}}\n`;

describe('a Corefile', () => {
  it.each<[string, string]>([
    ['one zone on two addresses', block('a:53', 'bind 127.0.0.1') + block('a:53', 'bind 127.0.0.2')],
    ['one zone on two ports', block('a:53') + block('a:54')],
    ['a block that asks another one, which answers', block('a:53', 'forward . 127.0.0.1:54') + block('a:54')],
    ['a block that asks another host', block('a:53', 'bind 10.0.0.1', 'forward . 10.0.0.2 /etc/resolv.conf')],
    ['metrics twice', block('a:53', 'prometheus :9153') + block('b:53', 'prometheus :9153')],
    ['health and ready of two addresses', block('a:53', 'health 127.0.0.1:1', 'ready 127.0.0.2:1')],
    [
      'a block that asks where only other zones are',
      block('a:53', 'forward . 127.0.0.1:54') + block('b:54', 'forward . 127.0.0.1:53'),
    ],
    [
      'a longer zone in between',
      block('a:53', 'forward . 127.0.0.1:54') + block('.:54', 'forward . 127.0.0.1:53') + block('a:54'),
    ],
  ])('may have %s', (_, text) => expect(checkedCorefile(text)).toBe(text));

  it.each<[string, string, RegExp]>([
    ['one zone twice', block('a:53 b:53') + block('b:53'), /b on port 53 is defined twice/],
    ['one zone twice in a block', block('a:53 a:53'), /a on port 53 is defined twice/],
    ['the same on everything and on one address', block('a:53', 'bind ::') + block('a:53', 'bind 10.0.0.1'), /twice/],
    ['an address with a port too many', block('a:53', 'health fd00::1:8080'), /"health fd00::1:8080": not an address/],
    ['an address in brackets to bind', block('a:53', 'bind [::1]'), /"bind \[::1\]": not an IP address/],
    ['a target that is none', block('a:53', 'forward . 10.0.0.256'), /10\.0\.0\.256/],
    [
      'health without an address on the port of ready',
      block('a:53', 'health', 'ready :8080'),
      /health and ready both want port 8080/,
    ],
    ['health with a block', block('a:8080', 'health {', '    lameduck 5s', '}'), /DNS and health both want port 8080/],
    ['itself as target', block('a:53', 'bind fd00::1', 'forward . [fd00::1]'), /asked for a goes to fd00::1 port 53/],
    ['itself by loopback', block('a:53', 'forward . 10.0.0.9 127.0.0.7'), /asked for a goes to 127\.0\.0\.7 port 53/],
    ['itself by TLS', block('a:853', 'bind 10.0.0.1', 'forward . tls://10.0.0.1:853 {', '}'), /comes back/],
    [
      'itself by way of another block',
      block('a:53', 'forward . 127.0.0.1:54') + block('.:54', 'forward . 127.0.0.1:53'),
      /asked for a goes to 127\.0\.0\.1 port 54/,
    ],
    [
      'itself for a part of its names',
      block('.:53', 'forward . 127.0.0.1:54') + block('a:54', 'forward . 127.0.0.1:53'),
      /back/,
    ],
  ])('may not have %s', (_, text, message) => {
    expect(() => checkedCorefile(text)).toThrow(
      expect.objectContaining({ code: 'input', message: expect.stringMatching(message) }),
    );
  });
});

describe('a resolv.conf', () => {
  it.each<[string, string, RegExp]>([
    ['one server', 'nameserver 10.0.0.1\n', /has 1 nameservers/],
    ['a server twice', 'nameserver ::1\nnameserver ::1\n', /::1 stands there twice/],
    ['a port', 'nameserver 10.0.0.1:53\nnameserver 10.0.0.2\n', /"10\.0\.0\.1:53" is no address/],
    ['brackets', 'nameserver [::1]\nnameserver 10.0.0.2\n', /"\[::1\]" is no address/],
  ])('may not have %s', (_, text, message) => expect(() => checkedResolvConf(text)).toThrow(message));
});
