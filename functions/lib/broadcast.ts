// Server-sent events to many readers from one place (HTML Living Standard, section 9.2). It buffers little: a reader that does not keep up
// is let go, and comes back by itself. No domain words.

export interface Broadcast {
  /** A new reader; `first` is sent to it at once. Over the limit the oldest reader is let go. */
  open(first: ServerEvent): ReadableStream<Uint8Array>;
  /** To every reader. */
  tell(event: ServerEvent): void;
  readers(): number;
}

export interface ServerEvent {
  readonly event: string;
  /** One JSON document on one line. */
  readonly data: string;
}

/** Octets that may wait for one reader. */
const maxWaitingBytes = 16_384;
/** How long a browser waits before it comes back. */
const retryMs = 2_000;

export function createBroadcast(mostReaders: number): Broadcast {
  const controllers = new Set<ReadableByteStreamController>();
  const letGo = (controller: ReadableByteStreamController) => {
    if (controllers.delete(controller)) controller.close();
  };
  return {
    open(first) {
      for (const oldest of controllers) {
        if (controllers.size < mostReaders) break;
        letGo(oldest);
      }
      return openBytes(controllers, encode(`retry: ${retryMs}\n${lines(first)}`));
    },
    tell(event) {
      for (const controller of controllers) {
        if ((controller.desiredSize ?? 0) <= 0) letGo(controller);
        // Of its own for each: what is put into such a stream is taken away.
        else controller.enqueue(encode(lines(event)));
      }
    },
    readers: () => controllers.size,
  };
}

/** A stream of octets, which alone can be handed through a remote call of workerd; in `controllers` as long as somebody reads it. */
function openBytes(controllers: Set<ReadableByteStreamController>, first: Uint8Array): ReadableStream<Uint8Array> {
  let own: ReadableByteStreamController | undefined;
  const source: UnderlyingByteSource = {
    type: 'bytes',
    start(controller) {
      own = controller;
      controllers.add(controller);
      controller.enqueue(first);
    },
    cancel() {
      if (own !== undefined) controllers.delete(own);
    },
  };
  return new ReadableStream(source, { highWaterMark: maxWaitingBytes });
}

function lines({ event, data }: ServerEvent): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
