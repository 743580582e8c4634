// `lifeboat wiring`: prints what a cluster's CoreDNS, node cache or pods need to reach the standby when, and only when, DNS fails.
import { Argument, Command, InvalidArgumentError } from 'commander';
import type { ClusterConfig } from '../../config/schema.ts';
import { factsOf } from '../../config/standby/index.ts';
import { assertNever } from '../../lib/assert.ts';
import { parseEndpoint } from '../../lib/endpoint.ts';
import { LifeboatError, messageOf } from '../../lib/errors.ts';
import type { Endpoint } from '../../lib/network.ts';
import { wiringCoreDns } from '../../wiring/coredns.ts';
import { wiringNodeLocal } from '../../wiring/nodelocal.ts';
import { wiringResolvConf } from '../../wiring/resolv-conf.ts';
import type { Wiring } from '../../wiring/wiring.ts';
import { type CliContext, pickCluster, printJson } from '../context.ts';
import { clusterOption, jsonOption, wholeNumber } from '../options.ts';
import { eachLine, paint } from '../terminal.ts';

type Kind = 'coredns' | 'nodelocal' | 'resolv-conf';

interface WiringOptions {
  readonly cluster?: string;
  readonly standby?: readonly Endpoint[];
  readonly kubeDns?: readonly Endpoint[];
  readonly bind?: readonly string[];
  readonly port?: number;
  readonly livePort?: number;
  readonly upstream?: readonly string[];
  readonly tsigFile?: string;
  readonly kubernetesOption?: readonly string[];
  readonly health?: string;
  readonly ready?: string;
  readonly metrics?: string;
  readonly namespace?: string;
  readonly json?: boolean;
}

export function wiringCommand(context: CliContext): Command {
  const port = wholeNumber(1, 65_535);
  return new Command('wiring')
    .description('print the wiring by which workloads reach the standby when the cluster DNS fails, and only then')
    .addArgument(new Argument('<kind>', 'what to print').choices(['coredns', 'nodelocal', 'resolv-conf']))
    .addOption(clusterOption())
    .option(
      '--standby <address>',
      'standby server as the cluster reaches it (again for more); default: from the configuration',
      endpoints,
    )
    .option(
      '--kube-dns <address>',
      'nodelocal, resolv-conf: the cluster DNS as a node reaches it (again for more); before a node cache the Service kube-dns-upstream, not the address that the cache binds',
      endpoints,
    )
    .option('--bind <address...>', 'coredns, nodelocal: addresses to listen on')
    .option('--port <port>', 'coredns, nodelocal: where clients ask (53)', port)
    .option('--live-port <port>', 'coredns: where only the cluster answers (5301)', port)
    .option('--upstream <address...>', 'where names outside the cluster go (/etc/resolv.conf)')
    .option('--tsig-file <path>', 'coredns: where the Secret with the transfer key is mounted')
    .option(
      '--kubernetes-option <line...>',
      'coredns: more lines for the kubernetes plugin, such as "kubeconfig FILE CONTEXT"',
    )
    .option('--health <address>', 'coredns, nodelocal: address of the health endpoint')
    .option('--ready <address>', 'coredns: address of the ready endpoint')
    .option('--metrics <address>', 'coredns, nodelocal: address of the metrics endpoint')
    .option('--namespace <name>', 'resolv-conf: namespace of the pods')
    .addOption(jsonOption())
    .addHelpText('after', notes)
    .action(async (kind: Kind, options: WiringOptions) => {
      const config = await context.loadConfig();
      const cluster = pickCluster(config.clusters, ({ id }) => id, options.cluster);
      const wiring = generate(kind, cluster, options);
      if (options.json) return printJson(context, { kind, cluster: cluster.id, ...wiring });
      eachLine(wiring.text, context.terminal.out);
      for (const warning of wiring.warnings)
        context.terminal.err(`${paint(context.terminal, 'warn', 'note:')} ${warning}`);
    });
}

const notes = `
A node cache asks the cluster's CoreDNS by the Service kube-dns-upstream: the same pods as kube-dns under a ClusterIP of its own, since the
cache itself listens on the ClusterIP of kube-dns (kube-proxy in iptables mode: --bind 169.254.20.10 CLUSTER_IP_OF_KUBE_DNS). In IPVS mode
it listens on 169.254.20.10 alone, and --kube-dns is the ClusterIP of kube-dns.

The file that is printed replaces the whole Corefile. It has the cluster zone, in-addr.arpa and ip6.arpa, and "." with its forward; carry
over what else yours has: stub domains, hosts, rewrites, other zones.`;

function endpoints(text: string, previous: readonly Endpoint[] = []): readonly Endpoint[] {
  try {
    return [...previous, parseEndpoint(text, 53)];
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}

function generate(kind: Kind, cluster: ClusterConfig, options: WiringOptions): Wiring {
  const { zone, dns } = cluster;
  const standby = options.standby ?? standbyServers(cluster);
  const shared = {
    zone,
    standby,
    ...given('bind', options.bind),
    ...given('servePort', options.port),
    ...given('upstream', options.upstream),
  };
  const http = {
    ...given('health', options.health),
    ...given('ready', options.ready),
    ...given('metrics', options.metrics),
  };
  switch (kind) {
    case 'coredns':
      return wiringCoreDns({
        ...shared,
        http,
        ttlSeconds: dns.ttlSeconds,
        ...given('listenPort', options.livePort),
        ...given('kubernetesOptions', options.kubernetesOption),
        ...(dns.tsig === undefined ? {} : { tsig: { name: dns.tsig.name, ...given('secretsFile', options.tsigFile) } }),
      });
    case 'nodelocal':
      return wiringNodeLocal({
        ...shared,
        http,
        kubeDns: kubeDns(options, 'kube-dns-upstream'),
        cacheSeconds: dns.ttlSeconds,
      });
    case 'resolv-conf':
      return wiringResolvConf({
        zone,
        standby,
        kubeDns: kubeDns(options, 'kube-dns'),
        ...given('namespace', options.namespace),
      });
    default:
      return assertNever(kind, 'wiring');
  }
}

/** `{ [key]: value }`, or nothing when the option was not given. */
function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}

function kubeDns(options: WiringOptions, service: string): readonly Endpoint[] {
  if (options.kubeDns !== undefined) return options.kubeDns;
  throw new LifeboatError(
    'usage',
    `name the cluster DNS as a node reaches it with --kube-dns: kubectl -n kube-system get service ${service}`,
  );
}

function standbyServers(cluster: ClusterConfig): readonly Endpoint[] {
  const servers = cluster.standby.flatMap((standby) => {
    const { zone, place } = factsOf(standby, cluster.zone);
    return place.kind === 'server' && zone === cluster.zone ? [place.server] : [];
  });
  if (servers.length > 0) return servers;
  throw new LifeboatError(
    'usage',
    `cluster ${cluster.id} has no standby that serves ${cluster.zone} on a DNS server: name one with --standby`,
  );
}
