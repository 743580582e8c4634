// Which source is captured from: the one that still tells the truth. The second one is made up: there is none but `axfr` yet.
import { describe, expect, it } from 'vitest';
import type { CaptureEffect } from '../../../../functions/decision/machine/effect.ts';
import type { Policy } from '../../../../functions/decision/machine/policy.ts';
import { unusableWords, usableSources } from '../../../../functions/decision/machine/sources.ts';
import { parseState } from '../../../../functions/decision/machine/state-schema.ts';
import { dnsA, dnsB, only, Story, policy as single } from '../story.ts';

const sources: Policy['sources'] = [...single.sources, { id: 'kubernetes', usableWhile: 'apiserver-healthy' }];
const policy: Policy = { ...single, sources };
const both = [
  { source: 'axfr', places: [dnsA, dnsB] },
  { source: 'kubernetes', places: ['apiserver'] },
];
const [fromDns, fromApi] = both;
const captures = (effects: Parameters<typeof only>[0]) => only(effects, 'capture') as readonly CaptureEffect[];

describe('the sources that can be used', () => {
  it.each([
    ['all is well', 'healthy', 'healthy', 'healthy', both],
    ['DNS is down, and the API server is healthy', 'healthy', 'gone', 'gone', [fromApi]],
    ['no replica is synced, and the API server is healthy', 'healthy', 'unsynced', 'unsynced', [fromApi]],
    ['the API server is gone, and CoreDNS holds what it said last', 'gone', 'healthy', 'healthy', [fromDns]],
    ['the API server answers nobody', 'throttled', 'healthy', 'healthy', [fromDns]],
    ['one replica is left', 'gone', 'unsynced', 'healthy', [{ source: 'axfr', places: [dnsB] }]],
    ['both are gone', 'gone', 'gone', 'gone', []],
  ] as const)('while %s', (_, api, one, other, expected) => {
    const story = new Story({ sources }, false);
    story.rounds(8, { api, a: one, b: other });
    expect(usableSources(story.state, policy)).toEqual(expected);
  });

  it('are none before anything was looked at', () => {
    expect(usableSources(new Story({ sources }, false).state, policy)).toEqual([]);
  });

  it('are told in words when there are none', () => {
    expect(unusableWords(single.sources)).toBe('no CoreDNS replica is fit to be captured from');
    expect(unusableWords(policy.sources)).toBe(
      'no CoreDNS replica is fit to be captured from, and the API server is not healthy',
    );
  });
});

describe('a source that gave nothing', () => {
  it('is asked after the others, until it gives a snapshot again', () => {
    const story = new Story({ sources }, false);
    let [effect] = captures(story.rounds(8, {}));
    expect(effect?.from[0]?.source).toBe('axfr');
    const tried = [{ source: 'axfr', kind: 'unverified' } as const];
    story.tell({ kind: 'captured', effect: effect ?? expect.fail(), snapshot: 1, source: 'kubernetes', tried });
    expect(story.state.capture.sources).toEqual({ axfr: { failures: 1, failedAt: story.now, kind: 'unverified' } });
    expect(parseState(JSON.parse(JSON.stringify(story.state))).capture).toEqual(story.state.capture);
    [effect] = captures(story.rounds(15, {}));
    expect(effect?.from.map(({ source }) => source)).toEqual(['kubernetes', 'axfr']);
    story.tell({ kind: 'captured', effect: effect ?? expect.fail(), snapshot: 2, source: 'axfr', tried: [] });
    expect(story.state.capture.sources).toEqual({});
  });

  it('that is not configured any more is forgotten', () => {
    const story = new Story({ sources }, false);
    const [effect] = captures(story.rounds(8, {}));
    const tried = [{ source: 'gone', kind: 'failed' } as const];
    story.tell({ kind: 'capture-refused', effect: effect ?? expect.fail(), reason: 'why', tried });
    expect(story.state.capture).toMatchObject({ failures: 1, sources: {} });
  });
});

it('captures go on from the API server while all of DNS is down', () => {
  const story = new Story({ sources });
  story.rounds(8, {});
  const effects = story.rounds(40, { api: 'healthy', a: 'gone', b: 'gone' });
  expect(story.state).toMatchObject({ phase: 'active', cause: 'dns' });
  expect(captures(effects).at(-1)?.from).toEqual([fromApi]);
});

it('a final capture without any usable source is given up, and says why', () => {
  const story = new Story({ sources }, false);
  story.rounds(8, {});
  story.rounds(10, { api: 'gone', a: 'gone', b: 'gone' });
  expect(story.state.activation).toMatchObject({
    final: 'refused',
    finalReason: 'no CoreDNS replica is fit to be captured from, and the API server is not healthy',
  });
});
