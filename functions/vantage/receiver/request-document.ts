// The stored document of the snapshots that vantages are asked for: small, bounded, and all that there is of a question. It decides nothing.
import { z } from 'zod';
import { LifeboatError } from '../../lib/errors.ts';
import type { Store } from '../../stores/store.ts';

const instant = z.number();
const outcomes = ['taken', 'in-vain'] as const;

const requestShape = z.object({
  number: z.int().min(1),
  source: z.string(),
  from: z.array(z.string()),
  askedAt: instant,
  until: instant,
  /** Of whoever asked; given back with the answer. */
  ticket: z.string(),
  /** Those that were asked, the last one until it falls silent; `at`: when it last reported, to an interval. */
  askedOf: z.array(z.object({ vantage: z.string(), at: instant })),
  /** Lives that began to take in what came. */
  begun: z.int().min(0),
  outcome: z.object({ status: z.enum(outcomes), vantage: z.string(), digest: z.string() }).nullable(),
});
export type StoredRequest = Readonly<z.infer<typeof requestShape>>;

const documentShape = z.object({ format: z.literal(1), requests: z.array(z.unknown()) });

/** Answered ones that are still known, so that the same snapshot again is no offence. */
const keptAnswered = 16;
const maxAttempts = 20;

export interface RequestDocument {
  read(): Promise<readonly StoredRequest[]>;
  /** By compare-and-swap: `change` is called again when somebody wrote in between. What it gives back as it was is not written. */
  change(change: (all: readonly StoredRequest[]) => readonly StoredRequest[]): Promise<readonly StoredRequest[]>;
}

export function createRequestDocument(store: Store, cluster: string): RequestDocument {
  const key = `clusters/${cluster}/capture-requests`;
  const read = async () => {
    const stored = await store.read(key);
    return { requests: stored === undefined ? [] : requestsIn(stored.value), version: stored?.version ?? 0 };
  };
  return {
    read: async () => (await read()).requests,
    async change(change) {
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const { requests, version } = await read();
        const next = change(requests);
        if (next === requests) return next;
        const kept = withoutOld(next);
        const value = JSON.stringify({ format: 1, requests: kept });
        if ((await store.write(key, value, version)).status === 'written') return kept;
      }
      throw new LifeboatError('store', `${key} could not be written: ${maxAttempts} times another writer was faster`);
    },
  };
}

/** One that cannot be read was never asked: whoever waits for it is told so (tasks/capture/lost.ts), and asks again. */
function requestsIn(text: string): readonly StoredRequest[] {
  const document = documentShape.safeParse(jsonOf(text));
  if (!document.success) return [];
  return document.data.requests.flatMap((one) => requestShape.safeParse(one).data ?? []);
}

function withoutOld(requests: readonly StoredRequest[]): readonly StoredRequest[] {
  const answered = requests.filter(({ outcome }) => outcome !== null).slice(-keptAnswered);
  return requests.filter((one) => one.outcome === null || answered.includes(one));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
