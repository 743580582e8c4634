// Who may run now, who waits and who is turned away, in the way of API Priority and Fairness. It runs nothing itself: a request gets a seat,
// and gives it back. Simpler than the real thing (k8s.io/apiserver pkg/util/flowcontrol/fairqueuing/queueset): one limited level, every
// request takes one seat, and queues get their turns round robin, not by virtual time.
import { dealHand } from './shuffle-sharding.ts';

/**
 * | what                    | real default                   | here                                   |
 * |-------------------------|--------------------------------|----------------------------------------|
 * | levels                  | 7, each with a share of seats  | exempt, and one limited with all seats |
 * | queues of a level       | 64 to 128                      | 1                                      |
 * | hand of a flow          | 6 to 8                         | 1                                      |
 * | longest queue           | 50                             | 50                                     |
 * | longest wait            | 15 s                           | 15 s                                   |
 *
 * With one queue all flows share it, as where hashes collide or `limitResponse.queuing.queues` is 1: one identity that floods the server
 * fills the queue for everybody, which is the failure to be shown. `--flow-queues=128 --flow-hand-size=8` keep the others apart from it.
 */
export interface FlowControlOptions {
  readonly seats: number;
  readonly queues: number;
  readonly handSize: number;
  readonly queueLengthLimit: number;
  readonly waitLimitMs: number;
}

export type Admission =
  | { readonly status: 'seated'; release(): void }
  | { readonly status: 'rejected'; readonly why: 'queue full' | 'time out' }
  | { readonly status: 'abandoned' };

export interface FlowControl {
  /** Resolves with a seat, or without one; a signal that aborts gives up the place in the queue. */
  admit(flow: string, signal: AbortSignal): Promise<Admission>;
  readonly seated: number;
  readonly waiting: number;
}

interface Waiting {
  settle(admission: Admission): void;
}

export function createFlowControl(options: FlowControlOptions): FlowControl {
  const queues: Waiting[][] = Array.from({ length: options.queues }, () => []);
  let seated = 0;
  let lastServed = 0;
  /** Where the search for a short queue begins, so that overlapping hands are treated alike. */
  let arrivals = 0;

  function shortestQueue(flow: string): Waiting[] {
    const hand = dealHand(flow, options.queues, options.handSize);
    const offset = arrivals++ % hand.length;
    const visited = [...hand.slice(offset), ...hand.slice(0, offset)].map((index) => queues[index] ?? []);
    return visited.reduce((best, queue) => (queue.length < best.length ? queue : best));
  }

  function seat(): Admission {
    seated++;
    let isHeld = true;
    return {
      status: 'seated',
      release() {
        if (!isHeld) return;
        isHeld = false;
        seated--;
        dispatch();
      },
    };
  }

  /** The first of the next queue that is not empty, after the one that was served last. */
  function next(): Waiting | undefined {
    for (let i = 1; i <= queues.length; i++) {
      const index = (lastServed + i) % queues.length;
      const waiting = queues[index]?.shift();
      if (waiting === undefined) continue;
      lastServed = index;
      return waiting;
    }
    return undefined;
  }

  function dispatch(): void {
    while (seated < options.seats) {
      const waiting = next();
      if (waiting === undefined) return;
      waiting.settle(seat());
    }
  }

  /** In the queue until `settle` is called, by whoever comes first: the dispatcher, the clock or the client. */
  function wait(queue: Waiting[], signal: AbortSignal): Promise<Admission> {
    return new Promise((resolve) => {
      const leave = (admission: Admission): void => {
        queue.splice(queue.indexOf(waiting), 1);
        waiting.settle(admission);
      };
      const onAbort = (): void => leave({ status: 'abandoned' });
      const timer = setTimeout(() => leave({ status: 'rejected', why: 'time out' }), options.waitLimitMs);
      const waiting: Waiting = {
        settle(admission) {
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
          resolve(admission);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      queue.push(waiting);
    });
  }

  return {
    get seated() {
      return seated;
    },
    get waiting() {
      return queues.reduce((sum, queue) => sum + queue.length, 0);
    },
    async admit(flow, signal) {
      if (signal.aborted) return { status: 'abandoned' };
      // Seats are only free when nobody waits.
      if (seated < options.seats) return seat();
      const queue = shortestQueue(flow);
      if (queue.length >= options.queueLengthLimit) return { status: 'rejected', why: 'queue full' };
      return wait(queue, signal);
    },
  };
}
