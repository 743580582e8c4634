// Readers for the words of a directive or an option: numbers, durations, names, addresses. Each refuses with the line, the word and what is
// allowed.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { rcodes, types } from '../dns/codes.ts';
import { CorefileError, type Directive, type Option } from './corefile.ts';
import { zoneName } from './names.ts';

/** Where something listens or is asked. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Refuses anything but this many words. */
export function expectArgs(option: Option, least: number, most = least): readonly string[] {
  const { name, args, line } = option;
  if (args.length >= least && args.length <= most) return args;
  const allowed = least === most ? String(least) : `${least} to ${most}`;
  throw new CorefileError(line, `"${name}" takes ${allowed} words, got ${args.length}`);
}

/** Its single word. */
export function oneArg(option: Option): string {
  return expectArgs(option, 1)[0] ?? '';
}

export function unknownOption(directive: Directive, option: Option): CorefileError {
  return new CorefileError(option.line, `"${option.name}" in "${directive.name}" is not supported`);
}

/** Refuses a block behind a directive that takes none. */
export function expectNoBlock(directive: Directive): void {
  const [first] = directive.options;
  if (first !== undefined) throw unknownOption(directive, first);
}

export function integer(option: Option, word: string, least: number, most: number): number {
  const value = Number(word);
  if (/^\d+$/.test(word) && value >= least && value <= most) return value;
  throw new CorefileError(option.line, `"${option.name}": "${word}" is not a whole number from ${least} to ${most}`);
}

/** Go's durations: `0.5s`, `1m30s`, `0`. */
export function durationMs(option: Option, word: string, leastMs: number, mostMs: number): number {
  const parts = [...word.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const isWhole = word === '0' || (parts.length > 0 && parts.map(([part]) => part).join('') === word);
  const value = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (unitMs[unit ?? ''] ?? 0), 0);
  if (isWhole && value >= leastMs && value <= mostMs) return value;
  throw new CorefileError(
    option.line,
    `"${option.name}": "${word}" is not a duration from ${leastMs} ms to ${mostMs} ms, such as 500ms or 5s`,
  );
}

/** A zone or name, lower case and absolute. */
export function zone(option: Option, word: string): string {
  try {
    return zoneName(word);
  } catch (error) {
    throw new CorefileError(option.line, `"${option.name}": ${(error as Error).message}`);
  }
}

export function typeNumber(option: Option, word: string): number {
  const number = (types as Readonly<Record<string, number>>)[word];
  if (number !== undefined) return number;
  throw new CorefileError(
    option.line,
    `"${option.name}": query type "${word}" is not known here: ${Object.keys(types).join(' ')}`,
  );
}

export function rcodeNumber(option: Option, word: string): number {
  const number = (rcodes as Readonly<Record<string, number>>)[word.toUpperCase()];
  if (number !== undefined) return number;
  throw new CorefileError(option.line, `"${option.name}": "${word}" is not one of ${Object.keys(rcodes).join(' ')}`);
}

/**
 * `host:port` or `:port` to listen on. Real CoreDNS takes an empty host for every address of the machine; this one is for a lab and listens on
 * loopback only: an empty host is 127.0.0.1, anything else outside loopback is refused.
 */
export function listenAddress(option: Option, word: string): Address {
  const [, host = '', port = ''] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(word) ?? [];
  if (port === '') throw new CorefileError(option.line, `"${option.name}": "${word}" is not host:port`);
  return { host: loopback(option, host === '' ? '127.0.0.1' : host), port: integer(option, port, 1, 65_535) };
}

export function loopback(option: Option, host: string): string {
  if (host === 'localhost') return '127.0.0.1';
  if (/^127(\.\d{1,3}){3}$/.test(host) || host === '::1') return host;
  throw new CorefileError(
    option.line,
    `"${option.name}": ${host} is not a loopback address, and this server listens on no other`,
  );
}

/** An upstream: an address with port 53 unless it names one, or a file like resolv.conf whose nameservers are meant (plugin/pkg/parse/host.go). */
export function upstreams(option: Option, word: string): readonly Address[] {
  const plain = word.replace(/^dns:\/\//, '');
  if (isIP(plain) !== 0) return [{ host: plain, port: 53 }];
  const [, bracketed, bare, port = '53'] = /^(?:\[([^\]]+)\]|([^:/]+))(?::(\d+))?$/.exec(plain) ?? [];
  const host = bracketed ?? bare ?? '';
  if (isIP(host) !== 0) return [{ host, port: integer(option, port, 1, 65_535) }];
  if (plain.includes('://'))
    throw new CorefileError(option.line, `"${option.name}": ${word}: only plain DNS is supported`);
  return nameserversIn(option, plain);
}

function nameserversIn(option: Option, file: string): readonly Address[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CorefileError(
      option.line,
      `"${option.name}": not an IP address or a file that can be read: ${file}: ${(error as Error).message}`,
    );
  }
  const hosts = [...text.matchAll(/^\s*nameserver\s+([^\s%]+)/gm)].map((match) => match[1] ?? '');
  return hosts.filter((host) => isIP(host) !== 0).map((host) => ({ host, port: 53 }));
}

/** `127.0.0.1:53`, `[::1]:53` */
export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
