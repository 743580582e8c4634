import { describe, expect, it } from 'vitest';
import type { Observation, Reason } from '../../../../functions/decision/health/observation.ts';
import { dnsA, dnsB, inWords, only, quorum, Story, seen, type Weather } from '../story.ts';

const standbyUp = [seen('standby.soa', 'up')];
const standbyLost = [seen('standby.soa', 'down', 'timeout')];
const referenceUp = [seen('reference.connect', 'up')];
const referenceLost = [seen('reference.connect', 'down', 'unreachable')];
const cut = [
  seen('apiserver.connect', 'down', 'no-connection'),
  seen('dns.answer', 'down', 'no-connection', { server: dnsA }),
  seen('dns.answer', 'down', 'no-connection', { server: dnsB }),
];
const allLost = { api: 'lost', a: 'lost', b: 'lost' } as const;

describe("40 s without the vantage's own network, the cluster healthy", () => {
  it.each<[string, Weather]>([
    ['with nothing but the cluster to look at', {}],
    ['with a standby', { besides: standbyLost }],
    ['with a reference', { besides: referenceLost }],
    ['with both', { besides: [...standbyLost, ...referenceLost] }],
  ])('opens nothing, freezes nothing, and is told as blindness: %s', (_, more) => {
    const story = new Story();
    story.rounds(20);
    const cut = story.rounds(8, { ...allLost, ...more });
    expect(inWords(only(cut, 'page'))).toEqual(['page blind']);
    expect(only(cut, 'page')[0]?.notice).toMatchObject({
      severity: 'critical',
      summary: expect.stringContaining("the API server is unknown: the vantage's own network is down"),
      whatIsWrong: expect.stringContaining('nothing is reached from here: apiserver.connect down timeout'),
    });
    expect(story.state.verdicts).toMatchObject({
      apiserver: { condition: 'unknown', reason: 'uplink' },
      [`dns ${dnsA}`]: { condition: 'unknown', reason: 'uplink' },
      [`dns ${dnsB}`]: { condition: 'unknown', reason: 'uplink' },
    });
    expect(inWords(only(story.rounds(1), 'resolve'))).toEqual(['resolve blind']);
    story.rounds(200);
    expect([story.phases, story.open, story.state.activation]).toEqual([[], [], null]);
    expect(only(story.all, 'freeze')).toEqual([]);
    expect(only(story.all, 'publish').filter(({ intent }) => intent.kind === 'activate')).toEqual([]);
  });

  it('opens nothing when it breaks in the middle of a round and comes back in one', () => {
    const story = new Story();
    story.rounds(20);
    story.rounds(1, { a: 'lost', b: 'lost', besides: standbyLost });
    story.rounds(2, { ...allLost, besides: standbyLost });
    story.rounds(1, { api: 'lost' });
    story.rounds(10);
    expect(story.phases).not.toContain('active');
    expect(story.open).toEqual([]);
  });

  it('keeps what was seen as it was', () => {
    const story = new Story();
    story.rounds(1, { ...allLost, besides: referenceLost });
    const kept = story.state.observations.map(({ signal, condition, reason }) => [signal, condition, reason]);
    expect(kept).toContainEqual(['apiserver.connect', 'down', 'timeout']);
    expect(kept).toContainEqual(['reference.connect', 'down', 'unreachable']);
  });

  it('does not take a streak of before for one that goes on', () => {
    const story = new Story();
    story.rounds(20);
    for (let i = 0; i < 3; i++) {
      story.rounds(2, { api: 'lost', besides: standbyUp });
      story.rounds(4, { ...allLost, besides: standbyLost });
    }
    expect(story.phases).not.toContain('active');
  });
});

describe('an outage is confirmed as fast as ever', () => {
  it.each<[string, Weather]>([
    ['the API server alone is lost', { api: 'lost' }],
    ['all of it refuses', { api: 'gone', a: 'gone', b: 'gone' }],
    [
      'all of it gives no connection, as workerd says of a refusal',
      { besides: cut, api: 'silent', a: 'silent', b: 'silent' },
    ],
    ['the API server is lost and one replica refuses', { api: 'lost', a: 'lost', b: 'gone' }],
    ['all of it is lost and the standby answers', { ...allLost, besides: standbyUp }],
    ['all of it is lost and the standby refuses', { ...allLost, besides: [seen('standby.soa', 'down', 'refused')] }],
    ['all of it is lost and the reference answers', { ...allLost, besides: [...standbyLost, ...referenceUp] }],
    ['the API server is lost and the reference as well', { api: 'lost', besides: referenceLost }],
  ])('when %s', (_, weather) => {
    const story = new Story();
    story.rounds(20);
    story.rounds(2, weather);
    expect(story.state.phase).toBe('suspected');
    story.rounds(1, weather);
    expect(story.state).toMatchObject({ phase: 'active', activation: { cause: 'control-plane' } });
  });

  it('where one kind of target is looked at and nothing tells it apart', () => {
    const story = new Story();
    story.rounds(20);
    story.rounds(3, { api: 'lost', a: 'silent', b: 'silent' });
    expect(story.state.phase).toBe('active');
  });
});

it('a vantage that looks at one kind of target is told by its reference', () => {
  const story = new Story({ dnsServers: [] });
  story.rounds(20, { a: 'silent', b: 'silent', besides: referenceUp });
  story.rounds(10, { api: 'lost', a: 'silent', b: 'silent', besides: referenceLost });
  expect([story.phases, story.open]).toEqual([[], ['blind']]);
});

it('one reference of several that answers is enough', () => {
  const story = new Story();
  const second: Observation = {
    ...seen('reference.connect', 'up'),
    target: { kind: 'reference', id: '192.0.2.1:443' },
  };
  story.rounds(20);
  story.rounds(3, { ...allLost, besides: [...referenceLost, second] });
  expect(story.state.phase).toBe('active');
});

it('a standby in a file proves nothing about the network', () => {
  const story = new Story({ localStandbys: ['knot'] });
  story.rounds(20);
  story.rounds(8, { ...allLost, besides: standbyUp });
  expect([story.phases, story.open]).toEqual([[], ['blind']]);
});

it('an answer of the round before proves nothing', () => {
  const story = new Story();
  story.rounds(20, { besides: [...standbyUp, ...referenceUp] });
  story.rounds(8, allLost);
  expect([story.phases, story.open]).toEqual([[], ['blind']]);
});

it.each<[Reason, string]>([
  ['timeout', 'uplink'],
  ['unreachable', 'uplink'],
  ['closed', 'timeout'],
  ['no-connection', 'timeout'],
  ['refused', 'refused'],
  ['servfail', 'timeout'],
  ['protocol', 'timeout'],
])('a replica that fails with %s makes of a lost API server: %s', (reason, judged) => {
  const story = new Story({ dnsServers: [dnsA] });
  const besides = [seen('dns.answer', 'down', reason), seen('dns.serial', 'down', reason)];
  story.rounds(1, { api: reason === 'refused' ? 'gone' : 'lost', a: 'silent', b: 'silent', besides });
  expect(story.state.verdicts.apiserver?.reason).toBe(judged);
});

describe('several vantages', () => {
  const two = (group: string) => {
    const story = new Story({ quorum: quorum(2, 1) });
    const round = (edge: Weather, rack: Weather) => {
      story.rounds(1, edge, 'edge', 'cloud');
      story.now -= story.policy.intervalMs;
      story.rounds(1, rack, 'rack', group);
    };
    for (let i = 0; i < 20; i++) round({}, {});
    return { story, round };
  };

  it('judge by the one whose network works', () => {
    const { story, round } = two('dc');
    for (let i = 0; i < 10; i++) round(allLost, {});
    expect([story.phases, story.state.verdicts.apiserver?.condition]).toEqual([[], 'healthy']);
  });

  it('of separate groups that reach nothing at the same time see an outage', () => {
    const { story, round } = two('dc');
    for (let i = 0; i < 3; i++) round(allLost, allLost);
    expect(story.state).toMatchObject({ phase: 'active', activation: { cause: 'control-plane' } });
  });

  it.each<[string, Weather]>([
    ['looks at the API server alone', { api: 'lost', a: 'silent', b: 'silent' }],
    ['looks at it and at a standby that answers', { api: 'lost', a: 'silent', b: 'silent', besides: standbyUp }],
    ['is refused by it', { api: 'gone', a: 'silent', b: 'silent' }],
    ['is given no connection', { api: 'silent', a: 'silent', b: 'silent', besides: cut.slice(0, 1) }],
  ])('see an outage when one reaches nothing and the other, of another group, %s', (_, edge) => {
    const { story, round } = two('dc');
    for (let i = 0; i < 3; i++) round(edge, allLost);
    expect(story.state).toMatchObject({ phase: 'active', activation: { cause: 'control-plane' } });
  });

  it('see none when one reaches nothing and the other, of another group, has lost its own network', () => {
    const { story, round } = two('dc');
    const cutOff: Weather = { api: 'lost', a: 'silent', b: 'silent', besides: referenceLost };
    for (let i = 0; i < 10; i++) round(cutOff, allLost);
    expect([story.phases, story.open]).toEqual([[], ['blind']]);
  });

  it('of one group that reach nothing share a network that is broken', () => {
    const { story, round } = two('cloud');
    for (let i = 0; i < 10; i++) round(allLost, allLost);
    expect([story.phases, story.open]).toEqual([[], ['blind']]);
  });

  it('each go by their own reference', () => {
    const { story, round } = two('dc');
    for (let i = 0; i < 10; i++) round({ ...allLost, besides: referenceLost }, { ...allLost, besides: referenceLost });
    expect([story.phases, story.open]).toEqual([[], ['blind']]);
  });
});

describe('a freeze that could not be made in the outage', () => {
  const unreached = (changes: ConstructorParameters<typeof Story>[0] = {}) => {
    const story = new Story(changes, false);
    story.rounds(20);
    const capture = only(story.all, 'capture').at(-1) ?? expect.fail();
    const peace = only(story.tell({ kind: 'captured', effect: capture, snapshot: 1 }), 'publish').at(-1);
    story.tell({ kind: 'published', effect: peace ?? expect.fail(), heldDeletes: 0, activation: 0 });
    return story;
  };
  /** Every attempt to write fails. */
  const failing = (story: Story, count: number, weather: Weather) => {
    for (let i = 0; i < count; i++) {
      for (const effect of story.rounds(1, weather)) {
        if (effect.kind === 'capture') story.tell({ kind: 'capture-refused', effect, reason: 'no route' });
        if (effect.kind === 'freeze') story.tell({ kind: 'freeze-failed', effect, reason: 'no route' });
        if (effect.kind === 'publish')
          story.tell({ kind: 'publish-failed', effect, status: 'fault', reason: 'no route' });
      }
    }
  };

  it('is not made when the API server is healthy again, which is told', () => {
    const story = unreached();
    failing(story, 12, { api: 'gone', a: 'gone', b: 'gone' });
    expect(story.state).toMatchObject({ phase: 'active', standbys: { knot: { frozen: 0 } } });
    failing(story, 6, {});
    const before = story.all.length;
    story.rounds(100);
    story.tell({ kind: 'restarted' });
    story.rounds(100);
    expect(story.all.slice(before).filter(({ kind }) => kind === 'freeze' || kind === 'publish')).toEqual([]);
    const due = only(story.all, 'page').find(({ notice }) => notice.dedupKey === 'prod/failback-due');
    expect(due?.notice.whatIsWrong).toContain('The freeze of knot was given up: it could not be made in the outage.');
    expect(story.operator('failback').status).toBe('accepted');
  });

  it('is made when the API server fails again before the failback', () => {
    const story = unreached();
    failing(story, 12, { api: 'gone', a: 'gone', b: 'gone' });
    failing(story, 20, {});
    const again = story.rounds(1, { api: 'gone' });
    expect(again.filter(({ kind }) => kind === 'freeze' || kind === 'publish')).toHaveLength(1);
  });

  it('is made all the same when a person failed over while the API server is healthy', () => {
    const story = unreached();
    story.operator('failover');
    failing(story, 10, {});
    expect(only(story.all, 'publish').filter(({ intent }) => intent.kind === 'activate').length).toBeGreaterThan(1);
  });
});
