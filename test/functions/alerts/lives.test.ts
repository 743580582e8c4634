// No order of raising, taking, arriving, answering, dying and taking over loses a page, leaves one open at a receiver, or lets one overtake another.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { claim, due, takeOver } from '../../../functions/alerts/claims.ts';
import type { Claimant, Delivery, Settlement } from '../../../functions/alerts/delivery.ts';
import { enqueue } from '../../../functions/alerts/enqueue.ts';
import { emptyOutbox, type Outbox } from '../../../functions/alerts/outbox.ts';
import { parseOutbox } from '../../../functions/alerts/outbox-schema.ts';
import { settle } from '../../../functions/alerts/settle.ts';
import { leaseMs, t0 } from './outbox-steps.ts';
import { fieldsOf } from './sample.ts';

const channels = ['pager', 'chat'];
const keys = ['prod/a', 'prod/b'];

/** Under way: sent by a life; whether it arrives is decided when its answer comes, or never comes. */
interface Flight {
  readonly delivery: Delivery;
  readonly by: Claimant;
}

class World {
  outbox: Outbox = emptyOutbox;
  now = t0;
  flights: Flight[] = [];
  readonly lives: Record<Claimant['seat'], number> = { watch: 0, command: 0 };
  readonly raised: Record<string, string[]> = {};
  /** What each receiver got, by channel and key, each id once. */
  readonly got: Record<string, string[]> = {};
  /** By channel and key: the id of the last trigger that arrived. */
  readonly last: Record<string, string> = {};
  private readonly seen = new Set<string>();

  claimant(seat: Claimant['seat']): Claimant {
    return { seat, life: `${seat} ${this.lives[seat]}` };
  }

  raise(action: 'trigger' | 'resolve', key: string): void {
    const next = enqueue(this.outbox, action, fieldsOf(key), channels, this.now);
    this.outbox = next.outbox;
    if (next.status === 'queued') this.raised[key] = [...(this.raised[key] ?? []), action];
  }

  take(seat: Claimant['seat']): void {
    const by = this.claimant(seat);
    const { outbox, deliveries } = claim(this.outbox, by, () => leaseMs, this.now);
    this.outbox = outbox;
    for (const delivery of deliveries) {
      // While a living life of an unexpired lease holds it, nobody else gets it.
      expect(this.flights.some((one) => one.delivery.id === delivery.id && this.isHeld(one))).toBe(false);
      this.flights.push({ delivery, by });
    }
  }

  private isHeld({ delivery, by }: Flight): boolean {
    return by.life === this.claimant(by.seat).life && (delivery.claim?.until ?? 0) > this.now;
  }

  arrive({ delivery }: Flight): void {
    if (this.seen.has(delivery.id)) return;
    this.seen.add(delivery.id);
    const lane = `${delivery.channel} ${delivery.alert.dedupKey}`;
    this.got[lane] = [...(this.got[lane] ?? []), delivery.alert.action];
    if (delivery.alert.action === 'trigger') this.last[lane] = delivery.id;
  }

  answer(index: number, [result, arrives]: Answer): void {
    const flight = this.flights[index % Math.max(1, this.flights.length)];
    if (flight === undefined) return;
    this.flights = this.flights.filter((one) => one !== flight);
    if (arrives) this.arrive(flight);
    const { id } = flight.delivery;
    // What the channel wants to know again: which one it told last.
    const told: Settlement = result.status === 'delivered' ? { ...result, memory: id } : result;
    this.outbox = settle(this.outbox, id, flight.by, told, this.now);
  }

  /** The life ends: some of what it had under way has arrived. A watch is followed by the next one. */
  die(seat: Claimant['seat'], arrived: number): void {
    const { life } = this.claimant(seat);
    const own = this.flights.filter(({ by }) => by.life === life);
    own.forEach((flight, i) => {
      if (((arrived >> i) & 1) === 1) this.arrive(flight);
    });
    this.flights = this.flights.filter((one) => !own.includes(one));
    this.lives[seat]++;
    if (seat === 'watch') this.outbox = takeOver(this.outbox, this.claimant(seat));
  }
}

const seat = fc.constantFrom('watch' as const, 'command' as const);
const step = fc.oneof(
  fc.record({
    do: fc.constant('raise' as const),
    action: fc.constantFrom('trigger' as const, 'resolve' as const),
    key: fc.constantFrom(...keys),
  }),
  fc.record({ do: fc.constant('take' as const), seat }),
  fc.record({
    do: fc.constant('answer' as const),
    index: fc.nat(7),
    how: fc.constantFrom('delivered' as const, 'rejected' as const, 'lost' as const, 'unheard' as const),
  }),
  fc.record({ do: fc.constant('die' as const), seat, arrived: fc.nat(1023) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(500, 3_000, 20_000, 90_000) }),
);

type Answer = readonly [result: Settlement, arrives: boolean];

const answers = {
  delivered: [{ status: 'delivered' }, true],
  rejected: [{ status: 'rejected', reason: '403' }, false],
  lost: [{ status: 'retry', reason: 'refused' }, false],
  unheard: [{ status: 'retry', reason: 'no answer' }, true],
} as const satisfies Record<string, Answer>;

it('every receiver gets everything, in order, and shows in the end what is open', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const world = new World();
      for (const one of steps) {
        world.now += 100;
        if (one.do === 'raise') world.raise(one.action, one.key);
        if (one.do === 'take') world.take(one.seat);
        if (one.do === 'answer') world.answer(one.index, answers[one.how]);
        if (one.do === 'die') world.die(one.seat, one.arrived);
        if (one.do === 'wait') world.now += one.ms;
        world.outbox = parseOutbox(JSON.parse(JSON.stringify(world.outbox)));
      }
      // The receivers are well again; whoever is dead stays dead.
      world.die('command', 0);
      for (let i = 0; i < 200 && (world.outbox.pending.length > 0 || world.flights.length > 0); i++) {
        world.take('watch');
        while (world.flights.length > 0) world.answer(0, answers.delivered);
        world.now += 60_000;
      }
      expect(due(world.outbox, world.now)).toEqual([]);
      expect(world.outbox).toMatchObject({ pending: [], dead: [] });
      for (const channel of channels)
        for (const key of keys) expect(world.got[`${channel} ${key}`] ?? []).toEqual(world.raised[key] ?? []);
      const shown = Object.fromEntries(Object.keys(world.outbox.open).map((key) => [key, [...channels].sort()]));
      const sorted = Object.entries(world.outbox.shown).map(([key, list]) => [key, [...list].sort()]);
      expect(Object.fromEntries(sorted)).toEqual(shown);
      const remembered = world.outbox.receipts.map((one) => [`${one.channel} ${one.dedupKey}`, one.memory]);
      const lanes = Object.keys(world.outbox.open).flatMap((key) => channels.map((channel) => `${channel} ${key}`));
      expect(Object.fromEntries(remembered)).toEqual(Object.fromEntries(lanes.map((lane) => [lane, world.last[lane]])));
      expect(remembered).toHaveLength(lanes.length);
    }),
    { numRuns: 400 },
  );
});
