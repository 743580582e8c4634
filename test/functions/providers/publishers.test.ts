// The real publisher, several at once on one zone, in every order of their steps, over a host that crashes them, loses answers, lies, does half
// and shows what it held before. What must hold all the same: no name that both want is ever missing, a frozen zone stays as it is, nothing is
// deleted in an outage, two halves are never told to be whole, and the next good run ends what was begun.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newcomer } from '../../../functions/model/standing.ts';
import { markerName } from '../../../functions/plan/marker.ts';
import { createMemoryProvider, type MemoryProvider } from '../../../functions/providers/memory.ts';
import type { Batch, Provider, ZoneState } from '../../../functions/providers/provider.ts';
import type { Rrset } from '../../../functions/records/rrset.ts';
import { zoneDigest } from '../../../functions/snapshot/digest.ts';
import { publishSnapshot } from '../../../functions/tasks/publish/publish.ts';
import type { PublishOutcome, PublishRequest } from '../../../functions/tasks/publish/request.ts';
import { takingAtMost } from '../../fakes/capabilities.ts';
import { createUnrulyProvider, type Mood, moods } from '../../fakes/unruly-provider.ts';
import { kubernetes, service, sorted, zone } from '../plan/zone.ts';
import { publicationOf } from '../tasks/publish/publication.ts';

const signal = () => new AbortController().signal;
const clock = { now: () => 1_000_000, sleep: async () => {} };
const capabilities = takingAtMost({ values: 2 });

/** Stays in each set: a namespace that is lost whole is held back by a guard. */
const stays = service('stays.x', '10.0.9.9');

/** Some of twelve services, one address each. */
const desiredSet = fc
  .uniqueArray(fc.record({ i: fc.integer({ min: 0, max: 11 }), address: fc.integer({ min: 1, max: 3 }) }), {
    selector: ({ i }) => i,
  })
  .map((picks) =>
    sorted([kubernetes, stays, ...picks.map(({ i, address }) => service(`s${i}.x`, `10.0.0.${address}`))]),
  );

/** Mostly good: a host that never does anything right shows nothing. */
const mood: fc.Arbitrary<Mood> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Mood>('good') },
  fc.constantFrom(...moods),
);
const honestMood = mood.filter((one) => one !== 'lied' && one !== 'half');

interface Life {
  readonly desired: readonly Rrset[];
  readonly moods: readonly Mood[];
  readonly healthy: boolean;
  /** How many batches go out before the cluster goes bad. */
  readonly badAfter: number;
}

const lifeOf = (each: fc.Arbitrary<Mood>): fc.Arbitrary<Life> =>
  fc.record({
    desired: desiredSet,
    moods: fc.array(each, { maxLength: 12 }),
    healthy: fc.boolean(),
    badAfter: fc.integer({ min: 0, max: 8 }),
  });

type End = PublishOutcome['status'] | 'fault';

/** One zone; each write to it is looked at before and after. */
function createStage(
  current: readonly Rrset[],
  watch: (batch: Batch, before: ZoneState, after: ZoneState) => void | Promise<void>,
) {
  const inner = createMemoryProvider({ zone, rrsets: current, capabilities });
  const watched: MemoryProvider = {
    ...inner,
    async apply(batch, abort) {
      const before = await inner.readZone(abort);
      const outcome = await inner.apply(batch, abort);
      if (outcome.status === 'applied') await watch(batch, before, await inner.readZone(abort));
      return outcome;
    },
  };
  return { inner, watched, history: [] as ZoneState[] };
}

type Stage = ReturnType<typeof createStage>;

/** The real publisher on the stage. `index` tells its snapshot apart. */
async function run(
  { watched, history }: Stage,
  index: number,
  life: Life,
  turn: () => Promise<void>,
  changes: Partial<PublishRequest> = {},
): Promise<{ readonly end: End; readonly batches: readonly Batch[] }> {
  const left = [...life.moods];
  const unruly = createUnrulyProvider(watched, history, { next: () => left.shift() ?? 'good', turn });
  const batches: Batch[] = [];
  const isBad = () => batches.length >= life.badAfter;
  const provider: Provider = {
    ...unruly,
    apply: (batch, abort) => {
      const losses = batch.changes.filter(({ action }) => action === 'delete');
      if (!life.healthy || isBad()) expect(losses, 'deletes while the cluster is not healthy').toEqual([]);
      batches.push(batch);
      return unruly.apply(batch, abort);
    },
  };
  const request = publicationOf(life.desired, {
    snapshot: { number: index, rrsets: life.desired },
    clusterHealthy: life.healthy,
    whyStop: async (takesAway) => (takesAway && isBad() ? 'the cluster is not healthy any more' : undefined),
    ...changes,
  });
  try {
    return { end: (await publishSnapshot({ provider, clock }, request)).status, batches };
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^(timeout|network)$/) });
    return { end: 'fault', batches };
  }
}

const namesOf = (rrsets: readonly Rrset[]) => new Set(rrsets.map(({ name }) => name));
const calm: Omit<Life, 'desired'> = { moods: [], healthy: true, badAfter: Number.POSITIVE_INFINITY };
const noTurn = async () => {};

// Generous: the deadline is for a machine that does much else.
const patient = { timeout: 60_000 };

describe('two publishers at once, on a host with bad days', patient, () => {
  it('never lose a name that stays, delete nothing in an outage, and one good run ends what they began', () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), desiredSet, lifeOf(mood), lifeOf(mood), async (s, current, a, b) => {
        const staying = [...namesOf(current)].filter((name) =>
          [a, b].every(({ desired }) => namesOf(desired).has(name)),
        );
        const stage = createStage(current, (batch, before, after) => {
          const there = namesOf(after.rrsets);
          expect(staying.filter((name) => !there.has(name))).toEqual([]);
          expect(after.marker?.generation).toBe((before.marker?.generation ?? 0) + 1);
          expect(batch.expected).toEqual(before.marker);
        });
        const turn = () => s.schedule(Promise.resolve());
        await s.waitFor(Promise.all([a, b].map((life, i) => run(stage, i + 1, life, turn))));
        const last = await run(stage, 3, { ...calm, desired: a.desired }, noTurn);
        expect(last.end).toBe('published');
        expect(await stage.inner.readZone(signal())).toMatchObject({
          rrsets: a.desired,
          marker: { phase: 'warm', digest: await zoneDigest(zone, a.desired) },
        });
      }),
      { numRuns: 150 },
    ));

  it('never tell two halves to be whole: a warm marker stands over the set of its own snapshot, and says its digest', () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), desiredSet, lifeOf(honestMood), lifeOf(honestMood), async (s, current, a, b) => {
        const lives = [a, b].map((life) => ({ ...life, ...calm, moods: life.moods }));
        const stage = createStage(current, async (_, __, { marker, rrsets }) => {
          if (marker?.phase !== 'warm') return;
          expect(marker.digest).toBe(await zoneDigest(zone, rrsets));
          expect(rrsets).toEqual(lives[marker.snapshot - 1]?.desired);
        });
        const turn = () => s.schedule(Promise.resolve());
        await s.waitFor(Promise.all(lives.map((life, i) => run(stage, i + 1, life, turn))));
      }),
      { numRuns: 150 },
    ));

  it('say published only of what was read back and is there', () =>
    fc.assert(
      fc.asyncProperty(desiredSet, lifeOf(mood), async (current, life) => {
        const stage = createStage(current, () => {});
        // A host that shows something older after a batch is found out, or showed what is there now as well.
        const { end } = await run(
          stage,
          1,
          { ...life, ...calm, moods: life.moods.filter((one) => one !== 'stale') },
          noTurn,
        );
        if (end === 'published') expect((await stage.inner.readZone(signal())).rrsets).toEqual(life.desired);
      }),
      { numRuns: 150 },
    ));
});

describe('a zone that is frozen while others publish', patient, () => {
  it('stays as it was frozen, whatever the order', () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), desiredSet, lifeOf(mood), desiredSet, async (s, current, peace, frozen) => {
        let held: readonly Rrset[] | undefined;
        const stage = createStage(current, (_, before, after) => {
          if (before.marker?.phase === 'frozen') expect(after).toEqual(before);
          if (after.marker?.phase === 'frozen') held = after.rrsets;
        });
        const turn = () => s.schedule(Promise.resolve());
        const activate = { kind: 'activate', activation: 1 } as const;
        const outage = { ...calm, desired: frozen, healthy: false };
        await s.waitFor(
          Promise.all([
            run(stage, 1, peace, turn),
            run(stage, 2, outage, turn, { intent: activate, standing: newcomer }),
          ]),
        );
        const late = await run(stage, 3, { ...calm, desired: peace.desired }, noTurn);
        const { marker, rrsets } = await stage.inner.readZone(signal());
        if (held === undefined) return;
        expect(late).toEqual({ end: 'frozen', batches: [] });
        expect(marker).toMatchObject({ phase: 'frozen', activation: 1 });
        expect(rrsets).toEqual(held);
        for (const { name } of stage.inner.contents())
          if (name !== markerName(zone)) expect(namesOf(held)).toContain(name);
      }),
      { numRuns: 150 },
    ));
});
