// What each standby should hold now, for its probe: whose marker, frozen or not, and a few of the sets that were published. A sample is kept
// in a document of its own when a publication ends, so that no round reads a whole snapshot. It asks nobody but the store.
import { z } from 'zod';
import type { ExpectedStandby } from '../../decision/health/expected-standby.ts';
import { isSettling } from '../../decision/machine/settling.ts';
import { isElsewhere } from '../../decision/machine/standby-damage.ts';
import { byId } from '../../decision/machine/standby-names.ts';
import type { StandbyState } from '../../decision/machine/state.ts';
import { LifeboatError } from '../../lib/errors.ts';
import { own } from '../../lib/own.ts';
import { changeTarget, type Plan } from '../../plan/plan.ts';
import { child, type Name } from '../../records/name.ts';
import { type RecordType, type Rrset, rrsetKey } from '../../records/rrset.ts';
import type { Stored } from '../../stores/store.ts';
import { readSnapshot } from '../capture/snapshots.ts';
import { type ClusterPorts, standbyNames } from '../cluster/ports.ts';
import type { ClusterRecord } from '../cluster/record.ts';
import { readMemory } from './holds.ts';

/** Sets that are kept to ask for, of the must-have names and of all others. */
const keptOfEach = 32;
/** Sets that are asked for in one round, of both. */
const mustHaveARound = 2;
const othersARound = 4;
/** Larger sets are not asked for: the questions of a round are to be small. */
const maxValues = 8;
const maxAttempts = 10;

const set = z.object({ name: z.string(), type: z.string(), ttlSeconds: z.number(), values: z.array(z.string()) });
const sampleShape = z.object({
  /** Of the standby, by which it is known where its zone lies; older versions stored the sample under it. */
  label: z.string().default(''),
  snapshot: z.number(),
  /** When it was published, milliseconds since the epoch. */
  at: z.number(),
  mustHave: z.array(set),
  others: z.array(set),
});
type Sample = Readonly<z.infer<typeof sampleShape>>;
const documentShape = z.object({ format: z.literal(1), standbys: z.record(z.string(), sampleShape) });

/** What every standby should hold, by the record and the clock: other sets in each round. */
export async function expectedStandbys(
  ports: ClusterPorts,
  record: ClusterRecord,
): Promise<readonly ExpectedStandby[]> {
  const { document } = await readDocument(ports);
  return Promise.all(
    ports.standbys.map(async ({ id, zone }): Promise<ExpectedStandby> => {
      const standby = own(record.machine.standbys, id);
      if (standby === undefined || !isJudged(standby, ports.clock.now())) return { id, holds: null };
      const known = own(document, id);
      const isCurrent =
        known !== undefined && (known.snapshot === standby.snapshot || known.at > (standby.publishedAt ?? 0));
      const sample = isCurrent ? known : await sampleAnew(ports, id, zone, standby);
      return {
        id,
        holds: {
          cluster: ports.cluster.id,
          writer: ports.config.writer,
          frozen: standby.frozen,
          sets: turn(sample, ports),
        },
      };
    }),
  );
}

/** While a publication is under way or its host follows, before the first one, and where somebody else writes, what it holds says nothing. */
function isJudged(standby: StandbyState, now: number): boolean {
  const { publishedAt, frozen, runningSince } = standby;
  const isWritten = (publishedAt !== null || frozen > 0) && runningSince === null;
  return isWritten && !isSettling(standby, now) && !isElsewhere(standby);
}

/** Equal as long as an expectation holds: what was seen across a change of it is not judged. */
export function expectationKey(record: ClusterRecord, id: string): string {
  const standby = own(record.machine.standbys, id);
  if (standby === undefined) return '';
  const { publishedAt, snapshot, frozen, runningSince, marker } = standby;
  return JSON.stringify([publishedAt, snapshot, frozen, runningSince, marker?.generation, isElsewhere(standby)]);
}

/** After a publication: some of what the zone holds now, but for what a guard holds back. */
export async function keepSample(
  ports: ClusterPorts,
  id: string,
  snapshot: { readonly number: number; readonly rrsets: readonly Rrset[] },
  plan: Plan,
): Promise<void> {
  const zone = plan.zone;
  const written = new Map(
    plan.changes.flatMap((change) => (change.action === 'delete' ? [] : [[rrsetKey(change.after), change.after]])),
  );
  const held = new Set(plan.held.map(({ change }) => rrsetKey(changeTarget(change))));
  const sets = snapshot.rrsets.map((one) => written.get(rrsetKey(one)) ?? one);
  await keep(ports, id, draw(ports, zone, snapshot.number, sets, held));
}

/** Where an older version published, or the document was lost. */
async function sampleAnew(
  ports: ClusterPorts,
  id: string,
  zone: Name,
  { snapshot: number }: StandbyState,
): Promise<Sample> {
  const snapshot = number === null ? undefined : await readSnapshot(ports.store, ports.cluster.id, number);
  const held = new Set((await readMemory(ports, id)).held.keys());
  return keep(ports, id, draw(ports, zone, number ?? 0, snapshot?.rrsets ?? [], held));
}

/** Evenly spread over the sorted sets, others with each snapshot. */
function draw(
  { cluster, clock }: ClusterPorts,
  zone: Name,
  snapshot: number,
  sets: readonly Rrset[],
  held: ReadonlySet<string>,
): Omit<Sample, 'label'> {
  const names = new Set(cluster.snapshot.mustHave.map((name) => child(name, zone)));
  const fit = sets.filter((one) => one.values.length <= maxValues && !held.has(rrsetKey(one)));
  const spread = (all: readonly Rrset[]) => {
    const step = Math.max(1, all.length / keptOfEach);
    const shift = snapshot % Math.ceil(step);
    const picked = Array.from(
      { length: Math.min(keptOfEach, all.length) },
      (_, i) => all[Math.floor(i * step + shift) % all.length],
    );
    return picked.flatMap((one) => (one === undefined ? [] : [{ ...one, values: [...one.values] }]));
  };
  const mustHave = spread(fit.filter(({ name }) => names.has(name)));
  return { snapshot, at: clock.now(), mustHave, others: spread(fit.filter(({ name }) => !names.has(name))) };
}

/** The sets of this round: the next ones with each interval. */
function turn(
  { mustHave, others }: Pick<Sample, 'mustHave' | 'others'>,
  { clock, cluster }: ClusterPorts,
): readonly Rrset[] {
  const round = Math.floor(clock.now() / cluster.probe.intervalMs);
  const some = (all: Sample['others'], count: number) =>
    all.length <= count ? all : Array.from({ length: count }, (_, i) => all[(round * count + i) % all.length]);
  return [...some(mustHave, mustHaveARound), ...some(others, othersARound)].flatMap((one) =>
    one === undefined ? [] : [{ ...one, name: one.name as Name, type: one.type as RecordType }],
  );
}

function keyOf({ cluster }: ClusterPorts): string {
  return `clusters/${cluster.id}/standby-samples`;
}

interface ReadDocument {
  readonly document: Readonly<Record<string, Sample>>;
  readonly version: number;
}

/** A document that cannot be read is drawn anew: it holds nothing that is not in the snapshots. */
async function readDocument(ports: ClusterPorts): Promise<ReadDocument> {
  const stored = await ports.store.read(keyOf(ports));
  if (stored === undefined) return { document: {}, version: 0 };
  return { document: byId(documentOf(stored), standbyNames(ports), ({ label }) => label), version: stored.version };
}

function documentOf({ value }: Stored): ReadDocument['document'] {
  try {
    const parsed = documentShape.safeParse(JSON.parse(value));
    return parsed.success ? parsed.data.standbys : {};
  } catch {
    return {};
  }
}

async function keep(ports: ClusterPorts, id: string, drawn: Omit<Sample, 'label'>): Promise<Sample> {
  const labels = new Map(standbyNames(ports).map((one) => [one.id, one.label]));
  const sample = { ...drawn, label: labels.get(id) ?? '' };
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const { document, version } = await readDocument(ports);
    const known = Object.entries(document).filter(([one]) => labels.has(one));
    const standbys = { ...Object.fromEntries(known), [id]: sample };
    const { status } = await ports.store.write(keyOf(ports), JSON.stringify({ format: 1, standbys }), version);
    if (status === 'written') return sample;
  }
  throw new LifeboatError(
    'store',
    `the samples of ${ports.cluster.id} could not be written: ${maxAttempts} times another writer was faster`,
  );
}
