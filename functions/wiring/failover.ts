// The `forward` directive that makes a standby: the cluster's own DNS first, the standby only when that fails. The one place that knows
// how CoreDNS fails over; coredns.ts and nodelocal.ts use it.
import { LifeboatError } from '../lib/errors.ts';
import type { Endpoint } from '../lib/network.ts';
import type { Name } from '../records/name.ts';
import { serverWord } from './address.ts';
import { type Directive, zoneWord } from './corefile.ts';

/** The `forward` plugin gives up on a query after 5 s and waits 2 s for each silent server (plugin/forward, plugin/pkg/proxy). */
const queryDeadlineSeconds = 5;
const readTimeoutSeconds = 2;
const mostStandbys = 4;

/*
 * | option | why |
 * |---|---|
 * | policy sequential | always the cluster first; the default is random |
 * | failover SERVFAIL REFUSED | what a CoreDNS without API data answers; never NXDOMAIN, which in peace is the truth |
 * | prefer_udp | a TCP connect to a host that is gone may take 30 s, a datagram is given up after 2 s |
 * | max_fails 1 | the second failed check in a row takes a silent server out of the way; the default waits for the third |
 * | health_check … domain ZONE | the default asks for the root, which a kube-dns passes to the resolvers of the node: theirs is another outage |
 */
export function failoverDirective(zone: Name, first: readonly Endpoint[], standby: readonly Endpoint[]): Directive {
  if (standby.length < 1 || standby.length > mostStandbys) {
    throw new LifeboatError('input', `a wiring takes 1 to ${mostStandbys} standby servers, got ${standby.length}`);
  }
  const own = new Set(first.map(serverWord));
  const both = standby.map(serverWord).find((server) => own.has(server));
  if (both !== undefined) {
    throw new LifeboatError(
      'input',
      `the standby ${both} is the cluster's own DNS, which fails together with what it stands in for`,
    );
  }
  return [
    `forward . ${[...first, ...standby].map(serverWord).join(' ')}`,
    [
      'policy sequential',
      'failover SERVFAIL REFUSED',
      'prefer_udp',
      'max_fails 1',
      `health_check 0.5s no_rec domain ${zoneWord(zone)}`,
    ],
  ];
}

/** What to know when so many servers are asked one after the other. */
export function failoverWarnings(servers: number): readonly string[] {
  const worst = servers * readTimeoutSeconds;
  return worst <= queryDeadlineSeconds
    ? []
    : [
        `${servers} servers are asked one after the other and each silent one is waited for ${readTimeoutSeconds} s, but CoreDNS gives up after ${queryDeadlineSeconds} s: until its health checks have taken the silent ones out, the last servers are never reached.`,
      ];
}
