// WATCH: what is there and what changes, as a stream of events, in order and without a gap, for as long as the client keeps up. It holds a
// seat only until the first events are out, and a buffer that is bounded: a client that falls behind is cut off, as by the real watch cache.
import { randomInt } from 'node:crypto';
import type { Call } from './call.ts';
import { apiVersionOf, collectionOf } from './kinds/kind.ts';
import { type ListOptions, parseListOptions } from './list-options.ts';
import { decode, type Stored } from './objects.ts';
import { writeOrWait } from './response.ts';
import { expired, tooLargeVersion } from './status.ts';
import type { StoreEvent } from './watch-history.ts';

/** Events that wait for a client; beyond it the watch ends. */
const maxWaiting = 1_000;
/** As `--min-request-timeout`: between this and twice this where the client says nothing. */
const leastTimeoutSeconds = 1_800;
/** A client that takes the first events slowly keeps its seat no longer. */
const longestSeatMs = 10_000;
/** k8s.io/apiserver pkg/storage/cacher/cacher.go: about one a minute. */
const bookmarkMs = 60_000;
/** Client-go waits for this annotation at the end of a streaming list, KEP-3157. */
const initialEventsEnd = 'k8s.io/initial-events-end';

type EventType = StoreEvent['type'] | 'BOOKMARK' | 'ERROR';

export async function watch(call: Call): Promise<void> {
  const { parts, kind, info, namespace, response, signal } = call;
  const options = parseListOptions(info, kind);
  const { store } = parts;
  const { revision } = store;
  const from = startOf(options);
  if (options.sendInitialEvents && (options.resourceVersion ?? 0) > revision) {
    throw tooLargeVersion(options.resourceVersion ?? 0, revision);
  }
  const collection = collectionOf(kind);
  const stream = createStream(call, options);
  const isOurs = ({ stored }: StoreEvent): boolean => namespace === '' || stored.namespace === namespace;
  // Nothing is awaited between the look at what is there and this: no event is lost and none comes twice.
  const initial = from === 'initial' ? store.list(collection, namespace) : [];
  const missed = from === 'initial' ? [] : store.history(collection).since(from === 'now' ? revision : from);
  const stop = store.listen(collection, (event) => {
    // A client may start from a version that is yet to come.
    if (isOurs(event) && (typeof from === 'string' || event.stored.revision > from)) stream.push(event);
  });
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const timers = startTimers(call, options, stream);
  try {
    if (missed === 'expired') {
      const oldest = store.history(collection).oldest;
      await stream.send('ERROR', expired(`too old resource version: ${from} (${oldest})`).status);
      return;
    }
    await sendInitial(call, stream, options, initial, revision);
    for (const event of missed.filter(isOurs)) await stream.sendEvent(event);
    call.leaveSeat();
    while (!signal.aborted && !response.writableEnded && (await stream.sendNext()));
  } finally {
    stop();
    timers.stop();
    response.end();
  }
}

/** Where the events begin: with all objects as if they came now, with the next change, or behind a version. */
function startOf({ sendInitialEvents, resourceVersion = 0 }: ListOptions): 'initial' | 'now' | number {
  if (sendInitialEvents === true) return 'initial';
  if (resourceVersion !== 0) return resourceVersion;
  return sendInitialEvents === false ? 'now' : 'initial';
}

async function sendInitial(
  { parts: { slices }, signal }: Call,
  stream: Stream,
  { sendInitialEvents, allowWatchBookmarks }: ListOptions,
  initial: readonly Stored[],
  revision: number,
): Promise<void> {
  let slice = await slices.turn();
  for (const stored of initial) {
    if (slice.isOver()) slice = await slices.turn();
    if (signal.aborted) return;
    await stream.sendEvent({ type: 'ADDED', stored, previous: undefined });
  }
  if (sendInitialEvents && allowWatchBookmarks) await stream.sendBookmark(revision, { [initialEventsEnd]: 'true' });
}

interface Stream {
  /** Takes an event, to be sent in its order. */
  push(event: StoreEvent | 'bookmark'): void;
  /** Waits for what was pushed and sends it; false when the stream was cut. */
  sendNext(): Promise<boolean>;
  sendEvent(event: StoreEvent): Promise<void>;
  sendBookmark(revision: number, annotations?: Readonly<Record<string, string>>): Promise<void>;
  send(type: EventType, object: object): Promise<void>;
}

function createStream({ parts: { store }, kind, response, signal }: Call, { matches }: ListOptions): Stream {
  const waiting: (StoreEvent | number)[] = [];
  let wake: (() => void) | undefined;
  let isCut = false;
  signal.addEventListener('abort', () => wake?.(), { once: true });
  response.once('close', () => wake?.());
  const head = { kind: kind.kind, apiVersion: apiVersionOf(kind) };

  const stream: Stream = {
    push(event) {
      // A bookmark says what is known when it is pushed: everything before it is in the queue already.
      waiting.push(event === 'bookmark' ? store.revision : event);
      if (waiting.length > maxWaiting) {
        isCut = true;
        waiting.length = 0;
        response.destroy();
      }
      wake?.();
    },
    async sendNext() {
      const next = waiting.shift();
      if (typeof next === 'number') await stream.sendBookmark(next);
      else if (next !== undefined) await stream.sendEvent(next);
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return !isCut && !response.destroyed;
    },
    async sendEvent({ type, stored, previous }) {
      const object = decode(stored);
      const wasOurs = previous !== undefined && matches(decode(previous));
      const isOurs = type !== 'DELETED' && matches(object);
      // An object that begins or ceases to match appears or disappears for this watcher.
      const seen = isOurs ? (wasOurs ? 'MODIFIED' : 'ADDED') : wasOurs ? 'DELETED' : undefined;
      if (seen !== undefined) await stream.send(seen, { ...head, ...object });
    },
    async sendBookmark(revision, annotations) {
      const metadata = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) };
      await stream.send('BOOKMARK', { ...head, metadata });
    },
    async send(type, object) {
      if (response.destroyed || response.writableEnded) return;
      await writeOrWait(response, `${JSON.stringify({ type, object })}\n`);
    },
  };
  return stream;
}

/** The end that the client or the server sets, the end of the seat, and bookmarks. */
function startTimers(
  { response, leaveSeat }: Call,
  { timeoutSeconds, allowWatchBookmarks }: ListOptions,
  stream: Stream,
): { stop(): void } {
  const seconds = timeoutSeconds || leastTimeoutSeconds + randomInt(leastTimeoutSeconds);
  const end = setTimeout(() => response.end(), Math.min(seconds, 2 * leastTimeoutSeconds) * 1_000);
  const seat = setTimeout(leaveSeat, longestSeatMs);
  const bookmarks = allowWatchBookmarks ? setInterval(() => stream.push('bookmark'), bookmarkMs) : undefined;
  return {
    stop() {
      clearTimeout(end);
      clearTimeout(seat);
      clearInterval(bookmarks);
    },
  };
}
