// The watchdog of one cluster without a loop of its own: whoever has the time calls it for rounds and deliveries, a process on its timers, a
// Durable Object on its alarm. Work runs beside the rounds, so that a slow transfer never delays a probe.
import type { Effect } from '../../decision/machine/effect.ts';
import type { ClusterEvent } from '../../decision/machine/event.ts';
import { backoffMs, lostAfterMs } from '../../decision/machine/job.ts';
import { LifeboatError } from '../../lib/errors.ts';
import { deliverDue, type Turn } from '../alert/deliver.ts';
import { type CaptureAnswer, heardIn } from '../capture/answered.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import { beginLife, endLife, isAlone } from './begin-life.ts';
import { type ActivityListener, type AlsoChange, carryOut, dispatch, type EventOf } from './dispatch.ts';
import { type Work, workAmong, workKey } from './execute.ts';
import { createHeart } from './heartbeat.ts';
import { probeRound } from './probe-round.ts';
import { readMarkers } from './read-markers.ts';

export interface WatchHooks {
  readonly onActivity: ActivityListener;
  /** A fault of Lifeboat itself (its store, mostly): the watch goes on. */
  readonly onFault: (what: string, error: unknown) => void;
}

export interface Controller {
  /** Takes over from whoever watched before: what that one was doing, or sending, will not be reported any more. */
  begin(): Promise<void>;
  /** One probe round, told to the machine. Never throws. */
  round(): Promise<void>;
  /** Tells the machine of something else; the work that follows goes on after it. Gives all that the machine wants, replies included. */
  hear(event: ClusterEvent | EventOf, also?: AlsoChange): Promise<readonly Effect[]>;
  /** Tells the machine what others say who were asked for a snapshot; through when that is stored. */
  answered(answer: CaptureAnswer): Promise<void>;
  /** Sends the alerts that are due, until none is left or the watch ends. Never throws. */
  deliver(): Promise<void>;
  /** Until no work is under way. */
  rest(): Promise<void>;
  /** Says that this life is over: the next one need not wait for it. */
  end(): Promise<void>;
}

/** After the signal no new work begins: the next process asks for it again. */
export function createController(ports: ClusterPorts, hooks: WatchHooks, signal: AbortSignal): Controller {
  const bench = createWorkbench(ports, hooks, signal);
  const beat = createHeart(ports, (why) => hooks.onFault('heartbeat', new LifeboatError('network', why)));
  const turn: Turn = { seat: 'watch', goesOn: () => !signal.aborted };
  return {
    async begin() {
      // What a life that goes on is doing is not taken from it.
      const restarted: EventOf = (record) => (isAlone(ports, record) ? { kind: 'restarted' } : undefined);
      bench.take(await dispatch(ports, restarted, hooks.onActivity, (record) => beginLife(ports, record)));
      // Asked beside everything else: a standby that hangs must not delay the first round.
      bench.beside('read markers', async () => bench.take(await readMarkers(ports, hooks.onActivity)));
    },
    round: () =>
      guarded(hooks, 'probe round', async () => {
        const onFault = (error: unknown) => hooks.onFault('what the standbys should hold', error);
        bench.take(await probeRound(ports, hooks.onActivity, onFault));
        bench.beside('heartbeat', beat);
      }),
    async hear(event, also) {
      const effects = await dispatch(ports, event, hooks.onActivity, also);
      bench.take(effects);
      return effects;
    },
    async answered(answer) {
      const heard = heardIn(answer);
      if (heard === undefined) return;
      const { event, also, work } = heard;
      bench.take(await dispatch(ports, event, hooks.onActivity, also));
      if (work !== undefined) bench.take([work]);
      if (event.kind !== 'captured') return;
      // Whoever reads the log was told that it was asked for.
      const tookMs = ports.clock.now() - event.effect.askedAt;
      hooks.onActivity({ kind: 'finished', work: event.effect, outcome: event, tookMs });
    },
    deliver: () => guarded(hooks, 'deliver alerts', () => deliverDue(ports, turn)),
    rest: bench.rest,
    end: () => guarded(hooks, 'ending this life', () => endLife(ports)),
  };
}

interface Workbench {
  take(effects: readonly Effect[]): void;
  /** Something that is no work of the machine, in a lane of its own. */
  beside(what: string, run: () => Promise<void>): void;
  rest(): Promise<void>;
}

/** Work of one kind runs one after the other, different kinds at the same time: a hung standby does not hold up the other. */
function createWorkbench(ports: ClusterPorts, hooks: WatchHooks, signal: AbortSignal): Workbench {
  const lanes = new Map<string, Promise<void>>();
  const line = (key: string, run: () => Promise<void>): void => {
    const lane = (lanes.get(key) ?? Promise.resolve()).then(run).finally(() => {
      if (lanes.get(key) === lane) lanes.delete(key);
    });
    lanes.set(key, lane);
  };
  const take = (effects: readonly Effect[]): void => {
    for (const piece of workAmong(effects)) line(workKey(piece), () => run(piece));
  };
  const run = async (piece: Work): Promise<void> => {
    if (signal.aborted) return;
    await guarded(hooks, piece.kind, async () => tellOf(piece, await carryOut(ports, piece, hooks.onActivity)));
  };
  /** What was done is not done again for a store that fails now: it is told until the machine takes the work for lost, or the watch ends. */
  const tellOf = async (piece: Work, outcome: ClusterEvent): Promise<void> => {
    const until = ports.clock.now() + lostAfterMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return take(await dispatch(ports, outcome, hooks.onActivity));
      } catch (error) {
        if (signal.aborted || ports.clock.now() >= until) throw error;
        hooks.onFault(`${piece.kind}, telling what became of it`, error);
      }
      await ports.clock.sleep(backoffMs(attempt), signal);
    }
  };
  return {
    take,
    beside: (what, job) => line(what, () => guarded(hooks, what, job)),
    async rest() {
      while (lanes.size > 0) await Promise.all(lanes.values());
    },
  };
}

export async function guarded(hooks: WatchHooks, what: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    hooks.onFault(what, error);
  }
}
