// Endpoints as text: `10.0.0.10:53`, `[2001:db8::53]:53`, `dns.example:853`. No domain words.

import ipaddr from 'ipaddr.js';
import { cut } from './clip.ts';
import { LifeboatError } from './errors.ts';
import type { Endpoint } from './network.ts';

const hostPattern = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*\.?$/i;

/** True for an IPv4 address in four decimal parts or an IPv6 address, without brackets. */
export function isIpAddress(host: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(host) || ipaddr.IPv6.isValid(host);
}

/** True for 127.0.0.0/8, ::1 and `localhost`. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  return isIpAddress(host) && ipaddr.process(host).range() === 'loopback';
}

/**
 * Reads `host`, `host:port`, `[v6]:port`, `[v6]` or a bare IPv6 address. Addresses come out in their shortest form (RFC 5952).
 * Errors (`input`) name the text and what is wanted.
 */
export function parseEndpoint(text: string, defaultPort: number): Endpoint {
  const wrong = (why: string) =>
    new LifeboatError('input', `"${cut(text, 80)}" is not an address with an optional port: ${why}`);
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text);
  if (bracketed !== null) {
    const [, host = '', port] = bracketed;
    if (!ipaddr.IPv6.isValid(host)) throw wrong('the brackets do not hold an IPv6 address');
    return { host: canonicalHost(host), port: readPort(port, defaultPort, wrong) };
  }
  if (ipaddr.IPv6.isValid(text)) return { host: canonicalHost(text), port: defaultPort };
  const [, host = '', port] = /^([^:]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const numbersOnly = /^[\d.]+$/.test(host);
  if (numbersOnly ? !isIpAddress(host) : !hostPattern.test(host) || host.length > 253) {
    throw wrong('neither an IP address nor a host name');
  }
  return { host: canonicalHost(host), port: readPort(port, defaultPort, wrong) };
}

/** `10.0.0.10:53`, `[2001:db8::53]:53`: the inverse of parseEndpoint, always with the port. */
export function formatEndpoint(endpoint: Endpoint): string {
  const { host, port } = endpoint;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function canonicalHost(host: string): string {
  return ipaddr.IPv6.isValid(host) ? ipaddr.IPv6.parse(host).toRFC5952String() : host.toLowerCase();
}

function readPort(text: string | undefined, defaultPort: number, wrong: (why: string) => LifeboatError): number {
  if (text === undefined) return defaultPort;
  const port = Number(text);
  if (port < 1 || port > 65_535) throw wrong(`port ${text} is not from 1 to 65535`);
  return port;
}
