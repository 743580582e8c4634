// Carries out one piece of work that the machine asked for and says how it went, as an event. It never throws and decides nothing.

import type { CaptureEffect, Effect, FreezeEffect, PublishEffect } from '../../decision/machine/effect.ts';
import type { ClusterEvent } from '../../decision/machine/event.ts';
import { assertNever } from '../../lib/assert.ts';
import { messageOf } from '../../lib/errors.ts';
import { capture } from '../capture/capture.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import { freeze } from '../publish/freeze.ts';
import { publish } from '../publish/publish-effect.ts';

export type Work = CaptureEffect | PublishEffect | FreezeEffect;

/** The work among effects, in order; pages are already in the outbox, replies are for whoever asked. */
export function workAmong(effects: readonly Effect[]): readonly Work[] {
  return effects.filter(
    (effect): effect is Work => effect.kind === 'capture' || effect.kind === 'publish' || effect.kind === 'freeze',
  );
}

/** What may not run twice at once: the source, or one standby. */
export function workKey(work: Work): string {
  return work.kind === 'capture' ? (work.final ? 'final capture' : 'capture') : `standby ${work.standby}`;
}

export async function execute(ports: ClusterPorts, work: Work): Promise<ClusterEvent> {
  switch (work.kind) {
    case 'capture':
      return capture(ports, work).catch(
        (error): ClusterEvent => ({ kind: 'capture-refused', effect: work, reason: messageOf(error) }),
      );
    case 'publish':
      return publish(ports, work).catch(
        (error): ClusterEvent => ({ kind: 'publish-failed', effect: work, status: 'fault', reason: messageOf(error) }),
      );
    case 'freeze':
      return freeze(ports, work).catch(
        (error): ClusterEvent => ({ kind: 'freeze-failed', effect: work, reason: messageOf(error) }),
      );
    default:
      return assertNever(work, 'work');
  }
}
