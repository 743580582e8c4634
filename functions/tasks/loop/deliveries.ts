// Looks at the outbox that are under way at once: one that waits for a slow receiver holds up none that begins after it. Each delivery is claimed,
// so that it is sent once (deliver.ts). It says neither what is due nor when to look.
import type { Controller } from './controller.ts';
import type { Activity } from './dispatch.ts';

export interface Deliveries {
  /** Looks at the outbox and sends what is due, beside whatever else is going on. */
  begin(): void;
  /** Until none is under way. */
  rest(): Promise<void>;
}

/** Channels have deadlines; a store that hangs has none, hence the limit. */
export function createDeliveries(controller: Pick<Controller, 'deliver'>, most: number): Deliveries {
  const underWay = new Set<Promise<void>>();
  return {
    begin() {
      if (underWay.size >= most) return;
      const delivery = controller.deliver().finally(() => {
        underWay.delete(delivery);
      });
      underWay.add(delivery);
    },
    async rest() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/** Did a step put an alert into the outbox? */
export function putsIntoOutbox(activity: Activity): boolean {
  return activity.kind === 'stepped' && activity.effects.some(({ kind }) => kind === 'page' || kind === 'resolve');
}
