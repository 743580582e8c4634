// The probe of one CoreDNS address: does it answer a known name, and how old is its view. It never throws for its target, and what a
// cache or another server could have answered is never called up.

import type { Observation } from '../functions/decision/health/observation.ts';
import { type DnsDeps, query, type Reply } from '../functions/dnswire/transport.ts';
import { formatEndpoint } from '../functions/lib/endpoint.ts';
import type { Endpoint } from '../functions/lib/network.ts';
import type { Target } from '../functions/model/target.ts';
import { child, type Name } from '../functions/records/name.ts';
import type { DnsRecord } from '../functions/records/rrset.ts';
import {
  askCorednsSerial,
  failureOf,
  ownSerialOf,
  type SerialHint,
  type SerialOutcome,
  type SerialTarget,
} from './dns-serial.ts';
import { observe, type ProbeContext, type Seen } from './observe.ts';

/** The part of a cluster's `dns` configuration that the probe needs; `timeoutMs` is the deadline of each of the two questions. */
export interface DnsTarget extends SerialTarget {
  /** The Corefile's TTL. */
  readonly ttlSeconds: number;
  /** A name relative to the zone that always has an address. */
  readonly knownName: string;
}

/**
 * One round at one server: two questions at the same time (a third for a cluster of IPv6 only; in
 * `auto` two more until it is known what the cluster supports), over UDP
 * and then TCP where the platform has UDP. Gives `dns.answer` and `dns.serial`; the latter's details are the next round's `hint`.
 */
export async function probeDns(
  deps: DnsDeps,
  server: Endpoint,
  target: DnsTarget,
  context: ProbeContext,
  hint: SerialHint = {},
): Promise<readonly [answer: Observation, serial: Observation]> {
  const { clock } = deps;
  const name: Target = { kind: 'dns', id: formatEndpoint(server) };
  const startedAt = clock.now();
  const [answer, serial] = await Promise.all([
    askKnownName(deps, server, target),
    askCorednsSerial(deps, server, target, hint).then((outcome) => ({ outcome, latencyMs: clock.now() - startedAt })),
  ]);
  const { outcome, latencyMs } = serial;
  return [
    observe(context, name, 'dns.answer', answerSeen(answer, outcome), clock.now()),
    observe(context, name, 'dns.serial', serialSeen(outcome, latencyMs, clock.now()), clock.now()),
  ];
}

type Answer =
  | {
      readonly status: 'answered';
      readonly reply: Reply;
      readonly known: Name;
      readonly zone: Name;
      readonly peer: string;
      readonly ttlSeconds: number;
    }
  | { readonly status: 'failed'; readonly error: unknown; readonly latencyMs: number };

async function askKnownName(deps: DnsDeps, server: Endpoint, target: DnsTarget): Promise<Answer> {
  const startedAt = deps.clock.now();
  const { timeoutMs, ttlSeconds, zone, knownName } = target;
  const known = child(knownName, zone);
  try {
    let reply = await query(deps, server, { name: known, type: 'A' }, { timeoutMs });
    const { rcode, answers } = reply.message;
    // A cluster may have IPv6 addresses only.
    if (rcode === 'NOERROR' && answers.length === 0) {
      reply = await query(deps, server, { name: known, type: 'AAAA' }, { timeoutMs });
    }
    return { status: 'answered', reply, known, zone, peer: formatEndpoint(server), ttlSeconds };
  } catch (error) {
    return { status: 'failed', error, latencyMs: deps.clock.now() - startedAt };
  }
}

/** The default of the `kubernetes` plugin (https://coredns.io/plugins/kubernetes/). */
const corednsTtlSeconds = 5;

/*
 * Policy for `dns.answer` (first row that fits).
 *
 * | seen                                                        | condition | reason       |
 * |-------------------------------------------------------------|-----------|--------------|
 * | over TLS: its certificate could not be verified             | unknown   | tls: nothing was asked |
 * | no answer                                                   | down      | timeout, refused, unreachable, closed, protocol |
 * | SERVFAIL with CoreDNS's own SOA, or the serial says unsynced | down      | unsynced     |
 * | SERVFAIL                                                    | down      | servfail     |
 * | REFUSED                                                     | down      | refused      |
 * | NXDOMAIN, no data, another code                             | down      | wrong-answer |
 * | the serial question shows that another server answers here  | unknown   | cached       |
 * | not authoritative, or a TTL below the Corefile's            | unknown   | cached: answered by a cache, which proves nothing |
 * | an address, authoritative, with the full TTL                | up        | none         |
 */
function answerSeen(answer: Answer, serial: SerialOutcome): Seen {
  if (answer.status === 'failed') {
    const { status, reason, evidence } = failureOf(answer.error);
    return { condition: status, reason, evidence, latencyMs: answer.latencyMs };
  }
  const { reply, known, zone, peer, ttlSeconds } = answer;
  const { message, latencyMs, protocol } = reply;
  const { rcode, flags } = message;
  const opening = `${rcode} from ${peer} in ${latencyMs} ms`;
  const seen = (condition: Seen['condition'], reason: Seen['reason'], evidence: string, ttl?: number): Seen => {
    return {
      condition,
      reason,
      evidence,
      latencyMs,
      details: { protocol, ...(ttl === undefined ? {} : { ttlSeconds: ttl }) },
    };
  };
  if (rcode === 'SERVFAIL') {
    const isUnsynced = serial.status === 'unsynced' || ownSerialOf(message, zone) !== undefined;
    if (!isUnsynced) return seen('down', 'servfail', `${opening} for ${known}`);
    return seen('down', 'unsynced', `${opening}: CoreDNS has no API data (unsynced)`);
  }
  if (rcode === 'REFUSED') return seen('down', 'refused', `${opening} for ${known}: it does not serve the zone to us`);
  const addresses = addressesOf(message.answers, known);
  const [first] = addresses;
  if (rcode !== 'NOERROR' || first === undefined) {
    const what = rcode === 'NOERROR' ? 'no address' : 'its answer';
    return seen('down', 'wrong-answer', `${opening}: ${what} for ${known}, which must exist`);
  }
  const ttl = Math.min(...addresses.map((record) => record.ttlSeconds));
  const text = `${opening}: ${known} is ${first.value}, TTL ${ttl}`;
  if (serial.status === 'unknown' && serial.reason === 'cached') {
    return seen('unknown', 'cached', `${text}, but not by CoreDNS itself: see dns.serial`, ttl);
  }
  if (!flags.aa)
    return seen('unknown', 'cached', `${text}, not authoritative: answered by a cache, which proves nothing`, ttl);
  if (ttl < ttlSeconds) {
    const other = `or the Corefile has another ttl (its kubernetes block says it, CoreDNS takes ${corednsTtlSeconds} where it says none): then set dns.ttlSeconds to that`;
    return seen(
      'unknown',
      'cached',
      `${text} of ${ttlSeconds}: answered by a cache, which proves nothing, ${other}`,
      ttl,
    );
  }
  const above =
    ttl > ttlSeconds ? ` (above the configured ${ttlSeconds}: set dns.ttlSeconds to what the Corefile says)` : '';
  return seen('up', 'none', `${text}${above}`, ttl);
}

function serialSeen(outcome: SerialOutcome, latencyMs: number, now: number): Seen {
  const { evidence } = outcome;
  switch (outcome.status) {
    case 'serial': {
      const { serial, method } = outcome;
      const details = { serial, serialMethod: method, ageSeconds: Math.round(now / 1000) - serial };
      return { condition: 'up', reason: 'none', evidence, latencyMs, details };
    }
    case 'unsynced':
      return { condition: 'down', reason: 'unsynced', evidence, latencyMs, details: { serialMethod: outcome.method } };
    case 'down':
    case 'unknown':
      return { condition: outcome.status, reason: outcome.reason, evidence, latencyMs };
  }
}

/** The addresses at the name itself: what comes by way of a CNAME is another name's. */
function addressesOf(answers: readonly DnsRecord[], known: Name): readonly DnsRecord[] {
  return answers.filter(({ type, name }) => (type === 'A' || type === 'AAAA') && name === known);
}
