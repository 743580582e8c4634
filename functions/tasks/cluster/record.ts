// The stored record of a cluster: the machine's state, the outbox, what is held and what was transferred, written together, so that a crash
// between deciding and telling loses nothing. What the vantages saw stands beside it (seen-documents.ts). It holds no secret.
import { z } from 'zod';
import { summaryOf } from '../../alerts/catalogue/notice.ts';
import { emptyOutbox, type Outbox } from '../../alerts/outbox.ts';
import { parseOutbox } from '../../alerts/outbox-schema.ts';
import type { Observation } from '../../decision/health/observation.ts';
import {
  byId,
  labelsIn,
  renamed,
  reversed,
  storedNames,
  withIds,
  withNames,
} from '../../decision/machine/standby-names.ts';
import { type ClusterState, initialState } from '../../decision/machine/state.ts';
import { parseState } from '../../decision/machine/state-schema.ts';
import { backOffMs, spread } from '../../lib/back-off.ts';
import { LifeboatError } from '../../lib/errors.ts';
import type { CaptureRecord } from '../../snapshot/budget.ts';
import { type GivenOrder, givenOrder } from './given-order.ts';
import { type Lives, livesShape } from './lives.ts';
import { type ClusterPorts, standbyNames } from './ports.ts';
import { hasDocument, readSeen, type SeenDocuments, writeSeen } from './seen-documents.ts';

export interface ClusterRecord {
  readonly format: 1;
  readonly machine: ClusterState;
  readonly outbox: Outbox;
  /** Until 0.1: what was held back, by standby and rrsetKey. It is in a document of its own now (holds.ts), and empty here. */
  readonly held: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Of the last hour, for the budgets of the sources. */
  readonly captures: readonly CaptureRecord[];
  /** Orders that came with an idempotency key, and what they were answered; the newest ones. */
  readonly orders: readonly GivenOrder[];
  /** Empty where no two lives of the watch go on at once. */
  readonly lives: Lives;
}

const recordShape = z.object({
  format: z.literal(1),
  machine: z.unknown(),
  outbox: z.unknown(),
  held: z.record(z.string(), z.record(z.string(), z.number())),
  captures: z.array(
    z.object({
      // While there was but one source, it was not named.
      source: z.string().default('axfr'),
      at: z.number(),
      bytes: z.number(),
      requests: z.number().default(0),
    }),
  ),
  // Since 0.2: what was written before has none.
  orders: z.array(givenOrder).default([]),
  // Since 0.3.
  lives: livesShape.default([]),
  // Vantages with a document of their own. What was written before there were such has all observations in the state.
  seenBy: z.array(z.string()).default([]),
  // Since 0.2: by label, the id of the standby that is stored under it.
  standbyIds: z.record(z.string(), z.string()).default({}),
});

/** Somebody else writes the same record now and then; this long is far beyond anything that is not a fault. */
const writeDeadlineMs = 60_000;
const maxAttempts = 10_000;
const pauses = { firstMs: 1, mostMs: 250 };

/** All that reading and writing a record takes. `standbys`: where there is a configuration to know them by. */
export interface RecordPorts
  extends Pick<ClusterPorts, 'store' | 'clock' | 'recordTurn'>,
    Partial<Pick<ClusterPorts, 'standbys'>> {
  readonly cluster: Pick<ClusterPorts['cluster'], 'id'>;
}

function keyOf(ports: RecordPorts): string {
  return `clusters/${ports.cluster.id}/state`;
}

/** What is stored of a record, and what stands beside it. */
interface StoredRecord {
  readonly record: ClusterRecord;
  readonly version: number;
  readonly seen: SeenDocuments;
}

/** The record as it is; a fresh one (version 0) where none was written yet. */
export async function readRecord(
  ports: RecordPorts,
): Promise<{ readonly record: ClusterRecord; readonly version: number }> {
  const { record, version } = await readStored(ports);
  return { record, version };
}

/**
 * Changes the record by compare-and-swap; `change` is called again with the newer record when somebody wrote in between. Within this process
 * one after the other; among processes until a minute is over, with growing pauses: an event must not be lost because many are told at once.
 */
export async function updateRecord(
  ports: RecordPorts,
  change: (record: ClusterRecord) => ClusterRecord,
): Promise<ClusterRecord> {
  const leave = await ports.recordTurn.enter();
  try {
    return await changeStored(ports, change);
  } finally {
    leave();
  }
}

async function changeStored(
  ports: RecordPorts,
  change: (record: ClusterRecord) => ClusterRecord,
): Promise<ClusterRecord> {
  const { clock, store, cluster } = ports;
  const startedAt = clock.now();
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const stored = await readStored(ports);
    const next = change(stored.record);
    if (next === stored.record) return next;
    const text = textOf(next);
    // The record first: with it everything is decided. What was seen can be seen again.
    if ((await store.write(keyOf(ports), text, stored.version)).status === 'written') {
      await writeSeen(store, cluster.id, stored.seen, next.machine.observations.filter(isBeside));
      return next;
    }
    if (Math.abs(clock.now() - startedAt) > writeDeadlineMs) break;
    await clock.sleep(pauseMs(attempt, clock.now()));
  }
  throw new LifeboatError(
    'store',
    `the state of cluster ${cluster.id} could not be written: for ${writeDeadlineMs / 1000} s another writer was faster each time`,
  );
}

/** None at first, then longer; half of it hangs on the clock's last digits, so that two processes do not keep step. */
function pauseMs(attempt: number, now: number): number {
  return Math.floor(spread(backOffMs(pauses, attempt - 2), ((now * 7 + attempt * 13) % 97) / 97));
}

function isBeside({ vantage }: Observation): boolean {
  return hasDocument(vantage);
}

async function readStored(ports: RecordPorts): Promise<StoredRecord> {
  const { store, cluster } = ports;
  const stored = await store.read(keyOf(ports));
  if (stored === undefined) return { record: freshRecord(ports), version: 0, seen: new Map() };
  const { seenBy, ...record } = parseRecord(stored.value, keyOf(ports));
  const seen = await readSeen(store, cluster.id, seenBy);
  const observations = [...record.machine.observations, ...seen.observations];
  const names = standbyNames({ standbys: ports.standbys ?? [] });
  const machine = withIds({ ...record.machine, observations }, names);
  return {
    record: { ...record, held: byId(record.held, names), machine },
    version: stored.version,
    seen: seen.documents,
  };
}

/**
 * | what                                                                | where it is stored                                          |
 * |---------------------------------------------------------------------|-------------------------------------------------------------|
 * | phase, activation, streaks, incidents, jobs, transitions, outbox, orders | in the record, in one write: what was decided is told, or never happened |
 * | what a vantage saw last                                             | in a document of its own, written when that vantage is heard |
 * | what goes by a standby                                              | under its label, its id beside (standby-names.ts)           |
 * | the evidence of verdicts                                            | not at all: whoever shows a record judges again by what was seen |
 */
function textOf({ machine: state, held, ...rest }: ClusterRecord): string {
  const stored = storedNames(labelsIn(state));
  const machine = withNames(state, stored);
  const inside = machine.observations.filter((seen) => !isBeside(seen));
  const seenBy = [...new Set(machine.observations.filter(isBeside).map(({ vantage }) => vantage))];
  const verdicts = Object.entries(machine.verdicts).map(([key, verdict]) => {
    return [key, { ...verdict, evidence: [] }] as const;
  });
  // The line that was told as well: a version before there were facts reads that alone, and goes on.
  const incidents = Object.entries(machine.incidents).map(([key, open]) => {
    return [key, { ...open, summary: summaryOf(open, machine.cluster) }] as const;
  });
  const kept = {
    ...machine,
    observations: inside,
    verdicts: Object.fromEntries(verdicts),
    incidents: Object.fromEntries(incidents),
  };
  const standbyIds = Object.fromEntries(reversed(stored));
  return JSON.stringify({ ...rest, held: renamed(held, stored), seenBy, standbyIds, machine: kept });
}

function freshRecord(ports: RecordPorts): ClusterRecord {
  const machine = initialState(ports.cluster.id, ports.clock.now());
  return { format: 1, machine, outbox: emptyOutbox, held: {}, captures: [], orders: [], lives: [] };
}

function parseRecord(text: string, key: string): ClusterRecord & { readonly seenBy: readonly string[] } {
  const parsed = recordShape.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') || 'the top';
    throw new LifeboatError('store', `the stored ${key} cannot be read: at ${where}: ${issue?.message}`);
  }
  const { machine, outbox, held, standbyIds, ...rest } = parsed.data;
  const ids = new Map(Object.entries(standbyIds));
  return {
    ...rest,
    held: renamed(held, ids),
    machine: withNames(parseState(machine), ids),
    outbox: parseOutbox(outbox),
  };
}
