// CoreDNS's live SOA serial, asked for in ways that no cache can answer. The serial is the Unix second of the last change that this
// replica has seen; 0 or SERVFAIL mean that it has no API data. It must not compare replicas (dns-replicas.ts does).

import type { Reason } from '../functions/decision/health/observation.ts';
import { ixfrSerial } from '../functions/dnswire/axfr.ts';
import type { DnsMessage } from '../functions/dnswire/message.ts';
import { type DnsDeps, query, type Reply } from '../functions/dnswire/transport.ts';
import type { TsigKey } from '../functions/dnswire/tsig.ts';
import { toHex } from '../functions/lib/canonical.ts';
import type { Random } from '../functions/lib/deps.ts';
import { formatEndpoint } from '../functions/lib/endpoint.ts';
import { codeOf, messageOf } from '../functions/lib/errors.ts';
import { type Endpoint, networkReasonOf } from '../functions/lib/network.ts';
import { child, type Name } from '../functions/records/name.ts';
import { parseSoa } from '../functions/records/rdata/index.ts';
import type { AskSerial, SerialAnswer } from '../functions/snapshot/axfr-words.ts';

export const serialMethods = ['random-name', 'pod-txt', 'ixfr'] as const;
export type SerialMethod = (typeof serialMethods)[number];

/** The part of a cluster's `dns` configuration that the serial question needs. */
export interface SerialTarget {
  readonly zone: Name;
  readonly serialMethod: 'auto' | SerialMethod;
  /** An existing namespace for the random names. */
  readonly probeNamespace: string;
  /** For everything together. */
  readonly timeoutMs: number;
  /** Signs IXFR. */
  readonly tsig?: TsigKey;
}

/** What is known from before: the method that worked, and the serial, which keeps an IXFR answer at one record. */
export interface SerialHint {
  readonly method?: SerialMethod;
  readonly serial?: number;
}

export type SerialOutcome =
  | { readonly status: 'serial'; readonly method: SerialMethod; readonly serial: number; readonly evidence: string }
  /** CoreDNS answers and has no API data. */
  | { readonly status: 'unsynced'; readonly method: SerialMethod; readonly evidence: string }
  /** No answer; `reason` is `refused`, `timeout`, `servfail`, … */
  | { readonly status: 'down'; readonly reason: Reason; readonly evidence: string }
  /** `cached`: somebody answers who is not CoreDNS itself (a standby, a cache); `refused`: no method is allowed; `credential`: TSIG; `tls`: not verified. */
  | {
      readonly status: 'unknown';
      readonly reason: 'cached' | 'refused' | 'credential' | 'tls';
      readonly evidence: string;
    };

/** What one method gave; `unsupported`: try the next one. */
type MethodOutcome =
  | SerialOutcome
  | { readonly status: 'unsupported'; readonly evidence: string; readonly foreign: boolean };

/*
 * The methods, in the order in which `auto` tries them. It begins with the one that worked last and stays with it while it works.
 *
 * | method      | question                                  | good answer          | cannot be used when                         |
 * |-------------|-------------------------------------------|----------------------|---------------------------------------------|
 * | random-name | `<nonce>.<ns>.svc.<zone>` A               | NXDOMAIN and the SOA | `fallthrough` sends it on to another server |
 * | pod-txt     | `a-b-c-d.<ns>.pod.<zone>` TXT, random IP  | NODATA and the SOA   | … and pods are disabled                     |
 * | ixfr        | IXFR over TCP                             | the SOA              | no `transfer`                               |
 *
 * random-name comes first because it is the strictest: CoreDNS answers SERVFAIL to it until every one of its watches is synced, while
 * pod-txt is content with the list of namespaces. IXFR tells nothing about synced but a serial of 0.
 */
const methods: readonly SerialMethod[] = ['random-name', 'pod-txt', 'ixfr'];

/** Asks one server for its live serial. Never rejects for the server's fault. */
export async function askCorednsSerial(
  deps: DnsDeps,
  server: Endpoint,
  target: SerialTarget,
  hint: SerialHint = {},
  signal?: AbortSignal,
): Promise<SerialOutcome> {
  const { serialMethod, timeoutMs } = target;
  const startedAt = deps.clock.now();
  const unsupported: string[] = [];
  let foreign = false;
  for (const method of orderOf(serialMethod, hint.method)) {
    const left = Math.max(1, timeoutMs - (deps.clock.now() - startedAt));
    const options = { timeoutMs: left, ...(signal === undefined ? {} : { signal }) };
    const outcome =
      method === 'ixfr'
        ? await byIxfr(deps, server, target, hint, options)
        : await byName(deps, server, target, method, options);
    if (outcome.status !== 'unsupported') return outcome;
    unsupported.push(`${method}: ${outcome.evidence}`);
    foreign ||= outcome.foreign;
  }
  const text = `no live serial from ${formatEndpoint(server)}: ${unsupported.join('; ')}`;
  if (!foreign) return { status: 'unknown', reason: 'refused', evidence: text };
  return { status: 'unknown', reason: 'cached', evidence: `${text}; CoreDNS itself cannot be seen on this address` };
}

/** The question as the snapshot source asks it; without a memory, so that the strictest method is tried first. */
export function createSerialAsker(deps: DnsDeps, target: SerialTarget): AskSerial {
  return async (server, signal): Promise<SerialAnswer> => {
    const outcome = await askCorednsSerial(deps, server, target, {}, signal);
    const { evidence } = outcome;
    if (outcome.status === 'serial') return { status: 'serial', serial: outcome.serial, evidence };
    return { status: outcome.status, evidence };
  };
}

function orderOf(configured: SerialTarget['serialMethod'], known: SerialMethod | undefined): readonly SerialMethod[] {
  if (configured !== 'auto') return [configured];
  return known === undefined ? methods : [known, ...methods.filter((method) => method !== known)];
}

interface AskOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

async function byName(
  deps: DnsDeps,
  server: Endpoint,
  { zone, probeNamespace }: SerialTarget,
  method: 'random-name' | 'pod-txt',
  options: AskOptions,
): Promise<MethodOutcome> {
  const ask =
    method === 'random-name'
      ? ({ name: child(`${randomLabel(deps.random)}.${probeNamespace}.svc`, zone), type: 'A' } as const)
      : ({ name: child(`${randomPodLabel(deps.random)}.${probeNamespace}.pod`, zone), type: 'TXT' } as const);
  try {
    return readSerial(await query(deps, server, ask, options), server, zone, method, deps.clock.now());
  } catch (error) {
    return failureOf(error);
  }
}

function readSerial(reply: Reply, server: Endpoint, zone: Name, method: SerialMethod, now: number): MethodOutcome {
  const { message, latencyMs } = reply;
  const { rcode, answers } = message;
  const peer = formatEndpoint(server);
  const own = ownSerialOf(message, zone);
  const opening = `${rcode} from ${peer} in ${latencyMs} ms`;
  if (rcode === 'SERVFAIL') return servfailOutcome(opening, own !== undefined, method);
  if (rcode === 'REFUSED') return { status: 'unsupported', foreign: false, evidence: `${opening}` };
  if (rcode !== 'NXDOMAIN' && rcode !== 'NOERROR') return { status: 'down', reason: 'wrong-answer', evidence: opening };
  if (own !== undefined && answers.length === 0) return serialOutcome(own, opening, method, now);
  const other = foreignSoaOf(message);
  if (other !== undefined) {
    return {
      status: 'unsupported',
      foreign: true,
      evidence: `${opening} with the SOA of ${other}: another server answers here`,
    };
  }
  const what = answers.length > 0 ? `${answers.length} records for a random name` : 'no SOA';
  return { status: 'unsupported', foreign: true, evidence: `${opening} with ${what}` };
}

/** CoreDNS answers SERVFAIL with its own SOA when it is not synced; a forwarder's SERVFAIL carries none. */
function servfailOutcome(opening: string, isOwn: boolean, method: SerialMethod): SerialOutcome {
  if (isOwn) return { status: 'unsynced', method, evidence: `${opening}: CoreDNS has no API data (unsynced)` };
  return { status: 'down', reason: 'servfail', evidence: `${opening}: whoever it forwards to does not answer` };
}

function serialOutcome(serial: number, opening: string, method: SerialMethod, now: number): SerialOutcome {
  if (serial === 0) {
    return { status: 'unsynced', method, evidence: `${opening}, serial 0: CoreDNS has no API data (unsynced)` };
  }
  const age = Math.round(now / 1000) - serial;
  const seen = age < 0 ? `${-age} s ahead of our clock` : `last change seen ${age} s ago`;
  return { status: 'serial', method, serial, evidence: `${opening}, serial ${serial} (by ${method}): ${seen}` };
}

async function byIxfr(
  deps: DnsDeps,
  server: Endpoint,
  { zone, tsig, serialMethod }: SerialTarget,
  hint: SerialHint,
  options: AskOptions,
): Promise<MethodOutcome> {
  const answer = await ixfrSerial(deps, server, zone, {
    ...options,
    knownSerial: hint.serial ?? 0,
    ...(tsig === undefined ? {} : { tsig }),
  });
  if (answer.status === 'answered') {
    const { mname, rname } = answer.soa;
    const opening = `SOA from ${formatEndpoint(server)} in ${answer.latencyMs} ms`;
    if (isOwnSoa(mname, rname, zone)) return serialOutcome(answer.serial, opening, 'ixfr', deps.clock.now());
    return { status: 'unsupported', foreign: true, evidence: `${opening} of ${mname}: another server answers here` };
  }
  const { reason, evidence } = answer;
  switch (reason) {
    case 'timeout':
      return { status: 'down', reason: 'timeout', evidence };
    case 'bad-mac':
    case 'bad-key':
    case 'bad-time':
    case 'missing-mac':
      return { status: 'unknown', reason: 'credential', evidence };
    case 'tls':
      return { status: 'unknown', reason: 'tls', evidence };
    case 'network':
    case 'truncated':
      // In `auto` the server has answered over UDP before this: that TCP is closed is no news of its health.
      if (serialMethod !== 'ixfr') return { status: 'unsupported', foreign: false, evidence };
      if (reason === 'truncated') return { status: 'down', reason: 'closed', evidence };
      return { status: 'down', reason: /refused/.test(evidence) ? 'refused' : 'unreachable', evidence };
    default:
      return { status: 'unsupported', foreign: false, evidence };
  }
}

/** The serial of the SOA in the authority section, when it is CoreDNS's own. */
export function ownSerialOf({ authorities }: DnsMessage, zone: Name): number | undefined {
  const record = authorities.find(({ type, name }) => type === 'SOA' && name === zone);
  if (record === undefined) return undefined;
  const { mname, rname, serial } = parseSoa(record.value);
  return isOwnSoa(mname, rname, zone) ? serial : undefined;
}

/** The kubernetes plugin names itself so (plugin/kubernetes, SOA of the zone); a standby has the names of its own servers. */
function isOwnSoa(mname: string, rname: string, zone: Name): boolean {
  return mname === child('ns.dns', zone) && rname === child('hostmaster', zone);
}

function foreignSoaOf({ authorities }: DnsMessage): string | undefined {
  const record = authorities.find(({ type }) => type === 'SOA');
  return record === undefined ? undefined : parseSoa(record.value).mname;
}

/** Why a question got no answer, in the words of observations. */
export function failureOf(error: unknown): Extract<SerialOutcome, { readonly status: 'down' | 'unknown' }> {
  const evidence = messageOf(error);
  switch (codeOf(error)) {
    case 'timeout':
      return { status: 'down', reason: 'timeout', evidence };
    case 'network': {
      const reason = networkReasonOf(error);
      return { status: 'down', reason: reason === 'other' ? 'no-connection' : reason, evidence };
    }
    // What could not be verified was not asked: it may well be healthy.
    case 'tls':
      return { status: 'unknown', reason: 'tls', evidence };
    case 'credential':
      return { status: 'unknown', reason: 'credential', evidence };
    default:
      return { status: 'down', reason: 'protocol', evidence };
  }
}

/** 80 random bits: never asked before, so in no cache. */
function randomLabel(random: Random): string {
  return `lifeboat-${toHex(random.bytes(10))}`;
}

/** A random address as CoreDNS spells it in pod names: `a-b-c-d`. */
function randomPodLabel(random: Random): string {
  return random.bytes(4).join('-');
}
