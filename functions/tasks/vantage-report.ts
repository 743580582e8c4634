// The body of a vantage's report: what it saw, and what came of the captures that it was asked for. Written by the vantage, checked
// whole by the Worker. Cluster, vantage and group are not in it: they belong to the key that signed it.
import { z } from 'zod';
import type { ClusterConfig, InsideVantageConfig } from '../config/schema.ts';
import type { Observation } from '../decision/observation.ts';
import { maxAgeMs } from '../decision/policy.ts';
import { maxObservationsOfVantage } from '../decision/state.ts';
import { conditionShape, reasonShape, signalShape } from '../decision/state-schema.ts';
import { clip } from '../decision/words.ts';
import { formatEndpoint } from '../lib/endpoint.ts';
import { isPlainLine, visible } from '../lib/visible.ts';
import type { CaptureAttempt, CaptureRefusal } from '../snapshot/source.ts';

/** A capture that was asked for and gave no snapshot. */
export interface FailedCapture {
  readonly number: number;
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

const text = (most: number) =>
  z.string().max(most).refine(isPlainLine, 'holds control characters, or some that turn the direction of text');
const line = text(maxTextCharacters);
const word = text(80).min(1);
const instant = z.int().min(0);
const refusals = [
  ...(['unsynced', 'behind', 'down', 'serial-unknown', 'refused', 'notauth', 'server-failure', 'empty'] as const),
  ...(['truncated', 'bad-mac', 'bad-key', 'bad-time', 'missing-mac', 'too-large', 'malformed', 'timeout'] as const),
  ...(['network', 'serial-zero', 'missing-names'] as const),
] satisfies readonly CaptureRefusal[];

const observation = z.strictObject({
  target: z.strictObject({ kind: z.enum(['apiserver', 'dns', 'standby', 'reference']), id: text(300).min(1) }),
  signal: signalShape,
  condition: conditionShape,
  reason: reasonShape,
  evidence: line,
  observedAt: instant,
  latencyMs: z.number().min(0).max(3_600_000),
  details: z
    .record(text(maxDetailKeyCharacters).min(1), z.union([text(maxDetailCharacters), z.number()]))
    .refine((details) => Object.keys(details).length <= maxDetails, `has more than ${maxDetails} members`)
    .exactOptional(),
});

const reportShape = z.strictObject({
  format: z.literal(1),
  observations: z.array(observation).min(1).max(maxObservationsOfVantage),
  failedCaptures: z
    .array(
      z.strictObject({
        number: instant,
        bytes: z.int().min(0).max(1_000_000_000_000),
        attempts: z.array(z.strictObject({ server: word, reason: z.enum(refusals), evidence: line })).max(maxAttempts),
      }),
    )
    .max(maxFailedCaptures)
    .default([]),
});

export type ReadReport =
  | {
      readonly status: 'read';
      readonly observations: readonly Observation[];
      readonly failed: readonly FailedCapture[];
    }
  | { readonly status: 'malformed' | 'clock-skew'; readonly reason: string };

/** How old an observation may be to be delivered: no older than it counts. */
export function freshForMs({ probe }: Pick<ClusterConfig, 'probe'>): number {
  return Math.min(maxSkewMs, maxAgeMs(probe));
}

/**
 * The body of a report. Long texts are cut to what is taken, and hold nothing that would be refused: what a hostile target answers must not
 * keep a vantage from being heard.
 */
export function encodeReport(observations: readonly Observation[], failed: readonly FailedCapture[]): string {
  const short = (text: string) => clip(visible(text), maxTextCharacters);
  const seen = observations.slice(0, maxObservationsOfVantage).map(({ cluster, vantage, group, details, ...rest }) => ({
    ...rest,
    evidence: short(rest.evidence),
    ...(details === undefined ? {} : { details: shortDetails(details) }),
  }));
  const failedCaptures = failed.slice(0, maxFailedCaptures).map((one) => ({
    ...one,
    attempts: one.attempts.slice(0, maxAttempts).map((each) => ({ ...each, evidence: short(each.evidence) })),
  }));
  return JSON.stringify({ format: 1, observations: seen, failedCaptures });
}

function shortDetails(details: NonNullable<Observation['details']>): Observation['details'] {
  const short = (value: string | number) =>
    typeof value === 'string' ? clip(visible(value), maxDetailCharacters) : value;
  const members = Object.entries(details).slice(0, maxDetails);
  return Object.fromEntries(members.map(([key, value]) => [key, short(value)]));
}

/**
 * Reads a body of a vantage whose signature was verified. Targets must be the cluster's own, of a kind that this vantage looks at; what was
 * seen must be fresh by the clock of whoever reads: it could not count otherwise, and its author should know. A vantage sees a target by a
 * signal once a round: the same again would count twice where votes are counted.
 */
export function readReport(
  body: string,
  cluster: ClusterConfig,
  vantage: InsideVantageConfig,
  now: number,
): ReadReport {
  const parsed = reportShape.safeParse(jsonOf(body));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.map(String).join('.') || 'the top';
    const reason = visible(`the report at ${where}: ${issue?.message ?? 'unknown'}`);
    return { status: 'malformed', reason: clip(reason, 200) };
  }
  const targets = targetsOf(cluster, vantage);
  const limitMs = freshForMs(cluster);
  const seenOnce = new Set<string>();
  for (const { target, signal, observedAt } of parsed.data.observations) {
    const name = `${target.kind} ${target.id}`;
    if (!targets.has(name)) {
      return {
        status: 'malformed',
        reason: clip(`${name} is no target of ${vantage.id} in cluster ${cluster.id}`, 200),
      };
    }
    if (!signal.startsWith(`${target.kind}.`)) {
      return { status: 'malformed', reason: `${signal} is no signal of a target of the kind ${target.kind}` };
    }
    if (seenOnce.has(`${name} ${signal}`))
      return { status: 'malformed', reason: `${signal} of ${name} is there twice` };
    seenOnce.add(`${name} ${signal}`);
    const ageMs = now - observedAt;
    if (Math.abs(ageMs) > limitMs) {
      const off = ageMs > 0 ? `${ageMs} ms old` : `${-ageMs} ms in the future`;
      return {
        status: 'clock-skew',
        reason: `an observation is ${off}, the limit is ${limitMs} ms: slow, or a wrong clock`,
      };
    }
  }
  const from = { cluster: cluster.id, vantage: vantage.id, group: vantage.group };
  const observations = parsed.data.observations.map((seen): Observation => ({ ...seen, ...from }));
  return { status: 'read', observations, failed: parsed.data.failedCaptures };
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
