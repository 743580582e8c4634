// Whether people were told: what became of the alerts of an incident, and which alerts do not arrive. Pure.
import type { Deed } from '../../alerts/catalogue/entry.ts';
import type { DeadDelivery, Delivery } from '../../alerts/delivery.ts';
import type { Outbox } from '../../alerts/outbox.ts';
import { listed } from '../../lib/words.ts';

const dayMs = 86_400_000;
/** A first attempt and a retry or two take less. */
const patienceMs = 60_000;

/** Alerts that wait for longer than sending takes. */
export function overdue({ pending }: Outbox, at: number): readonly Delivery[] {
  return pending.filter(({ enqueuedAt, failures }) => at - enqueuedAt > patienceMs || failures > 2);
}

/** Alerts that were given up and still matter: their incident is open, or they died within the last day. */
export function lost({ dead, open }: Outbox, at: number): readonly DeadDelivery[] {
  return dead.filter(({ delivery, diedAt }) => delivery.alert.dedupKey in open || at - diedAt < dayMs);
}

/** Who was told about an incident, as far as the outbox knows: what is neither waiting nor given up was delivered. */
export function toldDeeds(outbox: Outbox, dedupKey: string): readonly Deed[] {
  const isAbout = ({ alert }: Delivery) => alert.dedupKey === dedupKey;
  const waiting = outbox.pending.filter(isAbout);
  const given = outbox.dead.filter(({ delivery }) => isAbout(delivery));
  if (waiting.length > 0) {
    const why = waiting.find(({ lastFailure }) => lastFailure !== '')?.lastFailure;
    const channels = listed([...new Set(waiting.map(({ channel }) => channel))]);
    return [{ words: `Tries to page ${channels}${why === undefined ? '' : `; the last failure: ${why}`}` }];
  }
  if (given.length > 0) {
    return given.map(({ delivery, reason, diedAt }) => ({
      words: `Gave up paging ${delivery.channel}: ${reason}`,
      at: diedAt,
    }));
  }
  if (outbox.sequence === 0) return [{ words: 'Has paged nobody: no alert channel is configured.' }];
  return dedupKey in outbox.open ? [{ words: 'Paged; every channel took it.' }] : [];
}
