// The body of a vantage's report: what it saw, and what came of the captures that it was asked for. Written by the vantage, checked by the
// Worker part by part: a bad part costs itself and is told, never the rest. Cluster, vantage and group are not in it: they belong to the key
// that signed it.
import { z } from 'zod';
import type { ClusterConfig, InsideVantageConfig } from '../../config/schema.ts';
import { conditions, type Observation, reasons, signals } from '../../decision/health/observation.ts';
import { maxAgeMs } from '../../decision/machine/policy.ts';
import { maxObservationsOfVantage } from '../../decision/machine/state.ts';
import { clip } from '../../lib/clip.ts';
import { formatEndpoint } from '../../lib/endpoint.ts';
import { isPlainLine, visible } from '../../lib/visible.ts';
import { type CaptureAttempt, refusalKinds } from '../../model/source.ts';
import { targetKinds } from '../../model/target.ts';
import { axfrRefusalCodes, axfrRefusals } from '../../snapshot/axfr-words.ts';

/** A capture that was asked for and gave no snapshot. */
export interface FailedCapture {
  readonly number: number;
  /** The id of the source that was asked. */
  readonly source: string;
  /** Bytes received all the same. */
  readonly bytes: number;
  readonly attempts: readonly CaptureAttempt[];
}

export const observationsPath = '/v1/observations';
/** Where a snapshot that was asked for goes. */
export const snapshotPath = (number: number) => `/v1/snapshots/${number}`;

/** A longer body is refused before it is hashed. */
export const maxReportCharacters = 1_048_576;
/** How far the clock of a vantage may be off. */
export const maxSkewMs = 60_000;
export const maxFailedCaptures = 8;

const maxTextCharacters = 1000;
const maxDetails = 16;
const maxDetailKeyCharacters = 40;
const maxDetailCharacters = 200;
const maxAttempts = 32;
const maxTargetCharacters = 300;
const maxServerCharacters = 80;
const maxCodeCharacters = 40;
const maxLatencyMs = 3_600_000;
const maxBytes = 1_000_000_000_000;
const maxReasonCharacters = 200;

const text = (most: number) =>
  z.string().max(most).refine(isPlainLine, 'holds control characters, or some that turn the direction of text');
const line = text(maxTextCharacters);
const instant = z.int().min(0);

const observation = z.strictObject({
  target: z.strictObject({ kind: z.enum(targetKinds), id: text(maxTargetCharacters).min(1) }),
  signal: z.enum(signals),
  condition: z.enum(conditions),
  reason: z.enum(reasons),
  evidence: line,
  observedAt: instant,
  latencyMs: z.number().min(0).max(maxLatencyMs),
  details: z
    .record(text(maxDetailKeyCharacters).min(1), z.union([text(maxDetailCharacters), z.number()]))
    .refine((details) => Object.keys(details).length <= maxDetails, `has more than ${maxDetails} members`)
    .exactOptional(),
});

const word = /^[a-z][a-z0-9-]*$/;
/** Of `axfr`: as it was written before there were other sources, and is read by Workers of before. What the word means is known. */
const axfrAttempt = z
  .strictObject({ server: text(maxServerCharacters).min(1), reason: z.enum(axfrRefusalCodes), evidence: line })
  .transform(({ server, reason, evidence }): CaptureAttempt => {
    return { place: server, kind: axfrRefusals[reason], code: reason, evidence };
  });
/** Of any other source, which only a Worker that knows it asks for. */
const otherAttempt = z.strictObject({
  place: text(maxServerCharacters).min(1),
  kind: z.enum(refusalKinds),
  code: z.string().max(maxCodeCharacters).regex(word),
  evidence: line,
});

/** Its parts are read one by one. */
const failedCapture = z.strictObject({
  number: instant,
  source: z.string().max(maxCodeCharacters).regex(word).default('axfr'),
  bytes: z.int().min(0).max(maxBytes),
  attempts: z.array(z.unknown()).max(maxAttempts),
});

const reportShape = z.strictObject({
  format: z.literal(1),
  observations: z.array(z.unknown()).min(1).max(maxObservationsOfVantage),
  failedCaptures: z.array(z.unknown()).max(maxFailedCaptures).default([]),
});

export type ReadReport =
  | {
      readonly status: 'read';
      readonly observations: readonly Observation[];
      readonly failed: readonly FailedCapture[];
      /** Why parts of it are not taken, the first one in words; undefined: all of it is. */
      readonly dropped: string | undefined;
    }
  | { readonly status: 'malformed' | 'clock-skew'; readonly reason: string };

/** How old an observation may be to be delivered: no older than it counts. */
export function freshForMs({ probe }: Pick<ClusterConfig, 'probe'>): number {
  return Math.min(maxSkewMs, maxAgeMs(probe));
}

/**
 * The body of a report. Long texts are cut to what is taken, and hold nothing that would be refused, numbers lie within their limits: what a
 * hostile target answers, or a clock does, must not keep a vantage from being heard.
 */
export function encodeReport(observations: readonly Observation[], failed: readonly FailedCapture[]): string {
  const seen = observations.slice(0, maxObservationsOfVantage).map((one) => ({
    target: { kind: one.target.kind, id: short(one.target.id, maxTargetCharacters) },
    signal: one.signal,
    condition: one.condition,
    reason: one.reason,
    evidence: short(one.evidence, maxTextCharacters),
    observedAt: within(Math.round(one.observedAt), Number.MAX_SAFE_INTEGER),
    latencyMs: within(one.latencyMs, maxLatencyMs),
    ...(one.details === undefined ? {} : { details: shortDetails(one.details) }),
  }));
  const failedCaptures = failed.slice(0, maxFailedCaptures).map(({ number, source, bytes, attempts }) => ({
    number,
    ...(source === 'axfr' ? {} : { source }),
    bytes: within(Math.round(bytes), maxBytes),
    attempts: attempts.slice(0, maxAttempts).map((one) => writtenAttempt(one, source)),
  }));
  return JSON.stringify({ format: 1, observations: seen, failedCaptures });
}

function writtenAttempt({ place, kind, code, evidence }: CaptureAttempt, source: string) {
  const where = short(place, maxServerCharacters) || 'unknown';
  const words = short(evidence, maxTextCharacters);
  if (source === 'axfr') return { server: where, reason: code, evidence: words };
  return { place: where, kind, code: code.slice(0, maxCodeCharacters), evidence: words };
}

function short(text: string, most: number): string {
  return clip(visible(text), most);
}

function within(value: number, most: number): number {
  return Number.isNaN(value) ? 0 : Math.min(most, Math.max(0, value));
}

function shortDetails(details: NonNullable<Observation['details']>): NonNullable<Observation['details']> {
  const members = Object.entries(details)
    .filter(([key, value]) => key !== '' && (typeof value === 'string' || Number.isFinite(value)))
    .slice(0, maxDetails);
  return Object.fromEntries(
    members.map(([key, value]) => [
      short(key, maxDetailKeyCharacters),
      typeof value === 'string' ? short(value, maxDetailCharacters) : value,
    ]),
  );
}

/**
 * Reads a body of a vantage whose signature was verified. Targets must be the cluster's own, of a kind that this vantage looks at; what was
 * seen must be fresh by the clock of whoever reads: it could not count otherwise, and its author should know. A vantage sees a target by a
 * signal once a round: the same again would count twice where votes are counted.
 *
 * | in the report                                                         | costs                                                    |
 * |-----------------------------------------------------------------------|----------------------------------------------------------|
 * | no JSON, another format, nothing seen, too many parts                 | the report                                               |
 * | an observation that cannot be read, of no target of this vantage, old, or there twice | itself; the report when no other one is left |
 * | a failed capture that cannot be read                                  | itself                                                   |
 * | an attempt of one that cannot be read                                 | itself: that the capture failed is taken                 |
 */
export function readReport(
  body: string,
  cluster: ClusterConfig,
  vantage: InsideVantageConfig,
  now: number,
): ReadReport {
  const parsed = reportShape.safeParse(jsonOf(body));
  if (!parsed.success) return { status: 'malformed', reason: issueIn('the report', parsed.error) };
  const targets = targetsOf(cluster, vantage);
  const limitMs = freshForMs(cluster);
  const from = { cluster: cluster.id, vantage: vantage.id, group: vantage.group };
  const observations = new Map<string, Observation>();
  const dropped: Dropped[] = [];
  for (const [i, part] of parsed.data.observations.entries()) {
    const read = observation.safeParse(part);
    if (!read.success) {
      dropped.push({ status: 'malformed', reason: issueIn(`observation ${i}`, read.error) });
      continue;
    }
    const { target, signal, observedAt } = read.data;
    const name = `${target.kind} ${target.id}`;
    const problem =
      problemOf(name, signal, targets, vantage, cluster, observations) ?? ageProblem(now - observedAt, limitMs);
    if (problem !== undefined) dropped.push(problem);
    else observations.set(`${name} ${signal}`, { ...read.data, ...from });
  }
  const [first] = dropped;
  if (observations.size === 0 && first !== undefined) return first;
  const failed = parsed.data.failedCaptures.flatMap((part, i) => readFailed(part, i, dropped));
  const [told] = dropped;
  const words = told === undefined ? undefined : `${dropped.length} parts are not taken: ${told.reason}`;
  return { status: 'read', observations: [...observations.values()], failed, dropped: words };
}

interface Dropped {
  readonly status: 'malformed' | 'clock-skew';
  readonly reason: string;
}

function problemOf(
  name: string,
  signal: string,
  targets: ReadonlySet<string>,
  vantage: InsideVantageConfig,
  cluster: ClusterConfig,
  taken: ReadonlyMap<string, Observation>,
): Dropped | undefined {
  const malformed = (reason: string): Dropped => ({ status: 'malformed', reason: clip(reason, maxReasonCharacters) });
  if (!targets.has(name)) return malformed(`${name} is no target of ${vantage.id} in cluster ${cluster.id}`);
  const [kind] = name.split(' ');
  if (!signal.startsWith(`${kind}.`)) return malformed(`${signal} is no signal of a target of the kind ${kind}`);
  return taken.has(`${name} ${signal}`) ? malformed(`${signal} of ${name} is there twice`) : undefined;
}

function ageProblem(ageMs: number, limitMs: number): Dropped | undefined {
  if (Math.abs(ageMs) <= limitMs) return undefined;
  const off = ageMs > 0 ? `${ageMs} ms old` : `${-ageMs} ms in the future`;
  return {
    status: 'clock-skew',
    reason: `an observation is ${off}, the limit is ${limitMs} ms: slow, or a wrong clock`,
  };
}

function readFailed(part: unknown, index: number, dropped: Dropped[]): readonly FailedCapture[] {
  const read = failedCapture.safeParse(part);
  if (!read.success) {
    dropped.push({ status: 'malformed', reason: issueIn(`failed capture ${index}`, read.error) });
    return [];
  }
  const attempts = read.data.attempts.flatMap((one) => {
    const tried = (read.data.source === 'axfr' ? axfrAttempt : otherAttempt).safeParse(one);
    if (tried.success) return [tried.data];
    dropped.push({ status: 'malformed', reason: issueIn(`an attempt of capture ${read.data.number}`, tried.error) });
    return [];
  });
  return [{ ...read.data, attempts }];
}

function issueIn(what: string, { issues }: z.ZodError): string {
  const [issue] = issues;
  const where = issue?.path.map(String).join('.') || 'the top';
  return clip(visible(`${what} at ${where}: ${issue?.message ?? 'unknown'}`), maxReasonCharacters);
}

function targetsOf(
  { apiServer, dns }: ClusterConfig,
  { targets, reference }: InsideVantageConfig,
): ReadonlySet<string> {
  return new Set([
    ...(targets.includes('apiserver') ? [`apiserver ${new URL(apiServer.url).host}`] : []),
    ...(targets.includes('dns') ? dns.servers.map((server) => `dns ${formatEndpoint(server)}`) : []),
    ...reference.map((endpoint) => `reference ${formatEndpoint(endpoint)}`),
  ]);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
