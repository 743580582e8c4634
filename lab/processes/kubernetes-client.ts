// A small Kubernetes API client for setting things up and for breaking them: HTTPS with the run's own CA, JSON, one request at a time per
// connection. It retries nothing: the caller wants to know what happened to each write.
import { Agent, request } from 'node:https';

/** Who asks: a bearer token, or a client certificate. */
export type Identity = { readonly token: string } | { readonly certificate: string; readonly key: string };

export interface KubernetesResponse {
  readonly status: number;
  readonly body: unknown;
}

/** A Service as the tests need it. */
export interface ServiceSpec {
  readonly namespace: string;
  readonly name: string;
  /** An address, `None` for a headless Service; absent: the API server picks one. */
  readonly clusterIP?: string;
  /** Default: one TCP port 80 named `http`. */
  readonly ports?: readonly { readonly name: string; readonly port: number; readonly protocol?: 'TCP' | 'UDP' }[];
}

export interface SliceEndpoint {
  readonly address: string;
  /** Default true. */
  readonly ready?: boolean;
  readonly hostname?: string;
}

/** An EndpointSlice of a Service; `name` defaults to the Service's name and `-1`. */
export interface SliceSpec {
  readonly namespace: string;
  readonly serviceName: string;
  readonly name?: string;
  readonly endpoints: readonly SliceEndpoint[];
}

export interface KubernetesClient {
  /** Any request. Rejects on a network error or after the deadline; every HTTP status resolves. */
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<KubernetesResponse>;
  createNamespace(name: string): Promise<KubernetesResponse>;
  createService(spec: ServiceSpec): Promise<KubernetesResponse>;
  deleteService(namespace: string, name: string): Promise<KubernetesResponse>;
  createEndpointSlice(spec: SliceSpec): Promise<KubernetesResponse>;
  replaceEndpointSlice(spec: SliceSpec): Promise<KubernetesResponse>;
  deleteEndpointSlice(namespace: string, name: string): Promise<KubernetesResponse>;
  /** A JSON merge patch, RFC 7386. */
  patch(path: string, patch: unknown): Promise<KubernetesResponse>;
  /** The items of a whole collection, for example `/api/v1/services`; throws on any status but 200. */
  listAll(path: string): Promise<readonly KubernetesObject[]>;
  close(): void;
}

export interface KubernetesObject {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly clusterIP?: string };
}

export interface ClientOptions {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly identity: Identity;
  /** Default 16. */
  readonly maxConnections?: number;
  /** Default 10,000 ms. */
  readonly timeoutMs?: number;
}

const slices = 'discovery.k8s.io/v1';
const maxBodyBytes = 256 * 1024 * 1024;

/** Makes a client with at most `maxConnections` requests under way; further ones wait. */
export function createKubernetesClient(options: ClientOptions): KubernetesClient {
  const { identity } = options;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: options.maxConnections ?? 16,
    ca: options.ca,
    ...('certificate' in identity ? { cert: identity.certificate, key: identity.key } : {}),
  });
  const authorization = 'token' in identity ? { authorization: `Bearer ${identity.token}` } : {};

  function send(method: string, path: string, body?: unknown, contentType?: string): Promise<KubernetesResponse> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = { ...authorization, accept: 'application/json', 'content-type': contentType ?? 'application/json' };
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(options.timeoutMs ?? 10_000);
      const outgoing = request(`${options.url}${path}`, { method, headers, agent, signal }, (incoming) => {
        const chunks: Buffer[] = [];
        let size = 0;
        incoming.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size > maxBodyBytes) incoming.destroy(new Error(`${method} ${path}: more than ${maxBodyBytes} bytes`));
        });
        incoming.once('error', reject);
        incoming.once('end', () =>
          resolve({ status: incoming.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString('utf8')) }),
        );
      });
      outgoing.once('error', reject);
      outgoing.end(payload);
    });
  }

  const client: KubernetesClient = {
    request: send,
    createNamespace: (name) => send('POST', '/api/v1/namespaces', { metadata: { name } }),
    createService: (spec) => send('POST', `/api/v1/namespaces/${spec.namespace}/services`, serviceObject(spec)),
    deleteService: (namespace, name) => send('DELETE', `/api/v1/namespaces/${namespace}/services/${name}`),
    createEndpointSlice: (spec) => send('POST', slicesPath(spec.namespace), sliceObject(spec)),
    replaceEndpointSlice: (spec) => send('PUT', `${slicesPath(spec.namespace)}/${sliceName(spec)}`, sliceObject(spec)),
    deleteEndpointSlice: (namespace, name) => send('DELETE', `${slicesPath(namespace)}/${name}`),
    patch: (path, patch) => send('PATCH', path, patch, 'application/merge-patch+json'),
    async listAll(path) {
      const { status, body } = await send('GET', path);
      if (status !== 200) throw new Error(`GET ${path}: HTTP ${status}: ${JSON.stringify(body).slice(0, 300)}`);
      return (body as { readonly items: readonly KubernetesObject[] }).items;
    },
    close: () => agent.destroy(),
  };
  return client;
}

/** Throws unless the status is one of the accepted ones (default: any 2xx). */
export function expectStatus(response: KubernetesResponse, what: string, accepted?: readonly number[]): void {
  const { status } = response;
  if (accepted ? accepted.includes(status) : status >= 200 && status < 300) return;
  throw new Error(`${what}: HTTP ${status}: ${JSON.stringify(response.body).slice(0, 500)}`);
}

/** Runs `work` on every item, at most `limit` at once; rejects with the first failure. */
export async function forEachLimited<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      await work(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}

function serviceObject(spec: ServiceSpec): unknown {
  const ports = spec.ports ?? [{ name: 'http', port: 80 }];
  return {
    metadata: { name: spec.name },
    spec: { ...(spec.clusterIP === undefined ? {} : { clusterIP: spec.clusterIP }), ports },
  };
}

function sliceObject(spec: SliceSpec): unknown {
  return {
    metadata: { name: sliceName(spec), labels: { 'kubernetes.io/service-name': spec.serviceName } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    endpoints: spec.endpoints.map(({ address, ready = true, hostname }) => ({
      addresses: [address],
      conditions: { ready },
      ...(hostname === undefined ? {} : { hostname }),
    })),
  };
}

function sliceName(spec: SliceSpec): string {
  return spec.name ?? `${spec.serviceName}-1`;
}

function slicesPath(namespace: string): string {
  return `/apis/${slices}/namespaces/${namespace}/endpointslices`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
