// Reads a Corefile back: which blocks there are, where they listen, where they forward, where their HTTP endpoints are. The syntax is what
// corefile.ts writes, of a line each; it judges nothing.
import { isIpAddress, parseEndpoint } from '../lib/endpoint.ts';
import { messageOf } from '../lib/errors.ts';
import type { Endpoint } from '../lib/network.ts';

export interface Block {
  readonly keys: readonly { readonly zone: string; readonly port: number }[];
  /** Bare addresses; `0.0.0.0` where the block does not say. */
  readonly bind: readonly string[];
  /** Servers by address; files are left out. */
  readonly forward: readonly Endpoint[];
  readonly http: readonly (Endpoint & { readonly what: string })[];
}

/** Plugins with an HTTP endpoint, and where it is when the file does not say. */
const httpDefaults: ReadonlyMap<string, number> = new Map([
  ['health', 8080],
  ['ready', 8181],
  ['prometheus', 9153],
]);
const everywhere = '0.0.0.0';

/** The blocks, and the addresses in them that are none. */
export function readCorefile(text: string): {
  readonly blocks: readonly Block[];
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const guarded = <T>(line: string, read: () => T): readonly T[] => {
    try {
      return [read()];
    } catch (error) {
      problems.push(`"${line}": ${messageOf(error)}`);
      return [];
    }
  };
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  const blocks = lines.flatMap((line, at) => {
    if (line.startsWith(' ') || !line.endsWith(' {')) return [];
    const rest = lines.slice(at + 1);
    const inner = rest.slice(0, rest.indexOf('}')).filter((each) => /^ {4}\S/.test(each) && each.trim() !== '}');
    const directives = inner.map((each) => each.trim().replace(/ \{$/, '').split(' '));
    return [blockOf(line.slice(0, -2).split(' '), directives, guarded)];
  });
  return { blocks, problems };
}

function blockOf(
  keys: readonly string[],
  directives: readonly (readonly string[])[],
  guarded: <T>(line: string, read: () => T) => readonly T[],
): Block {
  const wordsOf = (plugin: string) => directives.filter(([name]) => name === plugin).map((words) => words.slice(1));
  const bind = wordsOf('bind').flatMap((hosts) => hosts.flatMap((host) => guarded(`bind ${host}`, () => bareIp(host))));
  return {
    keys: keys.map((key) => ({
      zone: key.slice(0, key.lastIndexOf(':')),
      port: Number(key.slice(key.lastIndexOf(':') + 1)),
    })),
    bind: bind.length === 0 ? [everywhere] : bind,
    forward: wordsOf('forward').flatMap(([, ...servers]) =>
      servers
        .filter((server) => !server.startsWith('/'))
        .flatMap((server) => guarded(`forward . ${server}`, () => parseEndpoint(server.replace(/^\w+:\/\//, ''), 53))),
    ),
    http: [...httpDefaults].flatMap(([what, port]) =>
      wordsOf(what).flatMap(([address = `:${port}`]) =>
        guarded(`${what} ${address}`, () => ({ what, ...httpOf(address) })),
      ),
    ),
  };
}

function bareIp(host: string): string {
  if (!isIpAddress(host)) throw new Error('not an IP address');
  return parseEndpoint(host, 53).host;
}

/** As Go's net.SplitHostPort reads it: the port after the last colon, brackets around an address with colons. */
function httpOf(address: string): Endpoint {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || (host !== '' && !isIpAddress(host))) throw new Error('not an address with a port');
  return { host: host === '' ? everywhere : parseEndpoint(host, 53).host, port: Number(port) };
}
