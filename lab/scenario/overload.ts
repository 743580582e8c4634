// The noisy neighbour, a telemetry agent on every node: an ordinary identity that lists every EndpointSlice on many connections, again and
// again, and throws the answers away. It runs as a process of its own, so that it takes no time from the clients that are measured.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApiserver } from '../processes/kube-apiserver.ts';
import { expectStatus, forEachLimited, type KubernetesClient } from '../processes/kubernetes-client.ts';
import { type Running, startPart } from '../processes/process.ts';
import { partFolder } from '../processes/run-folder.ts';

const path = '/apis/discovery.k8s.io/v1/endpointslices';
const namespace = 'bulk';
const loadConcurrency = 16;
/** As client-go waits where the server says `Retry-After: 1`. */
const retryAfterMs = 1_000;
/** Addresses from 10.128.0.0 up, away from those of the workload. */
const firstAddress = 128 << 16;

/**
 * Makes lists heavy: EndpointSlices without a Service, so that DNS does not show them. With the defaults one list is about 50 MB and takes
 * the server some 100 ms of a core; 4,000 of them are made in some 6 s.
 */
export async function loadEndpointSlices(
  admin: KubernetesClient,
  { slices = 4_000, endpointsEach = 200 }: { readonly slices?: number; readonly endpointsEach?: number } = {},
): Promise<void> {
  expectStatus(await admin.createNamespace(namespace), `namespace ${namespace}`, [201, 409]);
  const indices = Array.from({ length: slices }, (_, i) => i);
  await forEachLimited(indices, loadConcurrency, async (index) => {
    const endpoints = Array.from({ length: endpointsEach }, (_, i) => ({
      address: addressAt(firstAddress + index * endpointsEach + i),
    }));
    const serviceName = `bulk-${index}`;
    expectStatus(await admin.createEndpointSlice({ namespace, serviceName, endpoints }), serviceName);
  });
}

export interface OverloadOptions {
  readonly api: KubeApiserver;
  readonly runFolder: string;
  /** One a node; default 150. */
  readonly connections?: number;
  /** The time over which they come up, evenly; default 0. */
  readonly rolloutMs?: number;
}

/** Starts listing; ends with `kill` or `stop`. */
export function startOverload(options: OverloadOptions): Promise<Running> {
  const { api } = options;
  return startPart({
    name: 'overload',
    program: [process.execPath],
    args: [import.meta.filename],
    logFile: join(partFolder(options.runFolder, 'overload'), 'log'),
    env: {
      OVERLOAD_URL: `${api.url}${path}`,
      OVERLOAD_CA: api.caFile,
      OVERLOAD_TOKEN: api.tokens.noisy,
      OVERLOAD_CONNECTIONS: String(options.connections ?? 150),
      OVERLOAD_ROLLOUT_MS: String(options.rolloutMs ?? 0),
    },
    ready: async () => true,
    readyTimeoutMs: 5_000,
  });
}

function addressAt(offset: number): string {
  return `10.${(offset >> 16) & 255}.${(offset >> 8) & 255}.${offset & 255}`;
}

/** One list after the other; 429 and broken connections are what it is after, so nothing stops it. */
async function listForever(url: string, agent: Agent, token: string): Promise<never> {
  // As client-go asks; it also leaves the work with the server, not with this process.
  const headers = { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip' };
  for (;;) {
    const status = await new Promise<string>((resolve) => {
      const outgoing = request(url, { agent, headers }, (incoming) => {
        incoming.resume();
        incoming.once('close', () => resolve(String(incoming.statusCode)));
      });
      outgoing.once('error', (error) => resolve(error.message));
      outgoing.end();
    });
    seen.set(status, (seen.get(status) ?? 0) + 1);
    if (status !== '200') await sleep(status === '429' ? retryAfterMs : 20);
  }
}

const seen = new Map<string, number>();

if (import.meta.main) {
  const { OVERLOAD_URL = '', OVERLOAD_CA = '', OVERLOAD_TOKEN = '' } = process.env;
  const count = Number(process.env.OVERLOAD_CONNECTIONS ?? 1);
  const eachMs = Number(process.env.OVERLOAD_ROLLOUT_MS ?? 0) / count;
  const agent = new Agent({ keepAlive: true, maxSockets: count, ca: readFileSync(OVERLOAD_CA) });
  setInterval(() => console.log(JSON.stringify(Object.fromEntries(seen))), 1_000);
  const nodes = Array.from({ length: count }, async (_, i) => {
    await sleep(i * eachMs);
    await listForever(OVERLOAD_URL, agent, OVERLOAD_TOKEN);
  });
  await Promise.all(nodes);
}
