// Reads a stored state back. The types are in state.ts; here is only the check, done once, where the document leaves the store.
import { z } from 'zod';
import { LifeboatError } from '../../lib/errors.ts';
import { incidentSchema } from '../../model/incident.ts';
import { causes, finals } from '../../model/outage.ts';
import { severities } from '../../model/severity.ts';
import { refusalKinds } from '../../model/source.ts';
import { targetKinds } from '../../model/target.ts';
import { conditions, type Observation, reasons, signals } from '../health/observation.ts';
import { maxRecentCharacters } from '../health/recent.ts';
import { type Verdict, verdictConditions, verdictReasons } from '../health/verdict.ts';
import { type ClusterState, maxObservations, maxTransitions, type OpenIncident, phases, type Streak } from './state.ts';

const instant = z.number();
const count = z.int().min(0);
const texts = z.array(z.string());

export const observationShape: z.ZodType<Observation> = z.object({
  cluster: z.string(),
  target: z.object({ kind: z.enum(targetKinds), id: z.string() }),
  signal: z.enum(signals),
  condition: z.enum(conditions),
  reason: z.enum(reasons),
  evidence: z.string(),
  vantage: z.string(),
  group: z.string(),
  observedAt: instant,
  latencyMs: z.number(),
  details: z.record(z.string(), z.union([z.string(), z.number()])).exactOptional(),
});

const verdict: z.ZodType<Verdict> = z.object({
  condition: z.enum(verdictConditions),
  reason: z.enum(verdictReasons),
  words: z.string(),
  since: instant,
  evidence: texts,
  seenFrom: texts,
});

const recent = z
  .string()
  .max(maxRecentCharacters)
  .regex(/^([bu.]\d+)*$/);
// Before there were windows a streak had none of the last three, and refused credentials were counted in it by target.
const streak: z.ZodType<Streak> = z.object({
  down: count,
  bad: count,
  // Before, such rounds counted as bad.
  notReady: count.default(0),
  healthy: count,
  unknown: count,
  countedAt: instant.nullable(),
  recent: recent.default(''),
  isUnsteady: z.boolean().default(false),
  unfitSince: instant.nullable().default(null),
});
const tracked = z.object({ recent, isOpen: z.boolean(), at: instant });

const phase = z.enum(phases);
const cause = z.enum(causes);
const job = { runningSince: instant.nullable(), failures: count, notBefore: instant, lastFailure: z.string() };

const activation = z.object({
  number: z.int().min(1),
  cause,
  reason: z.string(),
  by: z.string().nullable(),
  startedAt: instant,
  final: z.enum(finals),
  finalReason: z.string(),
});

// Before, an incident was stored as what was said of it; that is said on, until its next change. The same of a kind that is not known here.
const incident = z
  .object({
    openedAt: instant,
    pagedAt: instant,
    repeat: count,
    severity: z.enum(severities),
    summary: z.string().default(''),
    facts: incidentSchema.optional().catch(undefined),
  })
  .transform(({ summary, facts, ...rest }): OpenIncident => ({ ...rest, facts: facts ?? { kind: 'told', summary } }));

const standby = z.object({
  ...job,
  // States that were stored before standbys had ids have none: their key is the label (standby-names.ts).
  label: z.string().default(''),
  since: instant,
  publishedAt: instant.nullable(),
  snapshot: count.nullable(),
  asOf: instant.nullable(),
  frozen: count,
  settled: count,
  heldDeletes: count,
  fence: z.string(),
  // States that were stored before each standby was given back by itself have none: see owedTo in selectors.ts.
  giveBack: z
    .object({ since: instant, by: z.string().nullable(), takeOver: z.boolean().exactOptional() })
    .nullable()
    .default(null),
  // States that were stored before markers were remembered have none of these.
  foreign: z.string().default(''),
  marker: z
    .object({
      ...{ generation: count, keeper: z.string().nullable(), frozen: count, since: instant },
      // Before, what a publication had begun was not known.
      snapshot: count.exactOptional(),
    })
    .nullable()
    .default(null),
  adopted: z
    .object({ at: instant, because: z.enum(['marker-gone', 'taken-over']) })
    .nullable()
    .default(null),
  rewrites: count.default(0),
  rewrittenAt: instant.nullable().default(null),
  // States that were stored while a frozen zone was not read have neither: it is read at once.
  readNextAt: instant.default(0),
  putBack: z.object({ at: instant, sets: count }).nullable().default(null),
  // Before, what a host had only accepted was judged at once.
  settlesUntil: instant.default(0),
});

const sourceState = z.object({ failures: count, failedAt: instant, kind: z.enum(refusalKinds) });

const vantage = z.object({ since: instant, heardAt: instant.nullable(), rounds: count, listenedAt: instant });
const refusal = z.object({ since: instant, lastAt: instant, count, refusal: z.string(), reason: z.string() });

const transition = z.object({ at: instant, from: phase, to: phase, reason: z.string(), by: z.string().nullable() });

const stateSchema: z.ZodType<ClusterState> = z.object({
  format: z.literal(1),
  cluster: z.string(),
  phase,
  since: instant,
  reason: z.string(),
  cause: cause.nullable(),
  // Before, holds had no end.
  holdUntil: instant.nullable().default(null),
  activation: activation.nullable(),
  lastActivation: count,
  activatedAt: z.array(instant),
  observations: z.array(observationShape).max(maxObservations),
  verdicts: z.record(z.string(), verdict),
  streaks: z.record(z.string(), streak),
  credentials: z.record(z.string(), tracked).default({}),
  reach: z.object({ apiserver: tracked.exactOptional(), dns: tracked.exactOptional() }).default({}),
  incidents: z.record(z.string(), incident),
  capture: z.object({
    ...job,
    snapshot: count.nullable(),
    asOf: instant.nullable(),
    // Of a snapshot that an older version captured nobody knows: nothing is deleted until the next one.
    healthy: z.boolean().default(false),
    askedAt: instant.nullable(),
    askedFor: count,
    // Before, whoever asked others waited for them.
    isElsewhere: z.boolean().default(false),
    deaths: count.default(0),
    // States that were stored while there was but one source have none.
    sources: z.record(z.string(), sourceState).default({}),
  }),
  standbys: z.record(z.string(), standby),
  // States that were stored before there were vantages have neither.
  vantages: z.record(z.string(), vantage).default({}),
  refusals: z.record(z.string(), refusal).default({}),
  transitions: z.array(transition).max(maxTransitions),
});

/**
 * A state from the value that JSON gave. Members that this version does not know are left out.
 * LifeboatError `store` names the member that is wrong: the document was written by a newer version, or edited.
 */
export function parseState(value: unknown): ClusterState {
  const result = stateSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'the document' : issue.path.map(String).join('.');
  throw new LifeboatError(
    'store',
    `the stored state of a cluster cannot be read: ${where}: ${issue?.message ?? 'unknown'}; written by a newer version or edited? Restore it, or remove it to begin anew`,
  );
}
