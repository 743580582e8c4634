// Wires the process of a vantage for Node: its probes, its source, its key and its way to the Worker. It reads no secret but those it needs.
import { compareReplicas, type ReplicasMemory } from '../../../probes/dns-replicas.ts';
import { pickCluster, type VantageChoice } from '../../cli/context.ts';
import type { ClusterConfig, Config, InsideVantageConfig } from '../../config/schema.ts';
import type { SecretReader } from '../../config/secret.ts';
import type { Clock } from '../../lib/deps.ts';
import { isLoopback } from '../../lib/endpoint.ts';
import { LifeboatError } from '../../lib/errors.ts';
import { createVantageLink } from '../../vantage/agent/link.ts';
import type { VantagePorts } from '../../vantage/agent/ports.ts';
import { importPrivateKey, importPublicKey, isPair } from '../../vantage/protocol/keys.ts';
import { requireSecret } from '../secrets.ts';
import { wireProbes, wireSources } from '../wire-cluster.ts';
import type { Wires } from '../wires.ts';
import { nodeWires } from './wire.ts';

const keySecret = 'LIFEBOAT_VANTAGE_KEY';
const tokenSecret = 'LIFEBOAT_VANTAGE_TOKEN';

/** One set of ports for each cluster that has this vantage inside. Errors `config` and `usage` say what is missing. */
export async function wireVantage(
  config: Config,
  file: string,
  secrets: SecretReader,
  clock: Clock,
  choice: VantageChoice,
): Promise<readonly VantagePorts[]> {
  const places = placesOf(config, choice);
  const origin = originOf(choice.remote ?? config.api.url);
  const token = requireSecret(secrets, tokenSecret, 'the token of the scope vantage');
  const keyText = requireSecret(secrets, keySecret, `the private key of the vantage ${places[0]?.vantage.id}`);
  const privateKey = await importPrivateKey(keyText);
  const wires = nodeWires(file, secrets, clock);
  const { random } = wires;
  return Promise.all(
    places.map(async ({ cluster, vantage }) => {
      if (!(await isPair(privateKey, await importPublicKey(vantage.publicKey)))) {
        throw new LifeboatError(
          'config',
          `the private key in ${keySecret} does not belong to the publicKey of the vantage ${vantage.id} of cluster ${cluster.id}`,
        );
      }
      const options = { origin, token, cluster: cluster.id, vantage: vantage.id, privateKey };
      const link = createVantageLink({ clock, fetch: (url, init) => fetch(url, init) }, options);
      const { probe, sources } = await wireLooking(wires, cluster, vantage);
      return { clock, random, cluster, vantage, probe, sources, link };
    }),
  );
}

interface Place {
  readonly cluster: ClusterConfig;
  readonly vantage: InsideVantageConfig;
}

function placesOf({ clusters }: Config, { id, cluster: only }: VantageChoice): readonly Place[] {
  const chosen = only === undefined ? clusters : [pickCluster(clusters, (cluster) => cluster.id, only)];
  const all = chosen.flatMap((cluster) =>
    cluster.vantages.flatMap((vantage) => (vantage.kind === 'inside' ? [{ cluster, vantage }] : [])),
  );
  const ids = [...new Set(all.map(({ vantage }) => vantage.id))];
  const [first] = ids;
  if (first === undefined) {
    throw new LifeboatError(
      'usage',
      "no cluster has a vantage of the kind 'inside': lifeboat vantage keygen prints one",
    );
  }
  if (id === undefined && ids.length > 1) {
    throw new LifeboatError('usage', `there is more than one vantage inside: name one with --id: ${ids.join(', ')}`);
  }
  const places = all.filter(({ vantage }) => vantage.id === (id ?? first));
  if (places.length > 0) return places;
  throw new LifeboatError('usage', `no cluster has a vantage "${id}" inside: name one with --id: ${ids.join(', ')}`);
}

/** What it sends must not be read or kept on the way, so that plain HTTP goes to this machine only. */
function originOf(url: string | undefined): string {
  if (url === undefined) throw new LifeboatError('usage', 'where is the Worker? Set api.url, or name it with --remote');
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isPlainLoopback = parsed?.protocol === 'http:' && isLoopback(parsed.hostname.replace(/^\[|\]$/g, ''));
  if (
    parsed !== undefined &&
    parsed.origin === url.replace(/\/$/, '') &&
    (parsed.protocol === 'https:' || isPlainLoopback)
  ) {
    return parsed.origin;
  }
  throw new LifeboatError(
    'usage',
    'the address of the Worker is scheme and host only, like https://lifeboat.example.workers.dev',
  );
}

/** What this vantage looks at, and no more: one that sees the API server alone has no use for the transfer key. */
async function wireLooking(
  wires: Wires,
  cluster: ClusterConfig,
  { id, group, targets, captures, reference }: InsideVantageConfig,
): Promise<Pick<VantagePorts, 'probe' | 'sources'>> {
  const looksAt = { api: targets.includes('apiserver'), dns: targets.includes('dns') };
  const { tsig, ...openDns } = cluster.dns;
  const own: ClusterConfig = looksAt.dns ? cluster : { ...cluster, dns: openDns };
  const servers = looksAt.dns ? cluster.dns.servers : [];
  const probes = await wireProbes(wires, own, { vantage: id, group, servers, reference });
  let memory: ReplicasMemory = {};
  const probe = async () => {
    const [api, seen, dialled] = await Promise.all([
      looksAt.api ? probes.apiServer() : [],
      looksAt.dns ? probes.servers(memory) : [],
      probes.reference(),
    ]);
    const compared = compareReplicas(memory, seen, cluster.dns.behindSeconds);
    memory = compared.memory;
    return [...api, ...compared.observations, ...dialled];
  };
  return { probe, sources: captures ? await wireSources(wires, cluster) : [] };
}
