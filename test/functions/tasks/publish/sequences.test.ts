// What must hold over any sequence of publications of one zone, by the real publisher: outages, cuts in the middle, retries, new processes,
// hours between. What is remembered goes through its stored text each time. fast-check prints its seed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newcomer } from '../../../../functions/model/standing.ts';
import type { Inventory } from '../../../../functions/plan/inventory.ts';
import { type HoldMemory, noMemory } from '../../../../functions/plan/memory.ts';
import { ownedIn } from '../../../../functions/plan/ownership.ts';
import { release } from '../../../../functions/plan/release.ts';
import { createMemoryProvider } from '../../../../functions/providers/memory.ts';
import { type Rrset, rrsetKey } from '../../../../functions/records/rrset.ts';
import { decodeHolds, encodeHolds } from '../../../../functions/tasks/publish/holds-document.ts';
import { publishSnapshot } from '../../../../functions/tasks/publish/publish.ts';
import type { PublishOutcome } from '../../../../functions/tasks/publish/request.ts';
import { takingAtMost } from '../../../fakes/capabilities.ts';
import { kubernetes, policy, service, set, sorted, zone } from '../../plan/zone.ts';

const capabilities = takingAtMost({ values: 12 });
const runs = { numRuns: 60 };

/** Twelve names in three namespaces with one to three addresses each; a few are aliases. */
const desiredSet = fc
  .uniqueArray(
    fc.record({
      i: fc.integer({ min: 0, max: 11 }),
      addresses: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
      isAlias: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
    }),
    { selector: ({ i }) => i, minLength: 1 },
  )
  .map((picks) =>
    sorted([
      kubernetes,
      ...picks.map(({ i, addresses, isAlias }) => {
        const name = `s${i}.${'xyz'[i % 3]}`;
        if (isAlias) return set(`${name}.svc`, 'CNAME', `t${addresses[0]}.example.`);
        return service(name, ...addresses.map((one) => `10.0.0.${one}`));
      }),
    ]),
  );

const step = fc.record({
  desired: desiredSet,
  isHealthy: fc.boolean(),
  /** The server stops answering after so many updates; then the publication is tried again. */
  cutAfter: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined, freq: 3 }),
  afterMs: fc.constantFrom(1000, 60_000, 1_800_000),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const healthySteps = fc.array(
  step.map((one) => ({ ...one, isHealthy: true })),
  { minLength: 2, maxLength: 8 },
);

const nameOf = (key: string) => key.slice(0, key.indexOf(' ')) as Rrset['name'];

interface Seen {
  readonly step: Step;
  readonly before: ReadonlyMap<string, Rrset>;
  readonly after: ReadonlyMap<string, Rrset>;
  readonly outcome: PublishOutcome | 'cut';
  readonly memory: HoldMemory;
}

class Zone {
  memory: HoldMemory = noMemory;
  inventory: Inventory | undefined;
  now = 1_700_000_000_000;
  private readonly provider;

  constructor(rrsets: readonly Rrset[]) {
    this.provider = createMemoryProvider({ zone, rrsets, capabilities });
  }

  sets(): ReadonlyMap<string, Rrset> {
    return new Map(ownedIn(zone, this.provider.contents()).map((one) => [rrsetKey(one), one]));
  }

  async publish(next: Step): Promise<Seen> {
    const before = this.sets();
    this.now += next.afterMs;
    const outcome = await this.once(next, next.cutAfter).catch(() => 'cut' as const);
    if (outcome === 'cut') {
      this.now += 1000;
      return { step: next, before, after: this.sets(), outcome: await this.once(next, undefined), memory: this.memory };
    }
    return { step: next, before, after: this.sets(), outcome, memory: this.memory };
  }

  private once({ desired, isHealthy }: Step, cutAfter: number | undefined): Promise<PublishOutcome> {
    let left = cutAfter ?? Number.POSITIVE_INFINITY;
    const provider = {
      ...this.provider,
      apply: async (...update: Parameters<typeof this.provider.apply>) => {
        if (left-- <= 0) throw new Error('the server does not answer');
        return this.provider.apply(...update);
      },
    };
    const clock = { now: () => this.now, sleep: async () => {} };
    return publishSnapshot(
      { provider, clock },
      {
        snapshot: { number: 1, rrsets: desired },
        deployment: { cluster: 'prod', writer: 'one' },
        standing: this.inventory === undefined ? newcomer : { known: 'marker', takeOver: null },
        renew: false,
        intent: { kind: 'publish', knownActivation: 0 },
        policy,
        clusterHealthy: isHealthy,
        memory: this.memory,
        readInventory: async () => this.inventory,
        keepInventory: async (inventory) => {
          this.inventory = inventory;
        },
        keep: async (_before, after) => {
          const stored = decodeHolds(encodeHolds({ standbys: { zone: after }, labels: {} }));
          this.memory = stored?.standbys.zone ?? expect.fail();
          return 'kept';
        },
        whyStop: async () => undefined,
        timeoutMs: 60_000,
      },
    );
  }
}

async function run(start: readonly Rrset[], steps: readonly Step[]): Promise<readonly Seen[]> {
  const zoneOf = new Zone(start);
  const seen: Seen[] = [];
  for (const next of steps) seen.push(await zoneOf.publish(next));
  return seen;
}

// Generous: the deadline is for a machine that does much else.
describe('any sequence of publications', { timeout: 60_000 }, () => {
  it('loses no name in an outage, and no address of several', () =>
    fc.assert(
      fc.asyncProperty(desiredSet, fc.array(step, { minLength: 1, maxLength: 8 }), async (start, steps) => {
        for (const { step: one, before, after } of await run(start, steps)) {
          if (one.isHealthy) continue;
          for (const [key, { values }] of before) {
            const left = new Set(after.get(key)?.values);
            expect(left.size).toBeGreaterThan(0);
            if (values.length > 1) expect(values.filter((value) => !left.has(value))).toEqual([]);
          }
        }
      }),
      runs,
    ));

  it('reads back what it wrote, and has nothing to do when it is asked the same again', () =>
    fc.assert(
      fc.asyncProperty(desiredSet, fc.array(step, { minLength: 1, maxLength: 6 }), async (start, steps) => {
        const zoneOf = new Zone(start);
        for (const next of steps) {
          const { outcome } = await zoneOf.publish(next);
          expect(outcome).toMatchObject({ status: 'published' });
          const again = await zoneOf.publish({ ...next, cutAfter: undefined, afterMs: 1000 });
          expect(again.outcome).toMatchObject({ status: 'published', batches: 0, plan: { changes: [] } });
        }
      }),
      runs,
    ));

  it('keeps what a guard held until the source has it again', () =>
    fc.assert(
      fc.asyncProperty(desiredSet, healthySteps, async (start, steps) => {
        const held = new Map<string, readonly string[]>();
        for (const { step: one, after, memory } of await run(start, steps)) {
          const wanted = new Map(one.desired.map((each) => [rrsetKey(each), each]));
          for (const [key, values] of held) {
            if (wanted.has(key)) held.delete(key);
            else expect(after.get(key)?.values ?? []).toEqual(expect.arrayContaining([...values]));
          }
          for (const [key, { wants }] of memory.held) {
            if (wants.length === 0) held.set(key, after.get(key)?.values ?? expect.fail(`${key} is held and gone`));
          }
        }
      }),
      runs,
    ));

  it('deletes no more at once than the policy lets go, and leaves no zone shorter of its largest size of the day', () =>
    fc.assert(
      fc.asyncProperty(desiredSet, healthySteps, async (start, steps) => {
        let most = 0;
        for (const { before, after, step: one } of await run(start, steps)) {
          most = Math.max(most, before.size);
          const wanted = new Set(one.desired.map(({ name }) => name));
          // A name that changes between CNAME and an address is not gone.
          const gone = [...before].filter(([key, { name }]) => !after.has(key) && !wanted.has(name)).length;
          const fewer = Math.max(gone, most - after.size);
          const share = fewer >= policy.minDeletesToHold ? policy.maxDeleteShare : 0.5;
          if (fewer > 1) expect(fewer / most).toBeLessThanOrEqual(share);
        }
      }),
      runs,
    ));

  it('lets out what was released, and with it nothing that comes later', () =>
    fc.assert(
      fc.asyncProperty(desiredSet, desiredSet, desiredSet, async (start, first, second) => {
        const zoneOf = new Zone(start);
        const one = { isHealthy: true, cutAfter: undefined, afterMs: 60_000 } as const;
        await zoneOf.publish({ ...one, desired: first });
        const shown = new Map(zoneOf.memory.held);
        zoneOf.memory = release(zoneOf.memory, { at: zoneOf.now, who: 'ada', why: 'agreed' });
        const { before, after, memory } = await zoneOf.publish({ ...one, desired: second });
        const wanted = new Set(second.map(({ name }) => name));
        // What goes as it was shown is let out. A name that becomes something else instead was not shown.
        const stillGoing = [...shown].filter(([key, { wants }]) => wants.length === 0 && !wanted.has(nameOf(key)));
        expect(stillGoing.filter(([key]) => memory.held.has(key))).toEqual([]);
        const gone = [...before].filter(([key, { name }]) => !after.has(key) && !wanted.has(name)).map(([key]) => key);
        const unshown = gone.filter((key) => !shown.has(key));
        // Of what nobody was shown no more goes than would have gone without the release.
        if (unshown.length > 1) expect(unshown.length / before.size).toBeLessThanOrEqual(0.5);
      }),
      runs,
    ));
});
