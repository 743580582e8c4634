// Publishers on one zone, step by step in every order: the fence lets one of two win, and a cut publication is completed by the next.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutBatches } from '../../../functions/plan/batches.ts';
import { unlimited } from '../../../functions/plan/capabilities.ts';
import { nextMarker } from '../../../functions/plan/fence.ts';
import { createMemoryProvider } from '../../../functions/providers/memory.ts';
import type { ApplyOutcome, Provider } from '../../../functions/providers/provider.ts';
import type { Rrset } from '../../../functions/records/rrset.ts';
import { kubernetes, releasedPlanFor, service, sorted, zone } from '../plan/zone.ts';

const signal = AbortSignal.timeout(60_000);
const capabilities = { ...unlimited, maxValuesPerBatch: 2 };

/** Some of twelve services, one address each. */
const desiredSet = fc
  .uniqueArray(fc.record({ i: fc.integer({ min: 0, max: 11 }), address: fc.integer({ min: 1, max: 3 }) }), {
    selector: ({ i }) => i,
  })
  .map((picks) => sorted([kubernetes, ...picks.map(({ i, address }) => service(`s${i}.x`, `10.0.0.${address}`))]));

/** A publication in steps: it reads, then applies batch by batch; false when it has ended. */
function publisherOf(provider: Provider, writer: string, desired: readonly Rrset[]) {
  const outcomes: ApplyOutcome[] = [];
  const steps = (async function* () {
    const { rrsets, marker } = await provider.read(signal);
    yield;
    const plan = await releasedPlanFor({ desired, current: rrsets, capabilities });
    const batches = cutBatches(plan.changes, capabilities);
    let current = marker;
    for (const [i, changes] of (batches.length === 0 ? [[]] : batches).entries()) {
      const phase = i < batches.length - 1 ? 'partial' : 'warm';
      const next = nextMarker(current, {
        snapshot: 1,
        digest: `sha256:${'0'.repeat(64)}`,
        cluster: 'prod',
        writer,
        phase,
        activation: 0,
      });
      const outcome = await provider.apply({ expected: current, next, changes }, signal);
      outcomes.push(outcome);
      if (outcome.status !== 'applied') return;
      current = next;
      yield;
    }
  })();
  return { outcomes, step: async () => (await steps.next()).done !== true };
}

describe('two publishers at once', () => {
  it('one wins, the other is told of a conflict, and the zone holds what the winner wanted', () =>
    fc.assert(
      fc.asyncProperty(
        desiredSet,
        desiredSet,
        desiredSet,
        fc.array(fc.boolean(), { maxLength: 30 }),
        async (current, a, b, order) => {
          const provider = createMemoryProvider({ zone, rrsets: current, capabilities });
          const publishers = { one: publisherOf(provider, 'one', a), two: publisherOf(provider, 'two', b) };
          for (const first of order) await (first ? publishers.one : publishers.two).step();
          for (const { step } of Object.values(publishers)) while (await step());
          const { marker, rrsets } = await provider.read(signal);
          expect(rrsets).toEqual(marker?.writer === 'one' ? a : b);
          expect(marker?.phase).toBe('warm');
          const ends = Object.values(publishers).map(({ outcomes }) => outcomes.at(-1)?.status);
          expect(ends).toContain('applied');
          for (const { outcomes } of Object.values(publishers)) {
            expect(outcomes.slice(0, -1).every(({ status }) => status === 'applied')).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    ));
});

describe('a publication that is cut', () => {
  it('is completed by the next run, and says that it is partial until then', () =>
    fc.assert(
      fc.asyncProperty(desiredSet, desiredSet, fc.integer({ min: 1, max: 8 }), async (current, desired, steps) => {
        const provider = createMemoryProvider({ zone, rrsets: current, capabilities });
        const cut = publisherOf(provider, 'cut', desired);
        let isDone = false;
        for (let i = 0; i < steps && !isDone; i++) isDone = !(await cut.step());
        const { marker, rrsets } = await provider.read(signal);
        if (marker !== undefined && JSON.stringify(rrsets) !== JSON.stringify(desired))
          expect(marker.phase).toBe('partial');
        const next = publisherOf(provider, 'next', desired);
        while (await next.step());
        expect((await provider.read(signal)).rrsets).toEqual(desired);
      }),
      { numRuns: 200 },
    ));
});
