// Keeps one collection as the API server has it: list, watch, list again, with the back-off of client-go (tools/cache/reflector.go). It never
// forgets what it knows because the server is away.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ApiError, type ApiRequests, type WatchEvent } from './api-requests.ts';
import type { Collection } from './store.ts';

/** One kind of object: where it is listed, and how it is read. */
export interface Reflected<T> {
  readonly path: string;
  readonly read: (value: unknown) => T;
  readonly collection: Collection<T>;
}

/** client-go's: 0.8 s doubling to 30 s, each up to twice as long by chance, anew after two quiet minutes. */
const firstDelayMs = 800;
const mostDelayMs = 30_000;
const quietMs = 120_000;
/** A watch that ends at once without an event is a failure. */
const shortWatchMs = 1_000;
const mostLogCharacters = 300;

const versioned = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const status = z.object({ code: z.number().default(0), message: z.string().default('') });

/** Runs until the signal; what fails is logged and tried again. */
export async function reflect<T>(api: ApiRequests, kind: Reflected<T>, signal: AbortSignal): Promise<void> {
  const delayMs = createBackoff();
  let version = '0';
  const pause = (): Promise<void> => sleep(delayMs(), undefined, { signal }).catch(() => undefined);

  const list = async (): Promise<void> => {
    const listed = await api.list(kind.path, version).catch((error: unknown) => {
      // The server no longer has this version: whatever it has is good.
      if (error instanceof ApiError && error.kind === 'expired') return api.list(kind.path, '');
      throw error;
    });
    kind.collection.replace(listed.items.map(kind.read));
    version = listed.resourceVersion;
  };

  /** Watches one time; true when the next watch may go on from here at once. */
  const watch = async (): Promise<boolean> => {
    const startedAt = performance.now();
    let events = 0;
    try {
      for await (const event of api.watch(kind.path, version)) {
        version = apply(kind, event);
        events++;
      }
    } catch (error) {
      // Refused or overloaded: what is known is most likely good to go on from.
      if (!(error instanceof ApiError) || (error.kind !== 'refused' && error.kind !== 'too-many')) throw error;
      await pause();
      return true;
    }
    return events > 0 || performance.now() - startedAt >= shortWatchMs;
  };

  while (!signal.aborted) {
    try {
      await list();
      while (!signal.aborted && (await watch()));
    } catch (error) {
      if (signal.aborted) return;
      console.error(
        `[ERROR] plugin/kubernetes: ${(error as Error).message.replace(/\s+/g, ' ').slice(0, mostLogCharacters)}`,
      );
    }
    await pause();
  }
}

/** Puts one event into the collection; the version to watch on from. */
function apply<T>({ collection, read, path }: Reflected<T>, { type, object }: WatchEvent): string {
  if (type === 'ERROR') {
    const { code, message } = status.parse(object);
    throw new ApiError(code === 410 ? 'expired' : 'other', `watch ${path}: ${code} ${message}`);
  }
  if (type === 'ADDED' || type === 'MODIFIED') collection.set(read(object));
  else if (type === 'DELETED') collection.remove(read(object));
  return versioned.parse(object).metadata.resourceVersion;
}

function createBackoff(): () => number {
  let nextMs = firstDelayMs;
  let lastAt = performance.now();
  return () => {
    const now = performance.now();
    if (now - lastAt > quietMs) nextMs = firstDelayMs;
    lastAt = now;
    const delayMs = nextMs * (1 + Math.random());
    nextMs = Math.min(nextMs * 2, mostDelayMs);
    return delayMs;
  };
}
