// The Durable Object that probes a share of a cluster's targets from one region, in connections of its own, so that a hung target takes no
// connection from anybody else. It remembers a credential, decides nothing and stores nothing.
import { DurableObject } from 'cloudflare:workers';
import type { Observation } from '../../decision/health/observation.ts';
import { formatEndpoint } from '../../lib/endpoint.ts';
import { type ClusterProbes, wireProbes } from '../wire-cluster.ts';
import { type StandbyProbe, wireStandbyProbe } from '../wire-standbys.ts';
import type { Bindings, VantageCalls } from './bindings.ts';
import { requireCluster } from './deployment.ts';
import type { VantageShare } from './vantage-share.ts';
import { wiresOf } from './wires.ts';

export class VantageObject extends DurableObject<Bindings> implements VantageCalls {
  #wired: { readonly for: string; readonly probes: Promise<ClusterProbes> } | undefined;
  #standbys: { readonly for: string; readonly probe: Promise<StandbyProbe> } | undefined;

  /** One round over the share. */
  async probe(share: VantageShare): Promise<readonly Observation[]> {
    if (share.standby !== undefined) return (await this.#standbyProbeFor(share))([share.standby]);
    const probes = await this.#probesFor(share);
    const seen = await Promise.all([
      share.apiServer ? probes.apiServer() : [],
      probes.servers(share.hints),
      share.reference ? probes.reference() : [],
    ]);
    return seen.flat();
  }

  /** Objects take up a new deployment one after the other, so that what this one is asked for may change while it lives. */
  #probesFor(share: VantageShare): Promise<ClusterProbes> {
    const wanted = JSON.stringify([share.cluster, share.vantage, share.group, share.servers]);
    if (this.#wired?.for === wanted) return this.#wired.probes;
    const probes = this.#wire(share);
    this.#wired = { for: wanted, probes };
    probes.catch(() => {
      this.#wired = undefined;
    });
    return probes;
  }

  #standbyProbeFor({ cluster, vantage, group }: VantageShare): Promise<StandbyProbe> {
    const wanted = JSON.stringify([cluster, vantage, group]);
    if (this.#standbys?.for === wanted) return this.#standbys.probe;
    const probe = wireStandbyProbe(wiresOf(this.env), requireCluster(cluster), { vantage, group });
    this.#standbys = { for: wanted, probe };
    probe.catch(() => {
      this.#standbys = undefined;
    });
    return probe;
  }

  async #wire({ cluster: id, vantage, group, servers }: VantageShare): Promise<ClusterProbes> {
    const cluster = requireCluster(id);
    const own = cluster.dns.servers.filter((server) => servers.includes(formatEndpoint(server)));
    const reference = cluster.vantages.find(({ id: one }) => one === vantage)?.reference ?? [];
    return wireProbes(wiresOf(this.env), cluster, { vantage, group, servers: own, reference });
  }
}
