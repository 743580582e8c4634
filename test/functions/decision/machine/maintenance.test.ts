import { describe, expect, it } from 'vitest';
import { maintenanceUntil } from '../../../../functions/decision/machine/maintenance.ts';
import type { MaintenanceWindow } from '../../../../functions/decision/machine/policy.ts';
import { dnsA, dnsB, inWords, only, quorum, Story, t0 } from '../story.ts';

const minute = 60_000;
const at = (text: string) => Date.parse(text);

describe('a maintenance window', () => {
  // 2023-11-14 is a Tuesday.
  const nightly: MaintenanceWindow = { kind: 'weekly', days: ['tue', 'sat'], fromMinute: 23 * 60, toMinute: 60 };
  const morning: MaintenanceWindow = { kind: 'weekly', days: ['tue'], fromMinute: 6 * 60, toMinute: 6 * 60 + 30 };
  const once: MaintenanceWindow = {
    kind: 'once',
    from: at('2023-11-14T06:10:00Z'),
    to: at('2023-11-14T08:00:00Z'),
  };

  it.each<[string, readonly MaintenanceWindow[], string | undefined]>([
    ['2023-11-14T05:59:59Z', [morning], undefined],
    ['2023-11-14T06:00:00Z', [morning], '2023-11-14T06:30:00Z'],
    ['2023-11-14T06:30:00Z', [morning], undefined],
    ['2023-11-15T06:15:00Z', [morning], undefined],
    ['2023-11-14T06:15:00Z', [morning, once], '2023-11-14T08:00:00Z'],
    ['2023-11-14T08:00:00Z', [morning, once], undefined],
    ['2023-11-14T23:30:00Z', [nightly], '2023-11-15T01:00:00Z'],
    ['2023-11-15T00:59:59Z', [nightly], '2023-11-15T01:00:00Z'],
    ['2023-11-15T01:00:00Z', [nightly], undefined],
    ['2023-11-14T00:30:00Z', [nightly], undefined],
    ['2023-11-19T00:30:00Z', [nightly], '2023-11-19T01:00:00Z'],
    ['2023-11-14T06:15:00Z', [], undefined],
  ])('at %s of %j ends %s', (now, maintenance, end) => {
    expect(maintenanceUntil({ maintenance }, at(now))).toBe(end === undefined ? undefined : at(end));
  });
});

describe('an outage in a maintenance window', () => {
  const inMaintenance = (minutes: number) => {
    const story = new Story({ maintenance: [{ kind: 'once', from: t0, to: t0 + minutes * minute }] });
    story.rounds(20);
    return story;
  };

  it('opens no activation, is told as a warning, and is forgotten when it ends within the window', () => {
    const story = inMaintenance(10);
    const restart = story.rounds(8, { api: 'gone' });
    expect(inWords(only(restart, 'page'))).toEqual(['page outage-in-maintenance']);
    expect(only(restart, 'page')[0]?.notice).toMatchObject({
      severity: 'warning',
      whatLifeboatDid: expect.stringContaining(new Date(t0 + 10 * minute).toISOString()),
    });
    expect(inWords(only(story.rounds(40), 'resolve'))).toEqual(['resolve outage-in-maintenance']);
    expect([story.state.activation, story.open, story.phases]).toEqual([null, [], ['suspected', 'watching']]);
  });

  it('is told once, though the API server comes and goes in it', () => {
    const story = inMaintenance(20);
    const told = [...story.rounds(8, { api: 'gone' })];
    for (let i = 0; i < 20; i++) told.push(...story.rounds(1), ...story.rounds(2, { api: 'gone' }));
    expect(inWords(only(told, 'page'))).toEqual(['page outage-in-maintenance']);
    expect(inWords(only(told, 'resolve'))).toEqual([]);
    expect(inWords(only(story.rounds(12), 'resolve'))).toEqual(['resolve outage-in-maintenance']);
  });

  it('goes on capturing and publishing, and deletes nothing', () => {
    const story = inMaintenance(10);
    const effects = story.rounds(30, { api: 'gone' });
    const everyMinute = `capture from ${dnsA} ${dnsB}`;
    expect(inWords(only(effects, 'capture'))).toEqual([everyMinute, everyMinute, everyMinute]);
    expect(only(effects, 'publish').map(({ deletes, intent }) => [deletes, intent.kind])).toEqual([
      ['held', 'publish'],
      ['held', 'publish'],
      ['held', 'publish'],
    ]);
    expect(only(effects, 'freeze')).toEqual([]);
  });

  it('is an outage like any other in the first round after the window', () => {
    const story = inMaintenance(3);
    story.rounds(15, { api: 'gone' });
    expect(story.state.phase).toBe('suspected');
    expect(inWords(only(story.rounds(1, { api: 'gone' }), 'page'))).toEqual(['page activation/1']);
    expect(story.now).toBe(t0 + 3 * minute);
    expect(story.open).toEqual(['activation/1']);
  });

  it('holds for DNS, for DNS that becomes more, and for a failback under way', () => {
    const dns = inMaintenance(10);
    expect(inWords(only(dns.rounds(6, { a: 'gone', b: 'gone' }), 'page'))).toEqual(
      expect.arrayContaining(['page outage-in-maintenance']),
    );
    expect(dns.state.activation).toBe(null);

    const more = new Story({ maintenance: [{ kind: 'once', from: t0 + 5 * minute, to: t0 + 10 * minute }] });
    more.rounds(54);
    more.rounds(5, { a: 'gone', b: 'gone' });
    more.rounds(20, { api: 'gone', a: 'gone', b: 'gone' });
    expect(more.state.activation).toMatchObject({ number: 1, cause: 'dns' });
    expect(more.open).toContain('outage-in-maintenance');

    const back = new Story({ maintenance: [{ kind: 'once', from: t0 + 5 * minute, to: t0 + 10 * minute }] }, false);
    back.rounds(58);
    back.operator('failover');
    back.rounds(6);
    back.operator('failback');
    back.rounds(10, { api: 'gone' });
    expect(back.state).toMatchObject({ phase: 'recovering', activation: { number: 1 } });
  });

  it('hinders no failover by hand', () => {
    const story = inMaintenance(10);
    story.rounds(4, { api: 'gone' });
    expect(story.operator('failover').status).toBe('accepted');
    expect(story.state.activation).toMatchObject({ number: 1, cause: 'operator' });
    expect(story.open).toEqual(['activation/1']);
  });
});

describe('readiness alone', () => {
  it('for 30 s with good reads is a warning, opens nothing and holds deletes', () => {
    const story = new Story();
    story.rounds(20);
    expect(inWords(only(story.rounds(5, { api: 'shutdown' }), 'page'))).toEqual([]);
    const effects = story.rounds(1, { api: 'shutdown' });
    expect(inWords(effects)).toEqual(['page not-ready']);
    expect(only(effects, 'page')[0]?.notice).toMatchObject({
      severity: 'warning',
      summary: expect.stringContaining('it says that it is not ready, but ordinary reads are answered'),
      whatIsWrong: expect.stringContaining('apiserver.ready down check-failed'),
    });
    const later = story.rounds(120, { api: 'shutdown' });
    expect(only(later, 'page')).toEqual([]);
    expect(only(later, 'publish').every(({ deletes }) => deletes === 'held')).toBe(true);
    expect([story.state.phase, story.phases]).toEqual(['watching', []]);
    expect(inWords(only(story.rounds(119), 'resolve'))).toEqual([]);
    expect(inWords(only(story.rounds(1), 'resolve'))).toEqual(['resolve not-ready']);
  });

  it('does not hold a suspicion up for ever', () => {
    const story = new Story();
    story.rounds(10);
    story.rounds(1, { api: 'throttled' });
    story.rounds(3, { api: 'shutdown' });
    expect(story.phases).toEqual(['suspected', 'watching']);
  });

  it('between bad rounds counts with them: an etcd that comes and goes is confirmed as fast as before', () => {
    const story = new Story();
    story.rounds(10);
    for (let i = 0; i < 4; i++) {
      story.rounds(1, { api: 'throttled' });
      if (i < 3) story.rounds(1, { api: 'shutdown' });
    }
    expect(story.state).toMatchObject({ phase: 'active', activation: { number: 1 } });
  });

  it.each([
    ['gone', 3],
    ['etcd', 3],
    ['throttled', 6],
  ] as const)('leaves alone how fast an outage is confirmed: %s after %i rounds', (api, rounds) => {
    const story = new Story();
    story.rounds(20);
    story.rounds(rounds - 1, { api });
    expect(story.state.phase).toBe('suspected');
    story.rounds(1, { api });
    expect(story.state.phase).toBe('active');
  });

  it('is outvoted by a vantage that finds it healthy, and joins one that finds it worse', () => {
    const story = new Story({ quorum: quorum(2, 2) });
    const both = (edge: 'healthy' | 'shutdown' | 'throttled', rack: 'healthy' | 'shutdown') => {
      story.rounds(1, { api: edge }, 'edge');
      story.now -= story.policy.intervalMs;
      story.rounds(1, { api: rack }, 'rack');
    };
    for (let i = 0; i < 4; i++) both('shutdown', 'healthy');
    expect(story.state.verdicts.apiserver).toMatchObject({ condition: 'healthy' });
    for (let i = 0; i < 10; i++) both('throttled', 'shutdown');
    expect(story.state.verdicts.apiserver).toMatchObject({ condition: 'degraded', reason: 'not-ready' });
    expect(story.state.phase).toBe('watching');
  });
});
