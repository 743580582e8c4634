// What every snapshot source must do, as one list of cases: run on each of them with a server behind it that answers as the case wants.
import { describe, expect, it } from 'vitest';
import { refusalKinds, type SourceTerms, sourceNeeds } from '../../functions/model/source.ts';
import { mayCapture } from '../../functions/snapshot/budget.ts';
import { decodeSnapshot, encodeSnapshot } from '../../functions/snapshot/codec.ts';
import { capturedFrom } from '../../functions/snapshot/snapshot.ts';
import type { CaptureResult, SnapshotSource } from '../../functions/snapshot/source.ts';

/** How the server behind a source answers. */
export const behaviours = ['well', 'refuses', 'hangs', 'cut', 'empty', 'too-large'] as const;
export type Behaviour = (typeof behaviours)[number];

export interface SourceUnderTest {
  readonly name: string;
  /** A source of the zone `cluster.local` of the cluster `prod`, its deadline 300 ms, and a place that answers so. */
  create(behaviour: Behaviour): Promise<{
    readonly terms: SourceTerms;
    readonly source: SnapshotSource;
    readonly place: string;
    /** How often its server was asked for records. */
    readonly asked: () => number;
  }>;
  /** What it refuses each as. */
  readonly kinds: Readonly<Record<Exclude<Behaviour, 'well'>, (typeof refusalKinds)[number]>>;
}

/** A timer may be late on a busy machine; what hangs would be later than that. */
const latestMs = 5000;

export function describeSource(subject: SourceUnderTest): void {
  describe(`source: ${subject.name}`, () => {
    const capture = async (behaviour: Behaviour): Promise<CaptureResult> => {
      const { source, place } = await subject.create(behaviour);
      return source.capture([place]);
    };

    it('says as data what it is called, needs and may cost', async () => {
      const { terms } = await subject.create('well');
      expect(terms.id).toMatch(/^[a-z][a-z0-9-]{0,39}$/);
      expect(terms.title.length).toBeGreaterThan(0);
      expect(sourceNeeds).toContain(terms.usableWhile);
      expect(terms.budget.bytesPerHour).toBeGreaterThan(0);
    });

    it('captures a snapshot that can be kept and read again, with where it came from and what it cost', async () => {
      const { source, terms, place, asked } = await subject.create('well');
      const result = await source.capture([place]);
      if (result.status !== 'captured') throw new Error(JSON.stringify(result));
      const { snapshot, bytes, attempts } = result;
      expect(snapshot).toMatchObject({ cluster: 'prod', zone: 'cluster.local.', number: 0 });
      expect(snapshot.counts.records).toBeGreaterThan(0);
      expect(capturedFrom(snapshot.origin)).toMatchObject({ source: terms.id, place });
      expect(await decodeSnapshot(await encodeSnapshot(snapshot))).toEqual(snapshot);
      expect(bytes).toBeGreaterThan(0);
      expect(attempts).toEqual([]);
      expect(asked()).toBe(1);
    });

    it('gives the same digest of the same records', async () => {
      const [one, other] = [await capture('well'), await capture('well')];
      if (one.status !== 'captured' || other.status !== 'captured') throw new Error('not captured');
      expect(one.snapshot.digest).toBe(other.snapshot.digest);
    });

    it.each(behaviours.filter((behaviour) => behaviour !== 'well'))(
      'refuses a server that answers like this: %s, as a kind, a code of its own and evidence',
      async (behaviour) => {
        const { source, place } = await subject.create(behaviour);
        const startedAt = Date.now();
        const result = await source.capture([place]);
        expect(Date.now() - startedAt).toBeLessThan(latestMs);
        expect(result.status).toBe('refused');
        expect(result.attempts).toHaveLength(1);
        const [attempt] = result.attempts;
        expect(attempt).toMatchObject({ place, kind: subject.kinds[behaviour as Exclude<Behaviour, 'well'>] });
        expect(refusalKinds).toContain(attempt?.kind);
        expect(attempt?.code).toMatch(/^[a-z][a-z0-9-]{0,39}$/);
        expect(attempt?.evidence.length).toBeGreaterThan(0);
      },
    );

    it('counts what it received also when it gives nothing', async () => {
      expect((await capture('cut')).bytes).toBeGreaterThan(0);
    });

    it('asks no place that it was not given, and none that it does not know', async () => {
      const { source, asked } = await subject.create('well');
      expect(await source.capture([])).toMatchObject({ status: 'refused', attempts: [], bytes: 0 });
      expect(await source.capture(['192.0.2.1:53'])).toMatchObject({ status: 'refused', attempts: [], bytes: 0 });
      expect(asked()).toBe(0);
    });

    it('ends when whoever asked gives up', async () => {
      const { source, place } = await subject.create('hangs');
      const startedAt = Date.now();
      const result = await source.capture([place], { signal: AbortSignal.timeout(20) });
      expect(result.status).toBe('refused');
      expect(Date.now() - startedAt).toBeLessThan(latestMs);
    });

    it('is asked no oftener, and for no more bytes, than its budget allows', async () => {
      const { terms } = await subject.create('well');
      const result = await capture('well');
      const now = 1_700_000_000_000;
      const made = { source: terms.id, at: now, bytes: result.bytes, requests: result.requests ?? 0 };
      const tight = {
        ...terms,
        budget: { ...terms.budget, bytesPerHour: 3 * result.bytes - 1, leastIntervalMs: 1000 },
      };
      expect(mayCapture(tight, [made], now + 999).status).toBe('too-soon');
      expect(mayCapture(tight, [made], now + 1000).status).toBe('over-budget');
      expect(mayCapture(tight, [made], now, { urgent: true }).status).toBe('allowed');
    });
  });
}
