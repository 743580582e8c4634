// From what the requests of one round gave to one observation a rung. Pure: the policy table of the API server's probe.

import type { Signal } from '../functions/decision/health/observation.ts';
import { assertNever } from '../functions/lib/assert.ts';
import { codeOf, messageOf } from '../functions/lib/errors.ts';
import type { HttpResponse } from '../functions/lib/http1.ts';
import { networkReasonOf } from '../functions/lib/network.ts';
import type { Attempt } from './api-server-request.ts';
import { daysLeft, type Seen, warningDays } from './observe.ts';

/*
 * Policy. Each rung is judged by itself; what they say together is decided in functions/decision/health/ladder.ts (a read that fails while the
 * health endpoints answer is "degraded" there: only they are exempt from API Priority and Fairness).
 *
 * | rung              | seen                                            | condition | reason       |
 * |-------------------|-------------------------------------------------|-----------|--------------|
 * | connect           | any connection of the round opened              | up        | none         |
 * |                   | refused, no route, no such host, no answer      | down      | refused, unreachable, no-connection, timeout |
 * | tls               | any handshake of the round was verified         | up        | none         |
 * |                   | certificate of another CA or for another name: no proof that the API is down, our CA may be old | unknown | tls |
 * |                   | certificate expired: every client that verifies fails, CoreDNS and the kubelets too | down | tls |
 * |                   | our client certificate or key cannot be used    | unknown   | credential   |
 * |                   | no answer to the handshake (a stopped process: the kernel still accepts), or cut | down | timeout, closed |
 * | live, ready       | 200                                             | up        | none         |
 * |                   | not 200, with failed checks named               | down      | check-failed |
 * | read, write       | 2xx within slowMs                               | up        | none         |
 * |                   | 2xx later                                       | degraded  | slow         |
 * |                   | no usable credential                            | unknown   | credential   |
 * | every request     | 401, 403                                        | unknown   | credential   |
 * |                   | 429: flow control rejects ordinary clients      | degraded  | throttled    |
 * |                   | other 5xx                                       | down      | http-status  |
 * |                   | other status: the path or object is not there, or not ours to ask for | unknown | http-status |
 * |                   | no answer, cut, not HTTP                        | down      | timeout, closed, protocol |
 * |                   | an answer over 1 MiB: readPath is no small object | unknown | protocol     |
 *
 * When no connection or no handshake of the round succeeded, the rungs above are not reported: nothing was seen of them.
 * A serving certificate that ends within 14 days stays `up`; the evidence says so and `certificateDaysLeft` counts.
 */

export interface Rung {
  readonly signal: Signal;
  readonly seen: Seen;
}

export type RequestSignal = 'apiserver.live' | 'apiserver.ready' | 'apiserver.read' | 'apiserver.write';

export interface Climb {
  readonly signal: RequestSignal;
  readonly attempt: Attempt;
}

/** The rungs of one round, from the bottom. `climbs` has at least one attempt; `now` in milliseconds since the epoch. */
export function judgeLadder(climbs: readonly Climb[], slowMs: number, now: number): readonly Rung[] {
  const attempts = climbs.map(({ attempt }) => attempt);
  const [first] = attempts;
  if (first === undefined) return [];
  const connected = attempts.find(({ connectMs }) => connectMs !== undefined);
  if (connected === undefined) return [{ signal: 'apiserver.connect', seen: failureSeen(first) }];
  const connectMs = connected.connectMs ?? 0;
  const connect: Rung = {
    signal: 'apiserver.connect',
    seen: up(`${peerOf(connected)} accepts TCP connections, in ${connectMs} ms`, connectMs),
  };
  const secured = attempts.find(({ tlsMs }) => tlsMs !== undefined);
  if (secured === undefined) return [connect, { signal: 'apiserver.tls', seen: failureSeen(connected) }];
  const tls: Rung = { signal: 'apiserver.tls', seen: tlsSeen(secured, now) };
  return [
    connect,
    tls,
    ...climbs.map(({ signal, attempt }) => ({ signal, seen: requestSeen(signal, attempt, slowMs) })),
  ];
}

function tlsSeen(attempt: Attempt, now: number): Seen {
  const { peer, tlsMs = 0 } = attempt;
  const opening = `${peer?.protocol ?? 'TLS'} with ${peerOf(attempt)} in ${tlsMs} ms`;
  if (peer?.notAfter === undefined) return up(opening, tlsMs);
  const days = daysLeft(peer.notAfter, now);
  const subject = peer.subject === undefined ? 'its certificate' : `its certificate (${peer.subject})`;
  const end = days < warningDays ? `ends in ${days} days: renew it` : `is valid for ${days} more days`;
  return { ...up(`${opening}; ${subject} ${end}`, tlsMs), details: { certificateDaysLeft: days } };
}

function requestSeen(signal: RequestSignal, attempt: Attempt, slowMs: number): Seen {
  const { outcome, what } = attempt;
  if (outcome.status === 'failed') return failureSeen(attempt);
  const { response, latencyMs } = outcome;
  const { status } = response;
  const details = detailsOf(response);
  const seen = (condition: Seen['condition'], reason: Seen['reason'], more = ''): Seen => {
    return { condition, reason, evidence: `${what}: ${status} in ${latencyMs} ms${more}`, latencyMs, details };
  };
  if (status === 401 || status === 403) {
    const anonymous = status === 401 ? 'our credential is not taken' : 'our identity may not do this';
    return seen('unknown', 'credential', `: ${anonymous}; this says nothing about the API server's health`);
  }
  if (status === 429) {
    const after = details.retryAfterSeconds;
    const wait = after === undefined ? '' : `, retry after ${after} s`;
    return seen('degraded', 'throttled', `${wait}: API Priority and Fairness rejects ordinary clients`);
  }
  if (signal === 'apiserver.live' || signal === 'apiserver.ready') {
    const failed = failedChecks(response);
    if (status === 200) return seen('up', 'none');
    if (failed.length > 0) return seen('down', 'check-failed', `, failed checks: ${failed.join(', ')}`);
  } else if (status >= 200 && status < 300) {
    return latencyMs > slowMs ? seen('degraded', 'slow', `, more than ${slowMs} ms`) : seen('up', 'none');
  }
  if (status >= 500) return seen('down', 'http-status');
  return seen('unknown', 'http-status', `: ${hints[signal]}`);
}

const hints: Readonly<Record<RequestSignal, string>> = {
  'apiserver.live': 'is this the API server?',
  'apiserver.ready': 'is this the API server?',
  'apiserver.read': 'readPath must name one small object that exists',
  'apiserver.write': 'make the ConfigMap that the configuration names under apiServer.write',
};

const maxNamedChecks = 8;

/** `[-]etcd failed: reason withheld` lines of the verbose form. */
function failedChecks({ body }: HttpResponse): readonly string[] {
  const text = new TextDecoder().decode(body);
  return Array.from(text.matchAll(/^\[-\]([\w./-]{1,80}) /gm), ([, name = '']) => name).slice(0, maxNamedChecks);
}

function detailsOf({ status, headers }: HttpResponse): Readonly<Record<string, string | number>> {
  const retryAfter = headers.get('retry-after');
  const uids = {
    flowSchemaUid: headers.get('x-kubernetes-pf-flowschema-uid'),
    priorityLevelUid: headers.get('x-kubernetes-pf-prioritylevel-uid'),
  };
  return {
    httpStatus: status,
    ...(retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? { retryAfterSeconds: Number(retryAfter) } : {}),
    ...Object.fromEntries(Object.entries(uids).filter(([, uid]) => uid !== undefined && /^[\w-]{1,80}$/.test(uid))),
  };
}

/** What an attempt that failed says, at whichever stage it did. */
function failureSeen(attempt: Attempt): Seen {
  const { outcome, what } = attempt;
  const failure = outcome.status === 'failed' ? outcome : undefined;
  const error = failure?.error;
  const latencyMs = outcome.latencyMs;
  const message = messageOf(error);
  const text = message.startsWith(what) ? message : `${what}: ${message}`;
  const seen = (condition: Seen['condition'], reason: Seen['reason'], more = ''): Seen => {
    return { condition, reason, evidence: `${text}${more}`, latencyMs };
  };
  const code = codeOf(error);
  switch (code) {
    case 'timeout':
      return seen('down', 'timeout', stalled(attempt));
    case 'network': {
      const reason = networkReasonOf(error);
      return seen('down', reason === 'other' ? 'no-connection' : reason);
    }
    case 'tls':
      return tlsFailureSeen(message, seen);
    case 'credential':
      return seen('unknown', 'credential');
    case 'limit':
      return seen('unknown', 'protocol', ': readPath must name one small object');
    case 'protocol':
      return seen('down', 'protocol');
    case 'usage':
    case 'config':
    case 'input':
    case 'conflict':
    case 'refused':
    case 'store':
    case 'internal':
      return seen('unknown', 'protocol');
    default:
      return assertNever(code, 'error code');
  }
}

function tlsFailureSeen(
  message: string,
  seen: (condition: Seen['condition'], reason: Seen['reason'], more: string) => Seen,
): Seen {
  // Alerts come from the peer, over what we showed it: OpenSSL calls them so, Go says `remote error`.
  if (/alert|remote error/i.test(message) && /certificate|unknown.ca/i.test(message)) {
    return seen('unknown', 'credential', ': the API server does not take our client certificate');
  }
  if (/expired/i.test(message)) {
    return seen('down', 'tls', ': every client that verifies certificates fails like this (unless our clock is wrong)');
  }
  return seen(
    'unknown',
    'tls',
    ': not signed by the configured CA or not for this name; is the CA still the right one?',
  );
}

/** How far a request came that got no answer. */
function stalled({ connectMs, tlsMs }: Attempt): string {
  if (connectMs === undefined) return ' (no TCP connection)';
  if (tlsMs === undefined)
    return ' (TCP is accepted, the TLS handshake is not answered: a hung process looks like this)';
  return ' (TLS is up, the request is not answered)';
}

function up(evidence: string, latencyMs: number): Seen {
  return { condition: 'up', reason: 'none', evidence, latencyMs };
}

function peerOf({ what }: Attempt): string {
  return what.slice(what.lastIndexOf(' at ') + 4);
}
