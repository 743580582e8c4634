// Reads a generated file as the program that it is for will read it, and says where it contradicts itself. Pure. It makes no file and knows
// no wiring: every wiring's text goes through it before anybody sees it.
//
// | what                                                             | why                                                              |
// |------------------------------------------------------------------|------------------------------------------------------------------|
// | an address that is none                                          | CoreDNS does not start: `too many colons in address`             |
// | two blocks for one zone on one address and port                  | CoreDNS does not start: `already defined`                        |
// | a port that DNS, health, ready and metrics share                 | `address already in use`, or each gets some of the questions     |
// | a block that forwards to itself, also by way of others           | one question becomes thousands                                   |
// | resolv.conf: a server twice, more than three, none               | the standby is never asked, or fails together with the cluster   |
import { isIpAddress, isLoopback, parseEndpoint } from '../lib/endpoint.ts';
import { LifeboatError } from '../lib/errors.ts';
import type { Endpoint } from '../lib/network.ts';
import { isUnspecified } from './address.ts';
import { type Block, readCorefile } from './corefile-reader.ts';

/** The text, when nothing is wrong with it. Errors: `input`, with all that is wrong. */
export function checkedCorefile(text: string): string {
  return checked(text, 'Corefile', corefileProblems(text));
}

/** As `checkedCorefile`. */
export function checkedResolvConf(text: string): string {
  return checked(text, 'resolv.conf', resolvConfProblems(text));
}

function checked(text: string, what: string, problems: readonly string[]): string {
  if (problems.length === 0) return text;
  throw new LifeboatError('input', `this ${what} would contradict itself: ${[...new Set(problems)].join('; ')}`);
}

function corefileProblems(text: string): readonly string[] {
  const { blocks, problems } = readCorefile(text);
  return problems.length > 0 ? problems : [...definedTwice(blocks), ...sharedPorts(blocks), ...loops(blocks)];
}

/** Does listening on one address take the other? 0.0.0.0 and :: take everything, IPv4 included. */
function overlap(one: string, other: string): boolean {
  return one === other || isUnspecified(one) || isUnspecified(other);
}

function definedTwice(blocks: readonly Block[]): readonly string[] {
  const places = blocks.flatMap(({ keys, bind }) => keys.flatMap((key) => bind.map((host) => ({ ...key, host }))));
  return places.flatMap((place, i) =>
    places
      .slice(0, i)
      .filter(({ zone, port, host }) => zone === place.zone && port === place.port && overlap(host, place.host))
      .map(() => `${place.zone} on port ${place.port} is defined twice`),
  );
}

function sharedPorts(blocks: readonly Block[]): readonly string[] {
  const dns = blocks.flatMap(({ keys, bind }) =>
    keys.flatMap(({ port }) => bind.map((host) => ({ what: 'DNS', host, port }))),
  );
  const all = [...dns, ...blocks.flatMap(({ http }) => http)];
  return all.flatMap((one, i) =>
    all
      .slice(0, i)
      .filter((other) => other.what !== one.what && other.port === one.port && overlap(other.host, one.host))
      .map((other) => `${other.what} and ${one.what} both want port ${one.port}`),
  );
}

/** A question that comes back to its block: over loopback, or to an address that the file itself listens on. */
function loops(blocks: readonly Block[]): readonly string[] {
  const problems: string[] = [];
  const walk = (path: readonly Block[], names: string, via: string): void => {
    for (const target of path.at(-1)?.forward ?? []) {
      const where = via === '' ? `${target.host} port ${target.port}` : via;
      for (const [next, part] of takersOf(blocks, target, names)) {
        if (next === path[0])
          problems.push(`what is asked for ${names} goes to ${where}, where this file listens itself, and comes back`);
        else if (!path.includes(next)) walk([...path, next], part, where);
      }
    }
  };
  for (const block of blocks) for (const { zone } of block.keys) walk([block], zone, '');
  return problems;
}

/** The blocks that get questions for these names when they are sent there: that of the longest zone, and of zones below for their part. */
function takersOf(blocks: readonly Block[], target: Endpoint, names: string): readonly (readonly [Block, string])[] {
  const there = blocks
    .filter(({ bind }) => bind.some((host) => isThere(host, target.host)))
    .flatMap((block) =>
      block.keys.filter(({ port }) => port === target.port).map(({ zone }) => [block, zone] as const),
    );
  const longest = Math.max(...there.filter(([, zone]) => isBelow(names, zone)).map(([, zone]) => lengthOf(zone)));
  return there.flatMap(([block, zone]) => {
    if (isBelow(names, zone)) return lengthOf(zone) === longest ? [[block, names] as const] : [];
    return isBelow(zone, names) ? [[block, zone] as const] : [];
  });
}

function lengthOf(zone: string): number {
  return zone === '.' ? 0 : zone.length;
}

/** What listens on every address is known to be reached by loopback only: the host's other addresses are not in the file. */
function isThere(listening: string, asked: string): boolean {
  return listening === asked || (isUnspecified(listening) && isLoopback(asked));
}

function isBelow(name: string, zone: string): boolean {
  return zone === '.' || name === zone || name.endsWith(`.${zone}`);
}

/** MAXNS in resolv.h. */
const mostServers = 3;

function resolvConfProblems(text: string): readonly string[] {
  const servers = [...text.matchAll(/^nameserver (.*)$/gm)].map(([, server = '']) => server);
  const isOne = (server: string) => isIpAddress(server) && parseEndpoint(server, 53).host === server;
  return [
    ...servers.filter((server) => !isOne(server)).map((server) => `"${server}" is no address of a nameserver`),
    ...servers
      .filter((server, i) => servers.indexOf(server) !== i)
      .map((server) => `${server} stands there twice: the standby must not be the cluster's own DNS`),
    ...(servers.length < 2 || servers.length > mostServers ? [`it has ${servers.length} nameservers, not 2 or 3`] : []),
  ];
}
