// A list and watch source of Kubernetes objects over HTTPS for unit tests: what it holds is set by the test, which can also make it fail. It is no
// API server: no writes, no identities.

import { writeFileSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import { join } from 'node:path';
import { createAuthority } from '../../../../../lab/processes/certificates.ts';
import { freePort } from '../../../../../lab/processes/ports.ts';
import type { ApiObject } from './objects.ts';

export interface ObjectSource {
  /** A kubeconfig with the context `test`. */
  readonly kubeconfig: string;
  /** Method-less: `/api/v1/services?…`, oldest first. */
  readonly requests: readonly string[];
  put(object: ApiObject): void;
  remove(object: ApiObject): void;
  addNamespace(name: string): void;
  /** Ends every watch with 410 Gone. */
  expire(): void;
  /** `refuse`: no connection; `status`: every request gets it. */
  behave(
    mode:
      | { readonly kind: 'well' | 'refuse' }
      | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number },
  ): Promise<void>;
  close(): Promise<void>;
}

type Stored = Readonly<Record<string, unknown>>;

interface Collection {
  readonly objects: Map<string, Stored>;
  readonly watches: Set<ServerResponse>;
  /** Every change, for watches that begin later. */
  readonly events: { readonly at: number; readonly line: string }[];
}

const paths: Readonly<Record<string, string>> = {
  Service: '/api/v1/services',
  EndpointSlice: '/apis/discovery.k8s.io/v1/endpointslices',
  Namespace: '/api/v1/namespaces',
};

export async function startObjectSource(folder: string): Promise<ObjectSource> {
  const authority = await createAuthority('object source');
  const { certificate, key } = await authority.issueServer(['localhost'], ['127.0.0.1']);
  const port = await freePort();
  const collections = new Map(
    Object.values(paths).map((path): [string, Collection] => [
      path,
      { objects: new Map(), watches: new Set(), events: [] },
    ]),
  );
  const requests: string[] = [];
  let version = 100;
  let answer: { readonly status: number; readonly retryAfterSeconds?: number } | undefined;

  const serve: RequestListener = (request, response) => {
    requests.push(request.url ?? '');
    const url = new URL(request.url ?? '', 'https://localhost');
    const collection = collections.get(url.pathname);
    if (collection === undefined || answer !== undefined) {
      const { status, retryAfterSeconds } = answer ?? { status: 404 };
      response
        .writeHead(status, retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) })
        .end();
    } else if (url.searchParams.get('watch') === '1') {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      const since = Number(url.searchParams.get('resourceVersion'));
      for (const { at, line } of collection.events) if (at > since) response.write(line);
      collection.watches.add(response);
      response.once('close', () => collection.watches.delete(response));
    } else {
      const items = [...collection.objects.values()];
      response.end(JSON.stringify({ metadata: { resourceVersion: String(version) }, items }));
    }
  };
  const server = await createRestartable({ cert: certificate, key }, serve, port);

  const tell = (kind: string, type: string, object: Stored): void => {
    for (const watch of collections.get(paths[kind] ?? '')?.watches ?? [])
      watch.write(`${JSON.stringify({ type, object })}\n`);
  };
  const change = (
    kind: string,
    metadata: { readonly name: string; readonly namespace?: string },
    rest: object,
    isGone: boolean,
  ): void => {
    const { objects, events } = collections.get(paths[kind] ?? '') as Collection;
    const id = `${metadata.namespace}/${metadata.name}`;
    const object = { ...rest, metadata: { ...metadata, resourceVersion: String(++version) } };
    const before = objects.has(id);
    if (isGone) objects.delete(id);
    else objects.set(id, object);
    const type = isGone ? 'DELETED' : before ? 'MODIFIED' : 'ADDED';
    events.push({ at: version, line: `${JSON.stringify({ type, object })}\n` });
    tell(kind, type, object);
  };

  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(join(folder, 'ca.crt'), authority.certificate);
  writeFileSync(kubeconfig, kubeconfigOf(`https://127.0.0.1:${port}`, join(folder, 'ca.crt')));
  return {
    kubeconfig,
    requests,
    put: (object) => change(object.kind, object.metadata, object, false),
    remove: (object) => change(object.kind, object.metadata, object, true),
    addNamespace: (name) => change('Namespace', { name }, {}, false),
    expire() {
      for (const kind of Object.keys(paths)) tell(kind, 'ERROR', { kind: 'Status', code: 410, message: 'too old' });
    },
    async behave(mode) {
      answer = mode.kind === 'status' ? mode : undefined;
      await (mode.kind === 'refuse' ? server.stop() : server.start());
    },
    close: server.stop,
  };
}

/** A server that can leave its port and come back to it; started. */
async function createRestartable(options: ServerOptions, serve: RequestListener, port: number) {
  let server: Server | undefined;
  const start = async (): Promise<void> => {
    if (server !== undefined) return;
    const next = createServer(options, serve);
    server = next;
    await new Promise<void>((resolve) => next.listen(port, '127.0.0.1', resolve));
  };
  const stop = async (): Promise<void> => {
    const last = server;
    server = undefined;
    last?.closeAllConnections();
    await new Promise<void>((resolve) => (last === undefined ? resolve() : last.close(() => resolve())));
  };
  await start();
  return { start, stop };
}

function kubeconfigOf(server: string, caFile: string): string {
  return JSON.stringify({
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': caFile } }],
    users: [{ name: 'coredns', user: { token: 'secret' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'coredns' } }],
  });
}
