// Addresses as the generated files write them, each form in one place: bare for `bind` and resolv.conf, with brackets and a port everywhere
// else (RFC 3986 section 3.2.2; `health fd00::10:8080` keeps CoreDNS from starting). It knows no plugin.
import ipaddr from 'ipaddr.js';
import { formatEndpoint, isIpAddress, parseEndpoint } from '../lib/endpoint.ts';
import { LifeboatError } from '../lib/errors.ts';
import type { Endpoint } from '../lib/network.ts';

const dnsPort = 53;
const dnsOverTlsPort = 853;
/** Stands for a port that was not given. */
const noPort = 0;

/** `10.0.0.10:53`, `[fd00::10]:53`. A host name is refused: looking it up would need the DNS that this file makes. */
export function serverWord({ host, port }: Endpoint): string {
  return formatEndpoint({ host: serverAddress(host), port });
}

/** The address of a server, bare and in its shortest form. */
export function serverAddress(host: string): string {
  if (!isIpAddress(host)) {
    throw wrong(`the server ${host.slice(0, 80)} must be an IP address: a name could not be looked up in an outage`);
  }
  const address = bareAddress(host);
  if (isUnspecified(address)) throw wrong(`${address} is no address of a server`);
  return address;
}

/** An address to listen on, bare, as the `bind` plugin wants it: `10.0.0.10`, `fd00::10`. Brackets are taken off. */
export function bindWord(text: string): string {
  const host = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (!isIpAddress(host)) {
    throw wrong(`the address to listen on "${text.slice(0, 80)}" is not an IP address without a port`);
  }
  return bareAddress(host);
}

/** Where an HTTP endpoint listens: `:8080`, `10.0.0.10:8080`, `[fd00::10]:8080`. */
export function httpWord(text: string): string {
  const everywhere = /^:(\d{1,5})$/.exec(text)?.[1];
  const { host, port } = parseEndpoint(everywhere === undefined ? text : `0.0.0.0:${everywhere}`, noPort);
  if (port === noPort) {
    throw wrong(`the address "${text.slice(0, 80)}" needs a port: write ${formatEndpoint({ host, port: 8080 })}`);
  }
  if (everywhere !== undefined) return `:${port}`;
  if (!isIpAddress(host)) throw wrong(`the address "${text.slice(0, 80)}" must be an IP address with a port, or :PORT`);
  return formatEndpoint({ host: bareAddress(host), port });
}

/** Where names outside the cluster go: a file such as `/etc/resolv.conf`, or a server, over TLS with `tls://` before it. */
export function upstreamWord(text: string): string {
  if (/^\/[^\s{}"#`$]+$/.test(text)) return text;
  const [, scheme = '', rest = ''] = /^((?:tls|dns):\/\/)?(.*)$/.exec(text) ?? [];
  return `${scheme}${serverWord(parseEndpoint(rest, scheme === 'tls://' ? dnsOverTlsPort : dnsPort))}`;
}

/** 0.0.0.0 and ::, which listen on every address of the host. */
export function isUnspecified(host: string): boolean {
  return ipaddr.process(host).range() === 'unspecified';
}

function bareAddress(host: string): string {
  if (host.includes('%')) throw wrong(`the address ${host.slice(0, 80)} has a scope, which CoreDNS does not take`);
  return ipaddr.IPv6.isValid(host) ? ipaddr.IPv6.parse(host).toRFC5952String() : host;
}

function wrong(message: string): LifeboatError {
  return new LifeboatError('input', message);
}
