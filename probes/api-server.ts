// The API server's probe: climbs from TCP to a tiny write as an ordinary client, and reports each rung. It never throws for its target.
import type { CertificateAuthority } from '../functions/config/cluster/certificates.ts';
import type { Observation } from '../functions/decision/health/observation.ts';
import { withDeadline } from '../functions/lib/deadline.ts';
import type { Clock } from '../functions/lib/deps.ts';
import { messageOf } from '../functions/lib/errors.ts';
import type { Network } from '../functions/lib/network.ts';
import type { Target } from '../functions/model/target.ts';
import { type Climb, judgeLadder, type RequestSignal, type Rung } from './api-server-ladder.ts';
import { type ApiAddress, type ApiRequest, attempt } from './api-server-request.ts';
import type { CredentialResult, Identity } from './identity.ts';
import { observe, type ProbeContext } from './observe.ts';
import { type PemDeps, readAuthority } from './pem.ts';

export interface ApiServerDeps extends PemDeps {
  readonly network: Network;
  readonly clock: Clock;
  readonly identity: Identity;
}

/** The part of a cluster's `apiServer` configuration that the probe needs, and the deadline of the round. */
export interface ApiServerTarget {
  /** `https://host[:port][/path]`. */
  readonly url: string;
  readonly serverName?: string;
  /** Read again in each round, since a cluster's CA can rotate. */
  readonly ca?: CertificateAuthority;
  readonly readPath: string;
  readonly write?: { readonly namespace: string; readonly configMap: string };
  readonly slowMs: number;
  /** For each request, connecting included; they run at the same time. And for the credential, before them. */
  readonly timeoutMs: number;
}

/**
 * One round. The API budget is fixed: at most four requests (`/livez`, `/readyz?verbose`, one GET of one object, one PATCH of one
 * ConfigMap), each on a connection of its own, all at once, so that a hung one hides no other; no retry, no list, no watch.
 * Without a usable credential only the health endpoints are asked, anonymously.
 */
export async function probeApiServer(
  deps: ApiServerDeps,
  target: ApiServerTarget,
  context: ProbeContext,
): Promise<readonly Observation[]> {
  const { clock, identity } = deps;
  const name: Target = { kind: 'apiserver', id: new URL(target.url).host };
  const startedAt = clock.now();
  const emit = ({ signal, seen }: Rung) => observe(context, name, signal, seen, clock.now());
  const address = await addressOf(deps, target);
  if (typeof address === 'string') {
    const seen = { condition: 'unknown', reason: 'tls', evidence: address, latencyMs: 0 } as const;
    return [emit({ signal: 'apiserver.tls', seen })];
  }
  const credential = await credentialWithin(deps, target.timeoutMs);
  const given = credential.status === 'usable' ? credential.credential : undefined;
  const asks = [...healthRequests, ...(given === undefined ? [] : clientRequests(target, clock.now()))];
  const climbs: readonly Climb[] = await Promise.all(
    asks.map(async ({ signal, ask }) => ({
      signal,
      attempt: await attempt(deps, address, given, ask, target.timeoutMs),
    })),
  );
  if (climbs.some((climb) => statusOf(climb) === 401)) identity.rejected();
  const rungs = judgeLadder(climbs, target.slowMs, clock.now()).map((rung) => withCredential(rung, credential));
  return [...rungs, ...blindRungs(target, credential, clock.now() - startedAt)].map(emit);
}

/** A command that hangs must not hold the round up: the rungs that need no credential are what tells of an outage. */
async function credentialWithin({ clock, identity }: ApiServerDeps, timeoutMs: number): Promise<CredentialResult> {
  try {
    return await withDeadline(clock, { what: 'the credential', timeoutMs }, () => identity.credential());
  } catch (error) {
    return { status: 'refused', evidence: `${messageOf(error)}; the health endpoints are asked without it` };
  }
}

const healthRequests: readonly { readonly signal: RequestSignal; readonly ask: ApiRequest }[] = [
  { signal: 'apiserver.live', ask: { method: 'GET', path: '/livez' } },
  { signal: 'apiserver.ready', ask: { method: 'GET', path: '/readyz?verbose' } },
];

function clientRequests(
  { readPath, write }: ApiServerTarget,
  now: number,
): readonly { readonly signal: RequestSignal; readonly ask: ApiRequest }[] {
  const read = { signal: 'apiserver.read', ask: { method: 'GET', path: readPath } } as const;
  if (write === undefined) return [read];
  const patch = JSON.stringify({ data: { probedAt: new Date(now).toISOString() } });
  const ask: ApiRequest = {
    method: 'PATCH',
    path: `/api/v1/namespaces/${write.namespace}/configmaps/${write.configMap}?fieldManager=lifeboat`,
    headers: { 'Content-Type': 'application/merge-patch+json' },
    body: new TextEncoder().encode(patch),
  };
  return [read, { signal: 'apiserver.write', ask }];
}

/** A text is the reason why there is none. */
async function addressOf(deps: ApiServerDeps, target: ApiServerTarget): Promise<ApiAddress | string> {
  const url = new URL(target.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  try {
    const { ca } = target;
    const pem = ca === undefined ? undefined : await readAuthority(deps, ca);
    return {
      endpoint: { host, port: url.port === '' ? 443 : Number(url.port) },
      host: url.host,
      prefix: url.pathname.replace(/\/$/, ''),
      serverName: target.serverName ?? host,
      ca: pem,
    };
  } catch (error) {
    return `the CA of the API server: ${messageOf(error)}`;
  }
}

function statusOf({ attempt: { outcome } }: Climb): number | undefined {
  return outcome.status === 'answered' ? outcome.response.status : undefined;
}

/** Says on the read rung when the credential ends, where it says so itself. */
function withCredential(rung: Rung, credential: CredentialResult): Rung {
  if (rung.signal !== 'apiserver.read' || credential.status !== 'usable' || credential.daysLeft === undefined)
    return rung;
  const { seen } = rung;
  const evidence =
    credential.warning === undefined ? seen.evidence : `${seen.evidence}; ${credential.warning}: renew it`;
  return {
    ...rung,
    seen: { ...seen, evidence, details: { ...seen.details, credentialDaysLeft: credential.daysLeft } },
  };
}

/** The rungs that could not be climbed for want of a credential: unknown, never down. */
function blindRungs(target: ApiServerTarget, credential: CredentialResult, latencyMs: number): readonly Rung[] {
  if (credential.status === 'usable') return [];
  const seen = { condition: 'unknown', reason: 'credential', evidence: credential.evidence, latencyMs } as const;
  const read: Rung = { signal: 'apiserver.read', seen };
  return target.write === undefined ? [read] : [read, { signal: 'apiserver.write', seen }];
}
