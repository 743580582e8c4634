import { describe, expect, it } from 'vitest';
import { impactLines, tell } from '../../../lab/director/words.ts';
import type { WatchLine } from '../../../lab/processes/lifeboat-process.ts';

const line = (more: Partial<WatchLine>): WatchLine => ({ cluster: 'lab', at: 0, ...more });
const texts = (more: Partial<WatchLine>, isPeace = false) => tell(line(more), isPeace).map(({ text }) => text);

describe('what Lifeboat did, in words', () => {
  it('is each verdict with its first evidence, and the phase', () => {
    const verdict = {
      condition: 'down',
      reason: 'refused',
      words: 'the API server is down',
      evidence: ['GET /livez', 'x'],
    };
    const healthy = { condition: 'healthy', reason: 'up', words: 'CoreDNS is healthy', evidence: ['fine'] };
    expect(
      tell(
        line({ verdicts: { apiserver: verdict, dns: healthy }, from: 'watching', phase: 'suspected', reason: 'why' }),
        true,
      ),
    ).toEqual([
      { text: 'the API server is down\nGET /livez', tone: 'warn' },
      { text: 'CoreDNS is healthy', tone: 'good' },
      { text: 'phase watching -> suspected: why', tone: 'warn' },
    ]);
  });

  it('is silent about what is everyday, and tells it in an outage', () => {
    const publish = {
      work: { kind: 'publish', intent: { kind: 'publish' } },
      outcome: { kind: 'published' },
      tookMs: 12,
    };
    expect(texts(publish, true)).toEqual([]);
    expect(texts(publish)).toEqual(['published to the standby (12 ms)']);
    expect(texts({ ...publish, work: { kind: 'publish', intent: { kind: 'activate' } } })[0]).toMatch(/and frozen/);
    const reading = { ...publish, work: { kind: 'publish', intent: { kind: 'activate' }, read: 'zone' } };
    expect(texts(reading)).toEqual(['the frozen standby was read whole (12 ms)']);
    expect(texts({ work: { kind: 'capture' }, outcome: { kind: 'captured', snapshot: 4 } })).toEqual([]);
    expect(texts({ work: { kind: 'capture', final: true }, outcome: { kind: 'captured', snapshot: 4 } })[0]).toMatch(
      /last capture: snapshot 4/,
    );
    expect(texts({ work: { kind: 'freeze' }, outcome: { kind: 'freeze-failed', reason: 'no answer' } })).toEqual([
      'freeze: no answer',
    ]);
  });
});

describe('how clients are affected, in words', () => {
  const counts = {
    withLifeboat: { lookups: 1_204, failed: 0, wrong: 0 },
    alone: { lookups: 1_203, failed: 84, wrong: 2 },
  };

  it('is side by side where there is room, and below each other where there is not', () => {
    const [one, ...none] = impactLines(counts, { color: false, columns: 100 });
    expect(one).toBe('with Lifeboat 0 failed of 1,204 lookups   |   CoreDNS alone 84 failed, 2 wrong of 1,203 lookups');
    expect(none).toEqual([]);
    expect(impactLines(counts, { color: false, columns: 60 })).toHaveLength(2);
  });
});
