// Finds out whether the capture that the machine waits for is still asked of anybody: what was stored of the question may be gone, damaged or
// another version's. It asks nobody but the store, and decides nothing: the machine asks again.
import type { ClusterEvent } from '../../decision/machine/event.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import { readRecord } from '../cluster/record.ts';
import type { Vantages } from '../runtime-ports.ts';
import { effectOf } from './ticket.ts';

/**
 * undefined: nothing is waited for, or it is asked of somebody. The record is read first: a question is stored before the machine waits for it,
 * and an answer is told to the machine before it is noted.
 */
export async function lostCapture(
  ports: ClusterPorts,
  vantages: Pick<Vantages, 'tickets'>,
): Promise<Extract<ClusterEvent, { kind: 'capture-lost' }> | undefined> {
  const { capture } = (await readRecord(ports)).record.machine;
  const { askedAt, askedFor: activation } = capture;
  if (!capture.isElsewhere || capture.runningSince === null || askedAt === null) return undefined;
  const asked = (await vantages.tickets()).map(effectOf);
  const isAsked = asked.some((effect) => effect?.askedAt === askedAt && effect.activation === activation);
  return isAsked ? undefined : { kind: 'capture-lost', askedAt, activation };
}
