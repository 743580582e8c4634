// How each target and standby of a cluster can be reached from each platform, and how that is secured. Words and rules; it asks nobody.
import ipaddr from 'ipaddr.js';
import type { ApiServerConfig, ClusterConfig, StandbyConfig } from '../config/schema.ts';
import { securedTransfer } from '../config/sources/axfr.ts';
import { factsOf } from '../config/standby/index.ts';
import { assertNever } from '../lib/assert.ts';
import { formatEndpoint, isIpAddress } from '../lib/endpoint.ts';
import type { Name } from '../records/name.ts';

export type Platform = 'node' | 'worker';

/** After "from". */
export const platformWords: Readonly<Record<Platform, string>> = { node: 'here', worker: 'a Worker' };

export interface Reach {
  /** `the API server 10.0.0.1:6443`, `CoreDNS 10.0.0.10:53`, `the standby on 192.0.2.53:53`. */
  readonly target: string;
  readonly platform: Platform;
  readonly how: string;
  readonly secured: string;
  /** Why it cannot work from there, and what to do; absent: nothing is known against it. */
  readonly problem?: string;
  /** What is not as safe as it could be. */
  readonly warning?: string;
}

/**
 * | from   | to                          | how                                                                                        |
 * |--------|-----------------------------|--------------------------------------------------------------------------------------------|
 * | node   | anything                    | directly, where the process has a route                                                    |
 * | worker | a target of inside vantages only | through those vantages                                                                |
 * | worker | a public address, a host name | directly, over TCP; Cloudflare's own addresses and port 25 are closed to it              |
 * | worker | anything but a standby, with `vpc` | through the VPC network                                                              |
 * | worker | a private address           | not at all, unless a vantage inside looks at it                                            |
 * | worker | a zone file                 | not at all: a Worker has no files                                                          |
 */
export function reachOf(cluster: ClusterConfig): readonly Reach[] {
  const { apiServer, dns, standby, vpc } = cluster;
  const tunnel = vpc === undefined ? {} : { vpc };
  const url = new URL(apiServer.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const api = {
    target: `the API server ${url.host}`,
    host,
    port: Number(url.port || 443),
    ...tunnel,
    ...securedApi(apiServer),
    ...lookersOf(cluster, 'apiserver'),
  };
  const servers = dns.servers.map((server) => ({
    target: `CoreDNS ${formatEndpoint(server)}`,
    ...server,
    ...tunnel,
    ...securedTransfer(dns),
    ...lookersOf(cluster, 'dns'),
  }));
  return [
    ...[api, ...servers].flatMap((place) => [fromNode(place), fromWorker(place)]),
    ...standby.flatMap((one) => standbyReach(one, cluster.zone)),
  ];
}

interface Place {
  readonly target: string;
  readonly host: string;
  readonly port: number;
  readonly secured: string;
  readonly warning?: string;
  readonly vpc?: string;
  /** Ids of the vantages inside that look at it. */
  readonly inside: readonly string[];
  /** Ids of the Worker's own that do. */
  readonly edge: readonly string[];
}

function lookersOf({ vantages }: ClusterConfig, kind: 'apiserver' | 'dns'): Pick<Place, 'inside' | 'edge'> {
  const looking = vantages.filter(({ targets }) => targets.includes(kind));
  const idsOf = (wanted: 'inside' | 'edge') => looking.filter((one) => one.kind === wanted).map(({ id }) => id);
  return { inside: idsOf('inside'), edge: idsOf('edge') };
}

function fromNode({ target, secured, warning }: Place): Reach {
  const how = 'directly, where the process has a route';
  return { target, platform: 'node', how, secured, ...(warning === undefined ? {} : { warning }) };
}

function fromWorker({ target, host, port, secured, warning, vpc, inside, edge }: Place): Reach {
  const base = { target, platform: 'worker', secured, ...(warning === undefined ? {} : { warning }) } as const;
  const through = inside.length === 0 ? '' : `through ${inside.join(' and ')} inside, whose observations are signed`;
  if (edge.length === 0) return { ...base, how: through };
  const closed = vpc === undefined ? closedToWorkers(host, port) : undefined;
  if (closed === undefined)
    return {
      ...base,
      how: [vpc === undefined ? 'directly, over TCP' : `through the VPC network ${vpc}`, through]
        .filter(Boolean)
        .join(', and '),
    };
  const problem = `${edge.join(' and ')} cannot reach it: ${closed}. Take it out of their targets and run "lifeboat vantage" inside, or give it a public address (docs/reach.md)`;
  return { ...base, how: through === '' ? 'not at all' : through, problem };
}

/** Why sockets of Workers do not go there; undefined: they do. */
export function closedToWorkers(host: string, port: number): string | undefined {
  if (port === 25) return 'port 25 is closed to Workers';
  if (host === 'localhost') return 'it is the machine itself';
  if (!isIpAddress(host)) return undefined;
  const range = ipaddr.process(host).range();
  return range === 'unicast'
    ? undefined
    : `${host} is ${range === 'private' || range === 'uniqueLocal' ? 'a private' : `a ${range}`} address`;
}

function securedApi({ ca, identity }: ApiServerConfig): Pick<Place, 'secured'> {
  const verified = ca === undefined ? "the platform's roots" : 'its own CA alone';
  const who = { certificate: 'a client certificate', token: 'a bearer token', exec: 'a token from a command' }[
    identity.kind
  ];
  return { secured: `TLS, verified against ${verified}; ${who}` };
}

function standbyReach(standby: StandbyConfig, clusterZone: Name): readonly Reach[] {
  const { place, secured } = factsOf(standby, clusterZone);
  switch (place.kind) {
    case 'server': {
      const { server } = place;
      const target = `the standby on ${formatEndpoint(server)}`;
      const from = { target, ...server, secured, inside: [], edge: [] };
      const closed = closedToWorkers(server.host, server.port);
      const worker = { target, platform: 'worker', how: 'directly, over TCP', secured } as const;
      if (closed === undefined) return [fromNode(from), worker];
      const problem = `the Worker cannot publish there: ${closed}. A standby must not share the fate of the network that is watched: give it a public address`;
      return [fromNode(from), { ...worker, how: 'not at all', problem }];
    }
    case 'file': {
      const target = `the standby in ${place.file}`;
      const problem = 'a Worker has no files: give it a standby of another kind';
      return [
        { target, platform: 'node', how: 'a file of the machine', secured },
        { target, platform: 'worker', how: 'not at all', secured, problem },
      ];
    }
    default:
      return assertNever(place, 'place of a standby');
  }
}
