// The Corefile of a node cache (NodeLocal DNSCache) that asks the standby when the cluster's DNS fails it. Needs a node cache that is built
// on CoreDNS 1.13.0 (version.ts). It caches no failure and serves nothing that has expired.

import { formatEndpoint } from '../lib/endpoint.ts';
import { LifeboatError } from '../lib/errors.ts';
import type { Endpoint } from '../lib/network.ts';
import type { Name } from '../records/name.ts';
import { bindWord, httpWord, serverWord, upstreamWord } from './address.ts';
import { type Directive, renderCorefile, reverseZones, type ServerBlock, serverKey, zoneWord } from './corefile.ts';
import { failoverDirective, failoverWarnings } from './failover.ts';
import type { Wiring } from './wiring.ts';

export interface NodeLocalWiring {
  readonly zone: Name;
  /** The cluster's DNS as the node cache reaches it: the address of the Service `kube-dns-upstream`, or of the replicas; never one of `bind`. */
  readonly kubeDns: readonly Endpoint[];
  /** Authoritative servers of a zone of the same name, asked in this order; IP addresses. */
  readonly standby: readonly Endpoint[];
  /** Where the cache listens; default 169.254.20.10. With kube-proxy in iptables mode add the address of the Service `kube-dns`. */
  readonly bind?: readonly string[];
  /** Default 53. */
  readonly servePort?: number;
  /** Longest time in the cache; default 30. */
  readonly cacheSeconds?: number;
  /** Where everything else goes; default `/etc/resolv.conf`. */
  readonly upstream?: readonly string[];
  /** Addresses of the HTTP endpoints; the defaults are those of the usual DaemonSet. */
  readonly http?: { readonly health?: string; readonly metrics?: string };
}

const head = [
  'Written by "lifeboat wiring nodelocal". Needs a node cache built on CoreDNS 1.13.0 or newer (failover in the forward plugin).',
  'The cluster answers as before; only SERVFAIL, REFUSED or silence reach the standby. NXDOMAIN is an answer.',
];

const defaultBind = '169.254.20.10';
const defaultPort = 53;
const healthPort = 8080;
const cacheEntries = 9984;
const denialSeconds = 5;

/** The whole Corefile. Errors: `input` for servers that are no IP addresses, none or too many, and for a file that contradicts itself. */
export function wiringNodeLocal(input: NodeLocalWiring): Wiring {
  const kubeDns = input.kubeDns.map(serverWord);
  if (kubeDns.length === 0)
    throw new LifeboatError('input', "a node cache needs at least one address of the cluster's DNS");
  refuseOwnAddress(input);
  const warnings = [
    'A silent kube-dns costs the first queries 2 s each, until two health checks in a row have failed (about 4 s); one that refuses costs nothing to speak of.',
    'kube-dns is asked over UDP here, where the usual node cache forces TCP: over TCP a kube-dns whose node is gone could hold up a query for 30 s, longer than any client waits.',
    'Deploy it on every node, and keep its image on the nodes: a node cache cannot be scheduled or pulled while the control plane is down.',
    'It replaces the whole Corefile of the node cache. Blocks of yours that are not in it (stub domains, other zones, a hosts file) must be carried over, each with the same bind line; the cluster zone, in-addr.arpa, ip6.arpa and everything else (.) are here.',
    'With the "coredns" wiring in place as well, point kubeDns at its usual port; the two do not get in each other\'s way.',
    ...failoverWarnings(kubeDns.length + input.standby.length),
  ];
  return { text: renderCorefile(head, [zoneBlock(input), reverseBlock(input), restBlock(input)]), warnings };
}

/**
 * The cache binds the address of the Service `kube-dns` beside its own (kube-proxy in iptables mode), so that pods reach it there. Asked there
 * for the cluster's DNS it would ask itself.
 */
function refuseOwnAddress({ kubeDns, bind, servePort = defaultPort }: NodeLocalWiring): void {
  const listening = new Set((bind ?? [defaultBind]).map((host) => serverWordOf(host, servePort)));
  const own = kubeDns.map(serverWord).find((server) => listening.has(server));
  if (own === undefined) return;
  throw new LifeboatError(
    'input',
    `${own} is where the node cache itself listens, so it would ask itself without end: name the Service kube-dns-upstream as kube-dns. It selects the same pods (k8s-app: kube-dns) under a ClusterIP of its own, and comes with the usual nodelocaldns.yaml: kubectl -n kube-system get service kube-dns-upstream`,
  );
}

function serverWordOf(host: string, port: number): string {
  return formatEndpoint({ host: bindWord(host), port });
}

/** No `loop` here: it halts the process, which must not happen for the cluster zone in an outage. */
function zoneBlock(input: NodeLocalWiring): ServerBlock {
  const { http } = input;
  const health = http?.health ?? serverWordOf(input.bind?.[0] ?? defaultBind, healthPort);
  return {
    comment: ['The cluster zone: from the cache, from the cluster, and from the standby when the cluster fails.'],
    keys: [serverKey(zoneWord(input.zone), input.servePort ?? defaultPort)],
    directives: [
      ...common(input),
      `health ${httpWord(health)}`,
      'reload',
      cache(input),
      failoverDirective(input.zone, input.kubeDns, input.standby),
    ],
  };
}

function reverseBlock(input: NodeLocalWiring): ServerBlock {
  return {
    comment: ['Addresses to names, as before: the standby holds none of these.'],
    keys: reverseZones.map((zone) => serverKey(zone, input.servePort ?? defaultPort)),
    directives: [...common(input), cache(input), `forward . ${input.kubeDns.map(serverWord).join(' ')}`],
  };
}

function restBlock(input: NodeLocalWiring): ServerBlock {
  const upstream = (input.upstream ?? ['/etc/resolv.conf']).map(upstreamWord);
  return {
    comment: ['Everything else, as before.'],
    keys: [serverKey('.', input.servePort ?? defaultPort)],
    directives: [...common(input), 'loop', 'cache 30', `forward . ${upstream.join(' ')}`],
  };
}

/** `servfail 0`: a cached failure would outlive it by 5 s. Without `serve_stale`: an expired answer may be a deleted name's. */
function cache(input: NodeLocalWiring): Directive {
  const seconds = input.cacheSeconds ?? 30;
  return [
    'cache',
    [`success ${cacheEntries} ${seconds}`, `denial ${cacheEntries} ${Math.min(denialSeconds, seconds)}`, 'servfail 0s'],
  ];
}

function common(input: NodeLocalWiring): readonly string[] {
  const bind = (input.bind ?? [defaultBind]).map(bindWord);
  return [`bind ${bind.join(' ')}`, 'errors', `prometheus ${httpWord(input.http?.metrics ?? ':9253')}`];
}
