// One request to the API server over a connection of its own: TCP, TLS, HTTP, with how far it came. It must not judge what it saw.
import { withDeadline } from '../functions/lib/deadline.ts';
import type { Clock } from '../functions/lib/deps.ts';
import { formatEndpoint } from '../functions/lib/endpoint.ts';
import { type HttpResponse, request } from '../functions/lib/http1.ts';
import type { Endpoint, Network, TlsPeer } from '../functions/lib/network.ts';
import type { Credential } from './identity.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'PATCH';
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Where requests go and how the peer is verified. */
export interface ApiAddress {
  readonly endpoint: Endpoint;
  /** The Host header. */
  readonly host: string;
  /** What stands before each path: the path of the configured URL, mostly empty. */
  readonly prefix: string;
  readonly serverName: string;
  readonly ca: string | undefined;
}

export type Stage = 'connect' | 'tls' | 'request';

/** How far one request came. Times in milliseconds; a stage that was not reached has none. */
export interface Attempt {
  readonly what: string;
  readonly connectMs?: number;
  readonly tlsMs?: number;
  readonly peer?: TlsPeer;
  readonly outcome:
    | { readonly status: 'answered'; readonly response: HttpResponse; readonly latencyMs: number }
    | { readonly status: 'failed'; readonly stage: Stage; readonly error: unknown; readonly latencyMs: number };
}

const maxBodyBytes = 1_048_576;

/** Makes one request; never rejects. `timeoutMs` counts for everything together. */
export async function attempt(
  deps: { readonly network: Network; readonly clock: Clock },
  address: ApiAddress,
  credential: Credential | undefined,
  ask: ApiRequest,
  timeoutMs: number,
): Promise<Attempt> {
  const { network, clock } = deps;
  const path = `${address.prefix}${ask.path}`;
  const what = `${ask.method} ${path} at ${formatEndpoint(address.endpoint)}`;
  const reached: { stage: Stage; since: number; connectMs?: number; tlsMs?: number; peer?: TlsPeer } = {
    stage: 'connect',
    since: clock.now(),
  };
  const enter = (stage: Stage): number => {
    const tookMs = clock.now() - reached.since;
    reached.stage = stage;
    reached.since += tookMs;
    return tookMs;
  };
  const work = async (signal: AbortSignal): Promise<HttpResponse> => {
    const plain = await network.connect(address.endpoint, signal);
    try {
      reached.connectMs = enter('tls');
      const { serverName, ca } = address;
      const { certificate, key } = credential ?? {};
      const options = {
        serverName,
        ...(ca === undefined ? {} : { ca }),
        ...(certificate === undefined ? {} : { certificate }),
        ...(key === undefined ? {} : { key }),
      };
      const secure = await network.startTls(plain, options, signal);
      reached.tlsMs = enter('request');
      if (secure.tls !== undefined) reached.peer = secure.tls;
      const headers = headersOf(ask, credential);
      const { method, body } = ask;
      const message = { method, path, host: address.host, headers, ...(body === undefined ? {} : { body }) };
      return await request(secure, message, { maxBodyBytes, signal });
    } finally {
      plain.close();
    }
  };
  const stages = () => {
    const { connectMs, tlsMs, peer } = reached;
    return {
      what,
      ...(connectMs === undefined ? {} : { connectMs }),
      ...(tlsMs === undefined ? {} : { tlsMs }),
      ...(peer === undefined ? {} : { peer }),
    };
  };
  try {
    const response = await withDeadline(clock, { what, timeoutMs }, work);
    return { ...stages(), outcome: { status: 'answered', response, latencyMs: clock.now() - reached.since } };
  } catch (error) {
    const { stage, since } = reached;
    return { ...stages(), outcome: { status: 'failed', stage, error, latencyMs: clock.now() - since } };
  }
}

function headersOf(ask: ApiRequest, credential: Credential | undefined): Readonly<Record<string, string>> {
  const token = credential?.token;
  return {
    'User-Agent': 'lifeboat',
    Accept: 'application/json, text/plain',
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...ask.headers,
  };
}
