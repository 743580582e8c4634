// The Corefile of a cluster's CoreDNS that asks the standby when its own `kubernetes` plugin fails. Needs CoreDNS 1.13.0 (version.ts).
// It never lets the cluster zone fall through: in peace that would answer deleted and unready names from the standby.

import { LifeboatError } from '../lib/errors.ts';
import type { Endpoint } from '../lib/network.ts';
import type { Name } from '../records/name.ts';
import { bindWord, httpWord, isUnspecified, serverWord, upstreamWord } from './address.ts';
import { plainWord, renderCorefile, reverseZones, type ServerBlock, serverKey, zoneWord } from './corefile.ts';
import { failoverDirective, failoverWarnings } from './failover.ts';
import type { Wiring } from './wiring.ts';

export interface CoreDnsWiring {
  readonly zone: Name;
  /** Authoritative servers of a zone of the same name, asked in this order; IP addresses. */
  readonly standby: readonly Endpoint[];
  /** The `ttl` of the `kubernetes` plugin; default 30. */
  readonly ttlSeconds?: number;
  /** Where clients ask; default 53. */
  readonly servePort?: number;
  /** Where only the cluster answers: for the failover itself, for transfers and for Lifeboat's probes; default 5301. */
  readonly listenPort?: number;
  /** Requires this key for transfers; `secretsFile` is where the Secret is mounted, default `/etc/coredns-tsig/keys`. */
  readonly tsig?: { readonly name: Name; readonly secretsFile?: string };
  /** Addresses to listen on; default all of the pod's. */
  readonly bind?: readonly string[];
  /** More options for the `kubernetes` plugin, one line each; `pods`, `ttl` and `fallthrough` are not for the taking. */
  readonly kubernetesOptions?: readonly string[];
  /** Where everything else goes; default `/etc/resolv.conf`. */
  readonly upstream?: readonly string[];
  /** Addresses of the HTTP endpoints; the defaults are those of the usual Deployment. */
  readonly http?: { readonly health?: string; readonly ready?: string; readonly metrics?: string };
}

const head = [
  'Written by "lifeboat wiring coredns". Needs CoreDNS 1.13.0 or newer (failover in the forward plugin).',
  'The cluster answers as before; only SERVFAIL, REFUSED or silence reach the standby. NXDOMAIN is an answer.',
];

/** The whole Corefile. Errors: `input` for servers that are no IP addresses, none or too many, for options that are not allowed, and for a file that contradicts itself. */
export function wiringCoreDns(input: CoreDnsWiring): Wiring {
  const { listenPort = 5301, standby } = input;
  const warnings = [
    `Point dns.servers of Lifeboat at port ${listenPort} of each CoreDNS pod: port ${input.servePort ?? 53} would hide from it that CoreDNS failed, and refuses transfers. Open ${listenPort} (UDP and TCP) to Lifeboat only.`,
    'Where the CoreDNS process itself is gone, or starts without API data (5 s; "startup_timeout 1s" in the kubernetes plugin shortens it), this wiring cannot help: the node cache can.',
    'Without API data every query for the zone goes to the standby, uncached: size it for the whole cluster, or use a node cache.',
    'If your Corefile has more in it (autopath, hosts, rewrite, other zones), carry it over: this file replaces it. autopath does not work across the two ports.',
    ...(input.tsig ? [] : [openTransferWarning]),
    ...failoverWarnings(1 + standby.length),
  ];
  return {
    text: renderCorefile(head, [serveBlock(input), reverseBlock(input), liveBlock(input), restBlock(input)]),
    warnings,
  };
}

const openTransferWarning =
  'Without a TSIG key everybody who reaches the transfer port may read the whole zone, and a transfer can be forged: only inside a trusted network.';

const defaultSecretsFile = '/etc/coredns-tsig/keys';

/** What clients ask: the cluster first, then the standby. */
function serveBlock(input: CoreDnsWiring): ServerBlock {
  return {
    comment: [
      'What clients ask. Transfers are refused here: they would leave half of the zone behind, or reach the standby.',
    ],
    keys: [serverKey(zoneWord(input.zone), input.servePort ?? 53)],
    directives: [
      ...common(input),
      ['acl', ['block type AXFR IXFR']],
      'loadbalance',
      failoverDirective(input.zone, [liveEndpoint(input)], input.standby),
    ],
  };
}

/** Reverse names: the cluster first, then the resolvers, for names that are not the cluster's. The standby holds none. */
function reverseBlock(input: CoreDnsWiring): ServerBlock {
  return {
    comment: [
      'Addresses to names, as before: what the cluster does not know is asked upstream. The standby holds none of these.',
    ],
    keys: reverseZones.map((zone) => serverKey(zone, input.servePort ?? 53)),
    directives: [
      ...common(input),
      ['acl', ['block type AXFR IXFR']],
      [
        `forward . ${[serverWord(liveEndpoint(input)), ...upstreams(input)].join(' ')}`,
        ['policy sequential', 'failover NXDOMAIN SERVFAIL REFUSED', 'prefer_udp', 'max_fails 1'],
      ],
    ],
  };
}

/** What only the cluster answers: unsynced it says SERVFAIL, and nothing hides that. */
function liveBlock(input: CoreDnsWiring): ServerBlock {
  const { zone, ttlSeconds = 30, tsig, kubernetesOptions = [], listenPort = 5301 } = input;
  const keyFile = tsig && plainWord(tsig.secretsFile ?? defaultSecretsFile, 'the secrets file');
  return {
    comment: [
      'What only the cluster answers: for the blocks above, and for Lifeboat, which probes and transfers here.',
      ...(tsig && keyFile ? keyFileComment(tsig.name, keyFile) : []),
    ],
    keys: [zoneWord(zone), ...reverseZones].map((each) => serverKey(each, listenPort)),
    directives: [
      ...common(input),
      input.http?.ready === undefined ? 'ready' : `ready ${httpWord(input.http.ready)}`,
      ...(keyFile === undefined ? [] : [['tsig', [`secrets ${keyFile}`, 'require AXFR IXFR']] as const]),
      [`transfer ${zoneWord(zone)}`, ['to *']],
      [
        `kubernetes ${[zoneWord(zone), ...reverseZones].join(' ')}`,
        ['pods insecure', `ttl ${ttlSeconds}`, ...kubernetesOptions.map(kubernetesOption)],
      ],
    ],
  };
}

/** The file is read line by line (plugin/tsig): each part needs a line of its own. */
function keyFileComment(name: Name, file: string): readonly string[] {
  return [
    `Mount a Secret as ${file} with these four lines:`,
    `  key "${name}" {`,
    '    algorithm hmac-sha256;',
    '    secret "<Base64>";',
    '  };',
  ];
}

/** Everything else, as in the usual Deployment. */
function restBlock(input: CoreDnsWiring): ServerBlock {
  const { http } = input;
  return {
    comment: ['Everything else, as before.'],
    keys: [serverKey('.', input.servePort ?? 53)],
    directives: [
      ...common(input),
      [http?.health === undefined ? 'health' : `health ${httpWord(http.health)}`, ['lameduck 5s']],
      [`forward . ${upstreams(input).join(' ')}`, ['max_concurrent 1000']],
      'cache 30',
      'loop',
      'reload',
      'loadbalance',
    ],
  };
}

function common(input: CoreDnsWiring): readonly string[] {
  const bind = input.bind?.map(bindWord);
  const metrics = httpWord(input.http?.metrics ?? ':9153');
  return [...(bind === undefined ? [] : [`bind ${bind.join(' ')}`]), 'errors', `prometheus ${metrics}`];
}

const loopback = '127.0.0.1';

/** The block below, over the loopback address or the first address that CoreDNS listens on. */
function liveEndpoint(input: CoreDnsWiring): Endpoint {
  const first = bindWord(input.bind?.[0] ?? loopback);
  const host = !isUnspecified(first) ? first : first.includes(':') ? '::1' : loopback;
  return { host, port: input.listenPort ?? 5301 };
}

function upstreams(input: CoreDnsWiring): readonly string[] {
  return (input.upstream ?? ['/etc/resolv.conf']).map(upstreamWord);
}

function kubernetesOption(line: string): string {
  const [word = '', ...rest] = line.trim().split(/\s+/);
  if (['pods', 'ttl', 'fallthrough', ''].includes(word)) {
    throw new LifeboatError(
      'input',
      `"${line.slice(0, 80)}" cannot be added to the kubernetes plugin: pods, ttl and fallthrough are set by the wiring`,
    );
  }
  return [word, ...rest].map((each) => plainWord(each, 'the option')).join(' ');
}
