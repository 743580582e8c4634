// What the machine hears when others answer who were asked for a snapshot: in whichever life, without anything that the asking one remembered.
// Who asks and judges is vantage/receiver/capture-requests.ts. It captures nothing.
import type { CaptureEffect, InVain } from '../../decision/machine/effect.ts';
import type { ClusterEvent } from '../../decision/machine/event.ts';
import type { CaptureRecord } from '../../snapshot/budget.ts';
import type { AlsoChange } from '../loop/dispatch.ts';
import { withCost } from './capture.ts';
import { effectOf } from './ticket.ts';

export interface CaptureAnswer {
  /** As it was given with the question. */
  readonly ticket: string;
  /** `at`: when it was asked for. */
  readonly cost: CaptureRecord;
  /** The number of a snapshot that is kept by now, or why there is none. */
  readonly outcome: { readonly status: 'kept'; readonly snapshot: number } | ({ readonly status: 'in-vain' } & InVain);
}

export interface Heard {
  readonly event: ClusterEvent;
  readonly also: AlsoChange;
  /** What is to be done next: it is captured from here, where there is a way. */
  readonly work?: CaptureEffect;
}

/** The same answer again does no harm: the machine takes it for what it is, and the cost is noted once. undefined: nobody knows the ticket. */
export function heardIn({ ticket, cost, outcome }: CaptureAnswer): Heard | undefined {
  const effect = effectOf(ticket);
  if (effect === undefined) return undefined;
  const also: AlsoChange = (record) => withCost(record, cost);
  if (outcome.status === 'kept') {
    const { snapshot } = outcome;
    return { event: { kind: 'captured', effect, snapshot, source: cost.source, tried: [] }, also };
  }
  const { attempts, endedLives } = outcome;
  const work = { ...effect, inVain: { attempts, endedLives } };
  return { event: { kind: 'capture-asked', effect, elsewhere: false }, also, work };
}
