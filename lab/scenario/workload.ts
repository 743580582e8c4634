// The workload of a cluster: Services that come, go, are rescaled and take over addresses of deleted ones, by a seeded chance, with the
// complete history of every name. It writes to the API and nowhere else; nothing else may write Services in its namespaces.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  expectStatus,
  forEachLimited,
  type KubernetesClient,
  type KubernetesResponse,
} from '../processes/kubernetes-client.ts';
import { type AddressPool, createAddressPool } from './address-pool.ts';
import { createRecorder, type Held, type History, type Recorder } from './history.ts';
import type { SeededRandom } from './random.ts';

export interface WorkloadOptions {
  /** Of an identity that may write Services and EndpointSlices. */
  readonly client: KubernetesClient;
  readonly random: SeededRandom;
  /** The cluster's DNS zone. */
  readonly zone: string;
  /** Made when they are missing. */
  readonly namespaces: readonly string[];
  /** How many Services to start with, and to stay near. */
  readonly services: number;
  /** Changes a second, one after the other. */
  readonly perSecond: number;
  /**
   * Stand still, as controllers do that lose their lease, after the first write that takes longer, is refused for now or gets no answer.
   * Default: never.
   */
  readonly standStillAfterMs?: number;
}

export interface WorkloadCounts {
  readonly created: number;
  readonly deleted: number;
  readonly rescaled: number;
  /** Addresses given to a name that another one held before. */
  readonly reused: number;
  readonly refused: number;
  readonly unknown: number;
}

export interface Workload {
  /** Every name that ever was, absolute. */
  names(): readonly string[];
  history(): History;
  counts(): WorkloadCounts;
  /** Since when nothing is changed any more; undefined while changes go on. */
  stillSinceMs(): number | undefined;
  /** Ends the standstill. */
  resume(): void;
  /** History before this instant is not asked for any more. */
  forget(beforeMs: number): void;
  /** Ends after the change under way. */
  stop(): Promise<void>;
}

interface LiveService {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'clusterIP' | 'headless';
  /** The ClusterIP, or the addresses of the endpoints. */
  readonly addresses: readonly string[];
}

type Outcome = 'done' | 'refused' | 'unknown';

const loadConcurrency = 8;
const maxEndpoints = 5;
const notReadyShare = 0.15;
/** Of the endpoints of a Service that is rescaled. */
const keptShare = 0.5;
/** Of the Services created under the name of a deleted one. */
const formerNameShare = 0.4;
/** From here on only former names are used, so that a long run stays small. */
const maxNames = 5_000;

/** What the changes work on. */
interface State {
  readonly options: WorkloadOptions;
  readonly recorder: Recorder;
  readonly clusterIPs: AddressPool;
  readonly podIPs: AddressPool;
  readonly live: LiveService[];
  /** Deleted names, to be used again. */
  readonly former: Pick<LiveService, 'namespace' | 'name'>[];
  readonly counts: { created: number; deleted: number; rescaled: number; refused: number; unknown: number };
  serial: number;
  /** A write was slow or refused since the last change was over. */
  isTroubled: boolean;
  stillSinceMs: number | undefined;
}

/** Fills the cluster, then resolves and goes on changing it until `stop`. */
export async function startWorkload(options: WorkloadOptions): Promise<Workload> {
  const { client, random, namespaces } = options;
  const state: State = {
    options,
    recorder: createRecorder(),
    clusterIPs: createAddressPool('10.96', random),
    podIPs: createAddressPool('10.244', random),
    live: [],
    former: [],
    counts: { created: 0, deleted: 0, rescaled: 0, refused: 0, unknown: 0 },
    serial: 0,
    isTroubled: false,
    stillSinceMs: undefined,
  };
  for (const namespace of namespaces) {
    expectStatus(await client.createNamespace(namespace), `namespace ${namespace}`, [201, 409]);
  }
  const initial = Array.from({ length: options.services }, () => plan(state));
  await forEachLimited(initial, loadConcurrency, (service) => create(state, service));

  const stopping = new AbortController();
  const churn = runUntil(stopping.signal, options.perSecond, async () => {
    if (state.stillSinceMs !== undefined) return;
    state.isTroubled = false;
    await change(state);
    // Only now: a change of two writes goes on after the slow one.
    if (state.isTroubled) state.stillSinceMs = Date.now();
  });
  return {
    names: () => state.recorder.names(),
    history: () => state.recorder.history(),
    counts: () => ({ ...state.counts, reused: state.clusterIPs.reused() + state.podIPs.reused() }),
    stillSinceMs: () => state.stillSinceMs,
    resume() {
      state.stillSinceMs = undefined;
    },
    forget: (beforeMs) => state.recorder.forget(beforeMs),
    async stop() {
      stopping.abort();
      await churn;
    },
  };
}

/** One change by chance, drawn towards the number of Services that was asked for. */
async function change(state: State): Promise<void> {
  const { live, options } = state;
  const chance = options.random.next() + (live.length - options.services) / options.services;
  if (chance < 0.35) return create(state, plan(state));
  if (chance < 0.65) return rescale(state, options.random.below(live.length));
  return remove(state, options.random.below(live.length));
}

/** The next Service: its name, perhaps a former one, its kind and its addresses. */
function plan(state: State): LiveService {
  const { former, clusterIPs, podIPs } = state;
  const { random, namespaces } = state.options;
  const again = former.length > 0 && (state.serial >= maxNames || random.next() < formerNameShare);
  const [old] = again ? former.splice(random.below(former.length), 1) : [];
  const identity = old ?? { namespace: random.pick(namespaces), name: `svc-${state.serial++}` };
  if (random.next() < 0.5) return { ...identity, kind: 'clusterIP', addresses: [clusterIPs.take()] };
  return { ...identity, kind: 'headless', addresses: takeEndpoints(podIPs, random) };
}

/** Makes the Service and its EndpointSlice; a headless one is there for DNS once the slice is. */
async function create(state: State, service: LiveService): Promise<void> {
  const { client, random } = state.options;
  const { namespace, name, addresses } = service;
  const headless = service.kind === 'headless';
  const { endpoints, held } = headless ? scale(addresses, random) : { endpoints: [], held: addresses };
  const sendService = () =>
    client.createService({ namespace, name, clusterIP: headless ? 'None' : (addresses[0] ?? '') });
  const sendSlice = () => client.createEndpointSlice({ namespace, serviceName: name, endpoints });
  const first = headless ? await outcomeOf(state, sendService) : await write(state, service, held, sendService);
  if (first === 'refused' && !headless) state.clusterIPs.give(addresses);
  if (first !== 'done') return;
  const second = headless ? await write(state, service, held, sendSlice) : await outcomeOf(state, sendSlice);
  if (second !== 'done') return;
  state.live.push(service);
  state.counts.created++;
}

/** Deletes Service and slice, and frees the addresses for others once both are gone. */
async function remove(state: State, index: number): Promise<void> {
  const { client } = state.options;
  const [service] = state.live.splice(index, 1);
  if (service === undefined) return;
  const { namespace, name } = service;
  const outcome = await write(state, service, 'absent', () => client.deleteService(namespace, name));
  if (outcome === 'refused') state.live.push(service);
  if (outcome !== 'done') return;
  state.counts.deleted++;
  if ((await outcomeOf(state, () => client.deleteEndpointSlice(namespace, `${name}-1`))) !== 'done') return;
  state.former.push({ namespace, name });
  (service.kind === 'headless' ? state.podIPs : state.clusterIPs).give(service.addresses);
}

/** Gives a headless Service other endpoints, keeping some; what it drops is free for others at once. */
async function rescale(state: State, index: number): Promise<void> {
  const { client, random } = state.options;
  const service = state.live[index];
  if (service?.kind !== 'headless') return;
  const kept = service.addresses.filter(() => random.next() < keptShare);
  const addresses = [...kept, ...takeEndpoints(state.podIPs, random)].slice(0, maxEndpoints);
  const { endpoints, held } = scale(addresses, random);
  const { namespace, name } = service;
  const outcome = await write(state, service, held, () =>
    client.replaceEndpointSlice({ namespace, serviceName: name, endpoints }),
  );
  if (outcome === 'unknown') state.live.splice(index, 1);
  if (outcome !== 'done') return;
  state.live[index] = { ...service, addresses };
  state.podIPs.give(service.addresses.filter((address) => !addresses.includes(address)));
  state.counts.rescaled++;
}

/** Sends the write that makes the Service's name hold `held`, and records it with its outcome. */
async function write(
  state: State,
  service: LiveService,
  held: Held,
  send: () => Promise<KubernetesResponse>,
): Promise<Outcome> {
  const { options, recorder, counts } = state;
  const name = `${service.name}.${service.namespace}.svc.${options.zone.replace(/\.$/, '')}.`;
  const record = recorder.begin(name, held, Date.now());
  const outcome = await outcomeOf(state, send);
  if (outcome === 'done') record.done(Date.now());
  else record[outcome]();
  if (outcome !== 'done') counts[outcome]++;
  return outcome;
}

async function runUntil(signal: AbortSignal, perSecond: number, change: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const startedAtMs = Date.now();
    await change();
    const leftMs = 1_000 / perSecond - (Date.now() - startedAtMs);
    if (leftMs > 0) await sleep(leftMs, undefined, { signal }).catch(() => {});
  }
}

/** 0 to 5 addresses; a headless Service without any is absent from DNS. */
function takeEndpoints(pool: AddressPool, random: SeededRandom): readonly string[] {
  return Array.from({ length: random.below(maxEndpoints + 1) }, () => pool.take());
}

/** The endpoints with some of them not ready, and what the name then holds. */
function scale(
  addresses: readonly string[],
  random: SeededRandom,
): { readonly endpoints: readonly { address: string; ready: boolean }[]; readonly held: Held } {
  const endpoints = addresses.map((address) => ({ address, ready: random.next() >= notReadyShare }));
  const ready = endpoints.filter((endpoint) => endpoint.ready).map(({ address }) => address);
  return { endpoints, held: ready.length === 0 ? 'absent' : ready.sort() };
}

/** A write without an answer, or with a 5xx, may have been carried out or may yet be. */
async function outcomeOf(state: State, send: () => Promise<KubernetesResponse>): Promise<Outcome> {
  const { standStillAfterMs = Number.POSITIVE_INFINITY } = state.options;
  const sentAtMs = Date.now();
  const status = await send().then(
    (response) => response.status,
    () => 0,
  );
  const outcome = status >= 200 && status < 300 ? 'done' : status >= 400 && status < 500 ? 'refused' : 'unknown';
  const isTrouble = Date.now() - sentAtMs > standStillAfterMs || outcome === 'unknown' || status === 429;
  if (isTrouble && Number.isFinite(standStillAfterMs)) state.isTroubled = true;
  return outcome;
}
