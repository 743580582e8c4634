// Incidents: what can be wrong, one kind each, with its facts as plain data. Derived by functions/decision/incidents/ and, of Lifeboat's own
// troubles, by functions/tasks/; put into words by functions/alerts/catalogue/ alone. Here is what is known, not how it is said.
import { z } from 'zod';
import { causes, failbacks, finals } from './outage.ts';
import { targetKinds } from './target.ts';

const text = z.string();
const number = z.number();
/** Milliseconds since the epoch. */
const instant = z.number();
const flag = z.boolean();
const texts = z.array(text).readonly();

/** Of the last so many rounds: what comes and goes. */
const spells = z.object({ bad: number, unknown: number, rounds: number }).readonly();
export type Spells = z.infer<typeof spells>;

/** The other deployment of this cluster that keeps a standby, and the activation that it is frozen by; 0: none. */
const keeping = z.object({ by: text, frozen: number }).readonly();
export type Keeping = z.infer<typeof keeping>;

/** A standby in an activation. */
const standing = z
  .object({
    standby: text,
    freeze: z.enum(['made', 'waits', 'given-up']),
    kept: keeping.nullable(),
    fence: text,
    lastFailure: text,
    snapshot: number.nullable(),
    /** Since the activation began; null: not yet. */
    writtenAt: instant.nullable(),
    isEmpty: flag,
  })
  .readonly();
export type Standing = z.infer<typeof standing>;

const target = z.object({ kind: z.enum(targetKinds), id: text }).readonly();

/** A target as the quorum sees it now, in its words; `spells` null: it does not come and go. */
const sight = {
  says: text,
  isHealthy: flag,
  /** There is no fresh observation of it. */
  isUnseen: flag,
  spells: spells.nullable(),
};
const damaged = {
  standby: text,
  says: text,
  isHealthy: flag,
  isUnseen: flag,
  /** An activation is open: clients have nothing else. */
  carries: flag,
  /** What Lifeboat does about it; `held`: nothing, for the reason of the hold. */
  does: z.enum(['leaves', 'held', 'asks', 'rewrites']),
  hold: text,
  frozen: number,
  rewrites: number,
};

/** The machine is held; `by` null: by itself. */
const stopped = { since: instant, by: text.nullable(), reason: text, activation: number.nullable(), isDown: flag };

const ofCluster = [
  z.object({
    kind: z.literal('activation'),
    number,
    cause: z.enum(causes),
    reason: text,
    by: text.nullable(),
    startedAt: instant,
    final: z.enum(finals),
    finalReason: text,
    capturedAt: instant.nullable(),
    /** CoreDNS replicas that are fit to be captured from. */
    from: texts,
    failback: z.enum(failbacks),
    /** The API server now. */
    api: z.enum(['bad', 'unknown', 'answers']),
    /** Healthy for so long that it is time to fail back. */
    isOver: flag,
    standbys: z.array(standing).readonly(),
  }),
  z.object({
    kind: z.literal('failback-due'),
    activation: number,
    byPerson: flag,
    healthySince: instant,
    rounds: number,
    /** Standbys whose freeze was given up. */
    unfrozen: texts,
    isFrozen: flag,
  }),
  z.object({ kind: z.literal('standby-ages'), asOf: instant, reason: text }),
  z.object({ kind: z.literal('held'), ...stopped }),
  z.object({
    kind: z.literal('hold'),
    ...stopped,
    until: instant,
  }),
  z.object({ kind: z.literal('hold-forgotten'), ...stopped }),
  z.object({ kind: z.literal('outage-in-hold'), outage: text.nullable(), hold: text }),
  z.object({
    kind: z.literal('outage-in-maintenance'),
    outage: text,
    cause: z.enum(causes).nullable(),
    until: instant,
  }),
] as const;

const ofTargets = [
  z.object({ kind: z.literal('dns'), server: text, ...sight, others: texts }),
  z.object({ kind: z.literal('not-ready'), ...sight }),
  z.object({
    kind: z.literal('no-healthy-replica'),
    replicas: z.array(z.object({ server: text, ...sight }).readonly()).readonly(),
  }),
  z.object({ kind: z.literal('unsteady'), ...sight }),
  z.object({
    kind: z.literal('blind'),
    ...sight,
    /** Somebody sees it down, and the quorum asks for more. */
    isDoubted: flag,
    seenFrom: texts,
    replicas: texts,
  }),
  z.object({ kind: z.literal('certificate'), daysLeft: number }),
  z.object({ kind: z.literal('credential-ends'), daysLeft: number }),
  z.object({
    kind: z.literal('credential'),
    target,
    ...sight,
    /** Nothing is known of it for that; else it was taken again, not for long yet. */
    isRefused: flag,
  }),
  z.object({ kind: z.literal('credential-of-vantage'), target, vantage: text }),
] as const;

const ofStandbys = [
  z.object({ kind: z.literal('capture'), failures: number, lastFailure: text, asOf: instant.nullable() }),
  z.object({ kind: z.literal('standby'), ...damaged }),
  z.object({ kind: z.literal('standby-degraded'), ...damaged }),
  z.object({
    kind: z.literal('publish'),
    standby: text,
    failures: number,
    lastFailure: text,
    /** The freeze was given up: the API server is healthy again. */
    isGivenUp: flag,
    asOf: instant.nullable(),
  }),
  z.object({
    kind: z.literal('give-back'),
    standby: text,
    frozen: number,
    lastFailure: text,
    asOf: instant.nullable(),
  }),
  z.object({ kind: z.literal('deletes-held'), standby: text, count: number }),
  z.object({ kind: z.literal('fenced'), standby: text, fence: text, asOf: instant.nullable() }),
  z.object({ kind: z.literal('foreign'), standby: text, marker: text }),
  z.object({ kind: z.literal('marker-lost'), standby: text }),
  z.object({ kind: z.literal('put-back'), standby: text, activation: number, sets: number }),
  z.object({
    kind: z.literal('standby-stale'),
    standby: text,
    since: instant,
    limitMs: number,
    kept: keeping.nullable(),
    lastFailure: text,
    /** Of the machine, for when nothing has failed. */
    phase: text,
    reason: text,
    asOf: instant.nullable(),
  }),
] as const;

const ofLifeboat = [
  z.object({
    kind: z.literal('vantage'),
    vantage: text,
    quietSince: instant,
    wasHeard: flag,
    /** Targets that nobody looks at. */
    unseen: texts,
  }),
  z.object({
    kind: z.literal('quorum'),
    of: z.enum(['apiserver', 'dns']),
    downs: number,
    groups: number,
    targets: texts,
    heard: texts,
  }),
  z.object({
    kind: z.literal('vantage-refused'),
    /** Null: they named none that is known. */
    vantage: text.nullable(),
    count: number,
    refusal: text,
    reason: text,
  }),
  z.object({ kind: z.literal('store'), what: text }),
  z.object({ kind: z.literal('watch'), what: text, isStopped: flag }),
  z.object({ kind: z.literal('removed'), activation: number, reason: text, frozen: texts }),
  z.object({ kind: z.literal('channel'), channel: text, what: text, waiting: number, critical: number }),
  z.object({ kind: z.literal('test') }),
  /** Told by another version: nothing is known but what it said. */
  z.object({ kind: z.literal('told'), summary: text }),
] as const;

export const incidentSchema = z.discriminatedUnion('kind', [...ofCluster, ...ofTargets, ...ofStandbys, ...ofLifeboat]);

export type Incident = Readonly<z.infer<typeof incidentSchema>>;
export type IncidentKind = Incident['kind'];
/** The facts of one kind. */
export type Facts<Kind extends IncidentKind> = Extract<Incident, { kind: Kind }>;
