// What each vantage saw last, in a document of its own beside the record: it changes with every round, and is most of what a cluster with many
// replicas stores. Written after the record, so that a crash in between costs one round of one vantage and no decision. It decides nothing.
import { z } from 'zod';
import type { Observation } from '../../decision/health/observation.ts';
import { observationShape } from '../../decision/machine/state-schema.ts';
import { codeOf } from '../../lib/errors.ts';
import type { Store } from '../../stores/store.ts';

/** As they were read: by vantage, the stored text and its version (0: there is none). */
export type SeenDocuments = ReadonlyMap<string, { readonly text: string; readonly version: number }>;

export interface Seen {
  readonly observations: readonly Observation[];
  readonly documents: SeenDocuments;
}

const documentShape = z.object({ format: z.literal(1), group: z.string(), observations: z.array(z.unknown()) });
const keptVantage = /^[a-z0-9._-]{1,60}$/;
const mark = 'seen.';

/** A vantage whose name is no word of a key has no document: what it saw stays in the record. */
export function hasDocument(vantage: string): boolean {
  return keptVantage.test(vantage);
}

export function isSeenKey(key: string): boolean {
  return key.split('/').at(-1)?.startsWith(mark) === true;
}

export async function readSeen(store: Store, cluster: string, vantages: readonly string[]): Promise<Seen> {
  const documents = await Promise.all(
    vantages.map(async (vantage) => {
      const stored = await store.read(keyOf(cluster, vantage)).catch(unreadable);
      return [vantage, { text: stored?.value ?? '', version: stored?.version ?? 0 }] as const;
    }),
  );
  const observations = documents.flatMap(([vantage, { text }]) => observationsIn(text, cluster, vantage));
  return { observations, documents: new Map(documents) };
}

/** A damaged document was never seen, as any that cannot be read: the record, and with it the whole watch, must not end with it. */
function unreadable(error: unknown): undefined {
  if (codeOf(error) !== 'store') throw error;
}

/** Stores what has changed. A fault, or somebody faster, costs nothing but this round of this vantage: the next one is stored again. */
export async function writeSeen(
  store: Store,
  cluster: string,
  before: SeenDocuments,
  observations: readonly Observation[],
): Promise<void> {
  const written = [...Map.groupBy(observations, ({ vantage }) => vantage)].map(async ([vantage, seen]) => {
    const value = textOf(seen);
    const known = before.get(vantage);
    if (known?.text === value) return;
    const key = keyOf(cluster, vantage);
    await store.write(key, value, known?.version ?? (await store.read(key).catch(unreadable))?.version ?? 0);
  });
  await Promise.allSettled(written);
}

function keyOf(cluster: string, vantage: string): string {
  return `clusters/${cluster}/${mark}${vantage}`;
}

/** Without what the document itself says, and in one order: what was not seen anew is the same text, and not written. */
function textOf(seen: readonly Observation[]): string {
  const whole = seen[0]?.group ?? '';
  const observations = seen.map(
    ({ target, signal, condition, reason, evidence, group, observedAt, latencyMs, details }) => ({
      target: { kind: target.kind, id: target.id },
      ...{ signal, condition, reason, evidence, observedAt, latencyMs },
      ...(details === undefined ? {} : { details }),
      ...(group === whole ? {} : { group }),
    }),
  );
  return JSON.stringify({ format: 1, group: whole, observations });
}

/** What cannot be read was never seen: the next round brings it anew. */
function observationsIn(text: string, cluster: string, vantage: string): readonly Observation[] {
  const document = documentShape.safeParse(jsonOf(text));
  if (!document.success) return [];
  const { group } = document.data;
  return document.data.observations.flatMap((one) => {
    if (typeof one !== 'object') return [];
    const read = observationShape.safeParse({ group, ...one, cluster, vantage });
    return read.success ? [read.data] : [];
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
