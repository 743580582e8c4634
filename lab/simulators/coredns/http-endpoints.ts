// The HTTP endpoints of `health`, `ready` and `prometheus`. Blocks that name the same address share one endpoint. They say what they are told
// and decide nothing.
import { createServer, type Server } from 'node:http';
import { type Address, addressText } from './arguments.ts';
import type { Metrics } from './metrics.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** One path on one address. */
export interface HttpEndpoint {
  readonly address: Address;
  readonly path: '/health' | '/ready' | '/metrics';
  readonly answer: () => HttpAnswer;
}

export interface HttpEndpoints {
  close(): void;
}

const requestTimeoutMs = 5_000;

/** Starts a server for each address; rejects when one is taken. */
export async function startHttpEndpoints(endpoints: readonly HttpEndpoint[]): Promise<HttpEndpoints> {
  const servers: Server[] = [];
  for (const [where, own] of Map.groupBy(endpoints, ({ address }) => addressText(address))) {
    const { host, port } = (own[0] as HttpEndpoint).address;
    const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
      const endpoint = own.find(({ path }) => path === request.url?.split('?')[0]);
      const { status, text } = endpoint?.answer() ?? { status: 404, text: '404 page not found\n' };
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(new Error(`cannot listen on ${where} (http): ${error.code ?? error.message}`)),
      );
      server.listen({ host, port, exclusive: true }, resolve);
    });
    servers.push(server);
  }
  return {
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

/** Always well (plugin/health). */
export function healthAnswer(): HttpAnswer {
  return { status: 200, text: 'OK' };
}

/**
 * 200 once every plugin has said it is ready, until then 503 with the names of those that have not. A plugin that was ready once is not asked
 * again (`monitor until-ready`, the default of plugin/ready).
 */
export function createReadiness(plugins: readonly { readonly name: string; isReady(): boolean }[]): () => HttpAnswer {
  const waiting = new Set(plugins);
  return () => {
    for (const plugin of waiting) if (plugin.isReady()) waiting.delete(plugin);
    if (waiting.size === 0) return { status: 200, text: 'OK' };
    return { status: 503, text: [...new Set([...waiting].map(({ name }) => name))].sort().join(',') };
  };
}

export function metricsAnswer(metrics: Metrics): HttpAnswer {
  return { status: 200, text: metrics.text() };
}
