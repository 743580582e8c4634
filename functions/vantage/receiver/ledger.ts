// What a Worker remembers of its vantages beyond its own life, in one small document: a ceiling for replays, and counts for people.
// Written when a ceiling rises (once in a thousand requests, and when a vantage starts anew) and otherwise at most once a minute.
import { z } from 'zod';
import type { Clock } from '../../lib/deps.ts';
import { LifeboatError } from '../../lib/errors.ts';
import { own } from '../../lib/own.ts';
import type { Store } from '../../stores/store.ts';
import { isAfter, type Nonce, noNonce } from '../protocol/replay.ts';
import { maxSkewMs } from '../protocol/report.ts';

export interface VantageNote {
  readonly ceiling: Nonce;
  readonly lastSeenAt: number | null;
  readonly refused: number;
  readonly lastRefusal: string;
}

export interface Ledger {
  /** Reads the stored document, once. */
  load(): Promise<void>;
  note(vantage: string): VantageNote;
  /** Something worth keeping, at the next occasion. */
  change(vantage: string, change: (note: VantageNote) => VantageNote): void;
  /** It was heard: kept with whatever is stored next, and no reason to store. */
  see(vantage: string, now: number): void;
  /** What is to be stored before `cover` lets go. */
  raise(vantage: string, ceiling: Nonce): void;
  /** Stores until the nonce lies within the stored ceiling: what it came with may be used then. */
  cover(vantage: string, nonce: Nonce): Promise<void>;
  /** Stores what has changed, when the last time is long enough ago. A fault is the store's own trouble, and no reason to refuse anybody. */
  saveNowAndThen(): Promise<void>;
}

const saveEveryMs = 60_000;
const maxAttempts = 5;
const freshNote: VantageNote = { ceiling: noNonce, lastSeenAt: null, refused: 0, lastRefusal: '' };

const nonceShape = z.object({ startedAt: z.int().min(0), count: z.int().min(0) });
const noteShape = z.object({
  ceiling: nonceShape,
  lastSeenAt: z.number().nullable(),
  refused: z.int().min(0),
  lastRefusal: z.string(),
});
const documentShape = z.object({ format: z.literal(1), vantages: z.record(z.string(), noteShape) });
type Notes = Readonly<Record<string, VantageNote>>;

/** The ledger of a cluster, for the vantages with these ids. */
export function createLedger(
  deps: { readonly clock: Clock; readonly store: Store },
  cluster: string,
  ids: readonly string[],
): Ledger {
  const { clock, store } = deps;
  const key = `clusters/${cluster}/vantages`;
  let notes: Notes = {};
  let stored: Notes = {};
  let version = 0;
  let savedAt = Number.NEGATIVE_INFINITY;
  let isChanged = false;
  let loading: Promise<void> | undefined;
  let queue: Promise<void> = Promise.resolve();
  const noteOf = (id: string) => own(notes, id) ?? freshNote;
  const put = (id: string, note: VantageNote) => {
    notes = { ...notes, [id]: note };
  };

  const read = async () => {
    const document = await store.read(key);
    version = document?.version ?? 0;
    stored = document === undefined ? {} : readNotes(document.value, ids, clock.now());
    notes = Object.fromEntries(ids.map((id) => [id, merged(own(stored, id) ?? freshNote, noteOf(id))]));
  };
  const write = async () => {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const written = notes;
      isChanged = false;
      const value = JSON.stringify({ format: 1, vantages: written });
      if ((await store.write(key, value, version)).status === 'written') {
        version += 1;
        stored = written;
        savedAt = clock.now();
        return;
      }
      await read();
    }
    throw new LifeboatError('store', `${key} could not be written: ${maxAttempts} times another writer was faster`);
  };
  /** One write at a time; a failed one keeps nobody after it from trying. */
  const inTurn = (isNeeded: () => boolean) => {
    const turn = queue.then(() => (isNeeded() ? write() : undefined));
    queue = turn.catch(() => {
      isChanged = true;
    });
    return turn;
  };
  return {
    load: () => {
      loading ??= read().catch((error) => {
        loading = undefined;
        throw error;
      });
      return loading;
    },
    note: noteOf,
    change: (id, change) => {
      put(id, change(noteOf(id)));
      isChanged = true;
    },
    see: (id, now) => put(id, { ...noteOf(id), lastSeenAt: now }),
    raise: (id, ceiling) => put(id, { ...noteOf(id), ceiling }),
    cover: (id, nonce) => inTurn(() => isAfter(nonce, own(stored, id)?.ceiling ?? noNonce)),
    saveNowAndThen: () => {
      const isDue = () => isChanged && clock.now() - savedAt >= saveEveryMs;
      return isDue() ? inTurn(isDue).catch(() => {}) : Promise.resolve();
    },
  };
}

/**
 * A document that cannot be read says nothing about what was taken. Whatever was, came with a series that began before now, as far as clocks
 * may differ: so everything up to there counts as taken, and a vantage that begins a new series is heard again soon.
 */
function readNotes(text: string, ids: readonly string[], now: number): Notes {
  const parsed = documentShape.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data.vantages;
  const ceiling = { startedAt: now + maxSkewMs, count: Number.MAX_SAFE_INTEGER };
  return Object.fromEntries(ids.map((id) => [id, { ...freshNote, ceiling }]));
}

function merged(a: VantageNote, b: VantageNote): VantageNote {
  return {
    ceiling: isAfter(a.ceiling, b.ceiling) ? a.ceiling : b.ceiling,
    lastSeenAt: Math.max(a.lastSeenAt ?? 0, b.lastSeenAt ?? 0) || null,
    refused: Math.max(a.refused, b.refused),
    lastRefusal: b.lastRefusal || a.lastRefusal,
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
