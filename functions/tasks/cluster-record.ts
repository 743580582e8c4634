// The one stored document of a cluster: the machine's state, the outbox, what is held and what was transferred, written together, so that
// a crash between deciding and telling loses nothing. It holds no secret.
import { z } from 'zod';
import { emptyOutbox, type Outbox } from '../alerts/outbox.ts';
import { parseOutbox } from '../alerts/outbox-schema.ts';
import { type ClusterState, initialState } from '../decision/state.ts';
import { parseState } from '../decision/state-schema.ts';
import { LifeboatError } from '../lib/errors.ts';
import type { CaptureRecord } from '../snapshot/source.ts';
import { type GivenOrder, givenOrder } from './orders.ts';
import type { ClusterPorts } from './ports.ts';

export interface ClusterRecord {
  readonly format: 1;
  readonly machine: ClusterState;
  readonly outbox: Outbox;
  /** Until 0.1: what was held back, by standby label and rrsetKey. It is in a document of its own now (holds.ts), and empty here. */
  readonly held: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Transfers of the last hour, for the byte budget. */
  readonly captures: readonly CaptureRecord[];
  /** Orders that came with an idempotency key, and what they were answered; the newest ones. */
  readonly orders: readonly GivenOrder[];
}

const recordShape = z.object({
  format: z.literal(1),
  machine: z.unknown(),
  outbox: z.unknown(),
  held: z.record(z.string(), z.record(z.string(), z.number())),
  captures: z.array(z.object({ at: z.number(), bytes: z.number() })),
  // Since 0.2: what was written before has none.
  orders: z.array(givenOrder).default([]),
});

const maxAttempts = 20;

/** All that reading and writing a record takes. */
export interface RecordPorts extends Pick<ClusterPorts, 'store' | 'clock'> {
  readonly cluster: Pick<ClusterPorts['cluster'], 'id'>;
}

function keyOf(ports: RecordPorts): string {
  return `clusters/${ports.cluster.id}/state`;
}

/** The record as it is; a fresh one (version 0) where none was written yet. */
export async function readRecord(
  ports: RecordPorts,
): Promise<{ readonly record: ClusterRecord; readonly version: number }> {
  const stored = await ports.store.read(keyOf(ports));
  if (stored === undefined) return { record: freshRecord(ports), version: 0 };
  return { record: parseRecord(stored.value, keyOf(ports)), version: stored.version };
}

/** Changes the record by compare-and-swap; `change` is called again with the newer record when somebody wrote in between. */
export async function updateRecord(
  ports: RecordPorts,
  change: (record: ClusterRecord) => ClusterRecord,
): Promise<ClusterRecord> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const { record, version } = await readRecord(ports);
    const next = change(record);
    if (next === record) return record;
    const { status } = await ports.store.write(keyOf(ports), JSON.stringify(next), version);
    if (status === 'written') return next;
  }
  throw new LifeboatError(
    'store',
    `the state of cluster ${ports.cluster.id} could not be written: ${maxAttempts} times another writer was faster`,
  );
}

function freshRecord(ports: RecordPorts): ClusterRecord {
  const machine = initialState(ports.cluster.id, ports.clock.now());
  return { format: 1, machine, outbox: emptyOutbox, held: {}, captures: [], orders: [] };
}

function parseRecord(text: string, key: string): ClusterRecord {
  const parsed = recordShape.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') || 'the top';
    throw new LifeboatError('store', `the stored ${key} cannot be read: at ${where}: ${issue?.message}`);
  }
  const { machine, outbox, ...rest } = parsed.data;
  return { ...rest, machine: parseState(machine), outbox: parseOutbox(outbox) };
}
