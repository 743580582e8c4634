// A small server for the browser tests: the page's routes, its assets with their headers, a stream of events and a session, on loopback.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ClusterView } from '../../functions/tasks/control/control-port.ts';
import { scenes } from '../functions/api/page/scenes.ts';
import { type FakeControl, fakeControl, operator, type Site, siteOf } from '../functions/api/page/site.ts';
import { root } from '../house/sources.ts';

const assets = join(root, 'functions/api/page/assets');
const types: Readonly<Record<string, string>> = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' };

export interface Served {
  readonly origin: string;
  readonly site: Site;
  readonly control: FakeControl;
  view: ClusterView;
  /** Tells every open page that there is something new. */
  announce(): void;
  /** Ends every stream; `refusing`: and takes no request any more. */
  cut(refusing?: boolean): void;
  /** Takes requests again. */
  mend(): void;
  /** Is there a stream of events? */
  streaming: boolean;
  /** Requests, as `GET /path`. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function serve(): Promise<Served> {
  const streams = new Set<ServerResponse>();
  let refusing = false;
  const control = fakeControl(() => served.view);
  const site = siteOf({ prod: control });
  const server = createServer(async (request, response) => {
    served.asked.push(`${request.method} ${request.url}`);
    if (refusing) return request.socket.destroy();
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    if (path === '/v1/clusters/prod/events' && served.streaming) return openStream(response, streams);
    if (path === '/session') {
      site.caller = operator;
      return redirect(response);
    }
    if (path === '/session/end') {
      site.caller = undefined;
      return redirect(response);
    }
    if (/^\/[a-z]+\.(css|js|svg)$/.test(path)) return sendAsset(response, path);
    await answer(site, served.origin, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const served: Served = {
    origin: `http://127.0.0.1:${port}`,
    site,
    control,
    view: scenes.calm(),
    announce: () => {
      for (const stream of streams) stream.write('event: view\ndata: {}\n\n');
    },
    cut: (refuse = false) => {
      refusing = refuse;
      for (const stream of streams) stream.destroy();
      streams.clear();
    },
    mend: () => {
      refusing = false;
    },
    streaming: true,
    asked: [],
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return served;
}

function openStream(response: ServerResponse, streams: Set<ServerResponse>): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write('event: view\ndata: {}\n\n');
  streams.add(response);
  response.on('close', () => streams.delete(response));
}

function redirect(response: ServerResponse): void {
  response.writeHead(303, { location: '/' }).end();
}

/** As Workers static assets serve them: with what `_headers` says of all. */
function sendAsset(response: ServerResponse, path: string): void {
  const headers = Object.fromEntries(
    readFileSync(join(assets, '_headers'), 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, name, value] = /^ {2}([\w-]+): (.*)$/.exec(line) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value] as const];
      }),
  );
  const type = types[path.split('.').at(-1) ?? ''] ?? 'text/plain';
  response.writeHead(200, { ...headers, 'content-type': `${type}; charset=utf-8` });
  response.end(readFileSync(join(assets, path)));
}

async function answer(site: Site, origin: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as [string, string]] : [],
  );
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  const given = await site.app.request(`${origin}${request.url}`, {
    method: request.method ?? 'GET',
    headers,
    ...(hasBody ? { body: Buffer.concat(chunks) } : {}),
  });
  response.writeHead(given.status, Object.fromEntries(given.headers));
  response.end(Buffer.from(await given.arrayBuffer()));
}
