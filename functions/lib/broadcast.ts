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

/** Events that may wait for one reader. */
const maxWaiting = 32;
/** How long a browser waits before it comes back. */
const retryMs = 2_000;

export function createBroadcast(mostReaders: number): Broadcast {
  const controllers = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const letGo = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (controllers.delete(controller)) controller.close();
  };
  return {
    open(first) {
      for (const oldest of controllers) {
        if (controllers.size < mostReaders) break;
        letGo(oldest);
      }
      let own: ReadableStreamDefaultController<Uint8Array> | undefined;
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            own = controller;
            controllers.add(controller);
            controller.enqueue(encode(`retry: ${retryMs}\n${lines(first)}`));
          },
          cancel() {
            if (own !== undefined) controllers.delete(own);
          },
        },
        { highWaterMark: maxWaiting },
      );
    },
    tell(event) {
      const bytes = encode(lines(event));
      for (const controller of controllers) {
        if ((controller.desiredSize ?? 0) <= 0) letGo(controller);
        else controller.enqueue(bytes);
      }
    },
    readers: () => controllers.size,
  };
}

function lines({ event, data }: ServerEvent): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
