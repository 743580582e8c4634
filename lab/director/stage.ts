// Everything of the lab, started and in peace: the cluster with its workload, the clients with and without Lifeboat, the standby server, the
// pager, and Lifeboat itself: the Worker in workerd and the vantage inside. It brings no fault about.
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Coredns, startCoredns } from '../processes/coredns.ts';
import { type DnsRelay, startDnsRelay } from '../processes/dns-relay.ts';
import { type HttpRelay, startHttpRelay } from '../processes/http-relay.ts';
import type { Authoritative } from '../processes/knot.ts';
import { type CommandResult, type Deployment, runLifeboat, startLifeboat } from '../processes/lifeboat-process.ts';
import { type PagerDutyReceiver, startPagerDutyReceiver } from '../processes/pagerduty-receiver.ts';
import { freePort } from '../processes/ports.ts';
import type { Running } from '../processes/process.ts';
import { startWorker, type WorkerProcess } from '../processes/worker-process.ts';
import { createTsigKey } from '../processes/zone.ts';
import { type ControlPlane, startControlPlane, zone } from '../scenario/control-plane.ts';
import { type ClusterInput, createDeployment, textOf } from '../scenario/deployment.ts';
import { loadEndpointSlices } from '../scenario/overload.ts';
import { createSeededRandom } from '../scenario/random.ts';
import { startWorkload, type Workload } from '../scenario/workload.ts';
import { type ClientImpact, startClientImpact } from './client-impact.ts';
import type { LabParts } from './parts.ts';

export const clusterId = 'lab';
const loopback = '127.0.0.1';
/** A port that refuses: names outside the cluster go nowhere here. */
const nowhere = `${loopback}:9`;

/** Shorter than the defaults by three to twenty times, so that the story fits into two minutes. */
export const timing = {
  probe: { intervalMs: 2_000, timeoutMs: 1_800 },
  snapshot: { intervalMs: 4_000, leastIntervalMs: 1_000, timeoutMs: 4_000 },
  policy: {
    ...{ downRounds: 3, degradedRounds: 3, healthyRounds: 3, dwellMs: 0, maxActivationsPerHour: 60 },
    // What is broken by hand and healed, again and again, is an incident each time.
    window: { rounds: 12, bad: 12 },
  },
} as const;
const services = 100;
const changesPerSecond = 4;
/** A controller whose write takes this long has lost its lease soon. */
const standStillAfterMs = 1_000;

export interface Stage extends ControlPlane {
  /** Clients and the node cache ask the first: the lab has no kube-proxy that would part them. */
  readonly dns: readonly [Coredns, Coredns];
  /** Before the first CoreDNS, with the generated wiring. */
  readonly nodeCache: Coredns;
  readonly standby: Authoritative;
  /** The way of the node cache to the standby. */
  readonly relay: DnsRelay;
  readonly pager: PagerDutyReceiver;
  readonly worker: WorkerProcess;
  readonly vantage: Running;
  /** The way of the vantage to the Worker. */
  readonly uplink: HttpRelay;
  readonly workload: Workload;
  readonly impact: ClientImpact;
  /** What opens the page. */
  readonly token: string;
  /** Runs `lifeboat … --remote`, as an operator does. */
  lifeboat(args: readonly string[]): Promise<CommandResult>;
  end(): Promise<void>;
}

export interface StageOptions {
  readonly parts: LabParts;
  readonly runFolder: string;
  /** Where the page listens. */
  readonly port: number;
  /** For the names of things as they are started. */
  readonly say: (line: string) => void;
}

/** Starts everything and waits until it answers; the first warm publication may still be on its way. */
export async function openStage({ parts, runFolder, port, say }: StageOptions): Promise<Stage> {
  say('the API server, two CoreDNS replicas, the standby server and a pager');
  const standbyKey = createTsigKey('standby.lab.');
  // Few requests at once, so that a small machine can drown it as a large cluster drowns a large one.
  const plane = await startControlPlane(parts, { overloadable: true, runFolder });
  const { own } = plane;
  const [dns, standby, pager] = await Promise.all([
    startDns(plane, parts),
    parts.startStandby({ runFolder, zone, key: standbyKey }),
    startPagerDutyReceiver(),
  ]);
  own(standby);
  const relay = await startDnsRelay(standby.address);
  const access = createAccess();
  const deployment = createDeployment({
    id: clusterId,
    folder: join(runFolder, 'lifeboat'),
    zone,
    api: { url: plane.api.url, caFile: plane.api.caFile, token: plane.api.tokens.watchdog },
    servers: dns.map(({ address }) => address),
    transferKey: plane.transferKey,
    standby: standby.address,
    standbyKey,
    pagerduty: pager,
    platform: 'worker',
    change: (cluster) => configured(cluster, access.publicKey),
    extra: { api: { tokens: access.tokens } },
  });
  say('Lifeboat: the Worker in workerd, a vantage inside the cluster, the wiring in the node cache');
  const [worker, nodeCache, workload] = await Promise.all([
    startWorker(deployment, { port }),
    startNodeCache(parts, runFolder, deployment, { relay, kubeDns: dns[0] }),
    fill(plane),
  ]);
  own(worker);
  own(nodeCache);
  await worker.cron();
  const uplink = await startHttpRelay(worker.url);
  const inside = { ...deployment, secrets: { ...deployment.secrets, ...access.vantageSecrets } };
  const vantage = own(await startLifeboat(inside, ['vantage', '--remote', uplink.url, '--json']));
  const impact = startClientImpact({ workload, withLifeboat: nodeCache.address, alone: dns[0].address });
  const operator = { ...deployment, secrets: { ...deployment.secrets, LIFEBOAT_TOKEN: access.token } };
  return {
    ...plane,
    dns,
    nodeCache,
    standby,
    relay,
    pager,
    worker,
    vantage,
    uplink,
    workload,
    impact,
    token: access.token,
    lifeboat: (args) => runLifeboat(operator, [...args, '--remote', worker.url]),
    async end() {
      await Promise.all([workload.stop(), impact.stop()]);
      await plane.end();
      await Promise.all([relay.close(), uplink.close(), pager.close()]);
    },
  };
}

/** Filled first, so that both CoreDNS have everything when they answer. */
async function startDns(plane: ControlPlane, { bulk }: LabParts): Promise<readonly [Coredns, Coredns]> {
  await loadEndpointSlices(plane.api.admin, bulk);
  return Promise.all([plane.startPlain('coredns-1'), plane.startPlain('coredns-2')]);
}

/** The workload's changes are those of an ordinary identity: an overload stops them too. */
function fill({ api }: ControlPlane): Promise<Workload> {
  return startWorkload({
    client: api.client('controller', { timeoutMs: 5_000 }),
    random: createSeededRandom(Date.now() % 1_000_000),
    zone,
    namespaces: ['shop', 'payments'],
    services,
    perSecond: changesPerSecond,
    standStillAfterMs,
  });
}

function configured(cluster: ClusterInput, publicKey: string): ClusterInput {
  return { ...cluster, ...timing, vantages: [{ kind: 'inside', id: 'rack', group: 'datacentre', publicKey }] };
}

/** A token for a person, a token and a key pair for the vantage; the configuration holds no secret of them. */
function createAccess() {
  const token = () => `lbt_${randomBytes(32).toString('base64url')}`;
  const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
  const [person, vantage] = [token(), token()];
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    token: person,
    publicKey: publicKey.export({ format: 'jwk' }).x ?? '',
    tokens: [
      { id: 'oncall', scopes: ['view' as const, 'operate' as const], sha256: hashOf(person) },
      { id: 'rack', scopes: ['vantage' as const], sha256: hashOf(vantage) },
    ],
    vantageSecrets: {
      LIFEBOAT_VANTAGE_KEY: privateKey.export({ format: 'jwk' }).d ?? '',
      LIFEBOAT_VANTAGE_TOKEN: vantage,
    },
  };
}

/** The node's DNS cache with the Corefile that `lifeboat wiring nodelocal` prints. */
async function startNodeCache(
  { coredns: program }: LabParts,
  runFolder: string,
  deployment: Deployment,
  { relay, kubeDns }: { readonly relay: DnsRelay; readonly kubeDns: Coredns },
): Promise<Coredns> {
  const [port, health, metrics] = [await freePort(), await freePort(), await freePort()];
  const { code, stdout, stderr } = await runLifeboat(deployment, [
    ...['wiring', 'nodelocal', '--bind', loopback, '--port', `${port}`],
    ...['--kube-dns', textOf(kubeDns.address), '--standby', textOf(relay.address), '--upstream', nowhere],
    ...['--health', `${loopback}:${health}`, '--metrics', `${loopback}:${metrics}`],
  ]);
  if (code !== 0) throw new Error(`lifeboat wiring nodelocal ended with ${code}: ${stderr}`);
  return startCoredns({
    program,
    runFolder,
    name: 'node-cache',
    zone,
    port,
    until: 'answering',
    corefile: () => stdout,
  });
}
