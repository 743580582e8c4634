// List and watch requests to the API server over HTTPS, with a deadline for each step. They repeat only what client-go repeats inside one
// request: 429 with Retry-After. What to do after a failure is the reflector's matter.

import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ApiAccess } from './kubeconfig.ts';

/** What went wrong, as far as the reflector makes a difference. */
export class ApiError extends Error {
  readonly kind: 'refused' | 'too-many' | 'expired' | 'other';

  constructor(kind: ApiError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface ListedObjects {
  readonly resourceVersion: string;
  readonly items: readonly unknown[];
}

export interface WatchEvent {
  readonly type: string;
  readonly object: unknown;
}

export interface ApiRequests {
  list(path: string, resourceVersion: string): Promise<ListedObjects>;
  /** Events until the server ends the watch, or it is silent for too long. */
  watch(path: string, resourceVersion: string): AsyncIterable<WatchEvent>;
  close(): void;
}

const connectMs = 10_000;
/** Between two pieces of a list. */
const silenceMs = 30_000;
/** kube-apiserver sends a bookmark about each minute; real CoreDNS notices a dead connection by HTTP/2 pings after 45 s. */
const watchSilenceMs = 90_000;
/** client-go: tools/cache/reflector.go asks for 5 to 10 minutes. */
const leastWatchSeconds = 300;
const mostListOctets = 256 * 1024 * 1024;
const mostLineCharacters = 8 * 1024 * 1024;
/** client-go: rest/with_retry.go. */
const mostTries = 10;
const mostRetryAfterSeconds = 30;

const listBody = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  items: z.array(z.unknown()).nullable(),
});
const eventBody = z.object({ type: z.string(), object: z.unknown() });

export function createApiRequests(access: ApiAccess): ApiRequests {
  const abort = new AbortController();

  const openWell = async (path: string): Promise<IncomingMessage> => {
    for (let tries = 1; ; tries++) {
      const incoming = await open(access, path, abort.signal);
      const status = incoming.statusCode ?? 0;
      if (status === 200) return incoming;
      const waitSeconds = Math.min(Number(incoming.headers['retry-after']), mostRetryAfterSeconds);
      incoming.destroy();
      const mayRepeat = (status === 429 || (status >= 500 && status !== 504)) && waitSeconds >= 0 && tries < mostTries;
      if (!mayRepeat) throw new ApiError(kindOf(status), `GET ${path}: HTTP ${status}`);
      await sleep(waitSeconds * 1_000, undefined, { signal: abort.signal });
    }
  };

  return {
    async list(path, resourceVersion) {
      const incoming = await openWell(`${path}?resourceVersion=${resourceVersion}`);
      const body = listBody.parse(JSON.parse(await readAll(path, incoming)));
      return { resourceVersion: body.metadata.resourceVersion, items: body.items ?? [] };
    },
    async *watch(path, resourceVersion) {
      const seconds = leastWatchSeconds + Math.floor(Math.random() * leastWatchSeconds);
      const query = `watch=1&allowWatchBookmarks=true&resourceVersion=${resourceVersion}&timeoutSeconds=${seconds}`;
      const incoming = await openWell(`${path}?${query}`);
      endWhenSilent(incoming, watchSilenceMs);
      let pending = '';
      incoming.setEncoding('utf8');
      try {
        for await (const chunk of incoming as AsyncIterable<string>) {
          const lines = `${pending}${chunk}`.split('\n');
          pending = lines.pop() ?? '';
          if (pending.length > mostLineCharacters)
            throw new ApiError('other', `${path}: an event above ${mostLineCharacters} characters`);
          for (const line of lines) if (line !== '') yield eventBody.parse(JSON.parse(line));
        }
      } catch (error) {
        throw error instanceof ApiError ? error : faultOf(path, error as Error);
      } finally {
        incoming.destroy();
      }
    },
    close: () => abort.abort(),
  };
}

/** The response's head, each time over a connection of its own. */
function open({ server, ca, token }: ApiAccess, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'user-agent': 'lifeboat-lab-coredns',
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${server}${path}`, { ca, agent: false, headers, signal });
    const endAfter = (what: string, ms: number): NodeJS.Timeout =>
      setTimeout(() => outgoing.destroy(new Error(`no ${what} in ${ms} ms`)), ms);
    const connecting = endAfter('connection', connectMs);
    const answering = endAfter('answer', silenceMs);
    outgoing.once('socket', (socket) => socket.once('secureConnect', () => clearTimeout(connecting)));
    outgoing.once('close', () => clearTimeout(connecting));
    outgoing.once('error', (error) => {
      clearTimeout(answering);
      reject(faultOf(path, error));
    });
    outgoing.once('response', (incoming) => {
      clearTimeout(answering);
      resolve(incoming);
    });
    outgoing.end();
  });
}

function endWhenSilent(incoming: IncomingMessage, ms: number): void {
  incoming.socket.setTimeout(ms, () => incoming.destroy(new Error(`silent for ${ms} ms`)));
}

async function readAll(path: string, incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let octets = 0;
  endWhenSilent(incoming, silenceMs);
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      octets += chunk.length;
      if (octets > mostListOctets) throw new ApiError('other', `GET ${path}: more than ${mostListOctets} octets`);
    }
  } catch (error) {
    throw error instanceof ApiError ? error : faultOf(path, error as Error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function kindOf(status: number): ApiError['kind'] {
  if (status === 429) return 'too-many';
  // 504 is how the server says that it has never heard of so high a version: its store is another one, or was set back.
  return status === 410 || status === 504 ? 'expired' : 'other';
}

function faultOf(path: string, error: NodeJS.ErrnoException): ApiError {
  const kind = error.code === 'ECONNREFUSED' ? 'refused' : 'other';
  return new ApiError(kind, `GET ${path}: ${error.code ?? error.message}`);
}
