// A resolv.conf that names the standby after the cluster's DNS: the last resort, with the most warnings.
import { LifeboatError } from '../lib/errors.ts';
import type { Endpoint } from '../lib/network.ts';
import type { Name } from '../records/name.ts';
import { serverAddress } from './address.ts';
import { zoneWord } from './corefile.ts';
import { checkedResolvConf } from './self-check.ts';
import type { Wiring } from './wiring.ts';

export interface ResolvConfWiring {
  readonly zone: Name;
  /** What the file names now: the Service address of kube-dns, or of the node cache. */
  readonly kubeDns: readonly Endpoint[];
  /** Authoritative servers of a zone of the same name; on port 53, since resolv.conf knows no other. */
  readonly standby: readonly Endpoint[];
  /** Namespace of the pods, for the search list; default `default`. */
  readonly namespace?: string;
}

/** glibc reads three nameservers and no more (MAXNS in resolv.h); musl as well. */
const mostServers = 3;
const dnsPort = 53;

/** The file. Errors: `input` for more than three servers, another port than 53, host names, or a namespace that is none. */
export function wiringResolvConf(input: ResolvConfWiring): Wiring {
  const { kubeDns, standby, namespace = 'default' } = input;
  if (kubeDns.length < 1 || standby.length < 1)
    throw new LifeboatError('input', "resolv.conf needs the cluster's DNS and a standby");
  const servers = [...kubeDns, ...standby];
  if (servers.length > mostServers) {
    throw new LifeboatError(
      'input',
      `resolv.conf takes ${mostServers} nameservers, got ${servers.length}: resolvers ignore the rest`,
    );
  }
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace)) {
    throw new LifeboatError('input', `"${namespace.slice(0, 80)}" is not the name of a namespace`);
  }
  const zone = zoneWord(input.zone);
  const search = [`${namespace}.svc.${zone}`, `svc.${zone}`, zone];
  const addresses = servers.map(addressOf);
  return { text: checkedResolvConf(render(addresses, search)), warnings };
}

function addressOf({ host, port }: Endpoint): string {
  const address = serverAddress(host);
  if (port !== dnsPort)
    throw new LifeboatError(
      'input',
      `the nameserver ${host} is on port ${port}, but resolv.conf knows port ${dnsPort} only`,
    );
  return address;
}

const warnings = [
  'musl (Alpine images) asks all nameservers at once and takes the first answer, so there the standby answers in peace too: deleted and unready names resolve. Use this file for glibc only, or use the node cache instead.',
  'It moves to the next server on SERVFAIL, REFUSED and silence only as long as nothing else is in the way: no "options rotate", which asks the standby in peace as well.',
  'systemd-resolved, Envoy and other resolvers of their own stay with the server that answered last: after an outage they may go on asking the standby.',
  'Names outside the zone reach the standby too when the cluster is silent: it should refuse them, and a failed lookup of those stays a failed lookup.',
  'A silent cluster DNS costs each lookup 1 s (timeout:1), and with a search list each of its names: names with a dot at their end avoid that.',
  'kubelet writes this file: put it into pods with dnsPolicy: None and dnsConfig, as the comment shows; running pods keep the old one.',
] as const;

function render(servers: readonly string[], search: readonly string[]): string {
  return `# Written by "lifeboat wiring resolv-conf". For glibc only: musl asks all nameservers at once (see docs/wiring.md).
${servers.map((server) => `nameserver ${server}`).join('\n')}
search ${search.join(' ')}
# timeout:1 attempts:2: a silent server is given up after 1 s instead of 5 s. No rotate: the order is the point.
options ndots:5 timeout:1 attempts:2

# The same in a pod:
#   dnsPolicy: None
#   dnsConfig:
#     nameservers: [${servers.map((server) => `"${server}"`).join(', ')}]
#     searches: [${search.join(', ')}]
#     options: [{name: ndots, value: "5"}, {name: timeout, value: "1"}, {name: attempts, value: "2"}]
`;
}
