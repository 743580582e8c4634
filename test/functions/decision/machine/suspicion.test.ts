import { describe, expect, it } from 'vitest';
import { clusterHealthy, goodServers } from '../../../../functions/decision/machine/selectors.ts';
import { dnsA, dnsB, inWords, only, policy, Story } from '../story.ts';

describe('one CoreDNS replica is bad', () => {
  it.each(['gone', 'unsynced', 'behind'] as const)(
    'pages it by name when it is %s, captures from the other, activates nothing',
    (weather) => {
      const story = new Story();
      story.rounds(20);
      const effects = story.rounds(30, { a: weather });
      expect(inWords(only(effects, 'page'))).toEqual([`page dns/${dnsA}`]);
      expect(only(effects, 'page')[0]?.notice.whatLifeboatDid).toContain(`Captures go on from ${dnsB}`);
      expect(only(effects, 'capture').flatMap(({ from }) => from.map(({ places }) => places))).toEqual([
        [dnsB],
        [dnsB],
        [dnsB],
      ]);
      expect(goodServers(story.state, policy)).toEqual([dnsB]);
      expect(clusterHealthy(story.state, policy)).toBe(true);
      expect(story.phases).toEqual([]);
      expect(inWords(only(story.rounds(6), 'resolve'))).toEqual([`resolve dns/${dnsA}`]);
    },
  );
});

describe('unknown is not down', () => {
  it('never activates for a refused credential, and pages it as that', () => {
    const story = new Story();
    story.rounds(10);
    story.rounds(200, { api: 'credential' });
    expect(story.phases).toEqual([]);
    expect(story.open).toEqual(['credential/apiserver']);
    expect(only(story.all, 'page')[0]?.notice.severity).toBe('critical');
    story.rounds(6);
    expect(story.open).toEqual([]);
  });

  it.each([[''], ['@one']])('closes that when the vantage comes back after a long silence (%j)', (keySuffix) => {
    const story = new Story({ keySuffix });
    story.rounds(12, { api: 'credential' });
    expect(story.open).toContain(`credential/apiserver${keySuffix}`);
    story.wait(700_000);
    story.rounds(40);
    expect(story.open).toEqual([]);
  });

  it('does not take a refused credential for settled while the API is down', () => {
    const story = new Story();
    story.rounds(10, { api: 'credential' });
    story.rounds(10, { api: 'gone' });
    expect(story.open).toContain('credential/apiserver');
    expect(story.state.phase).toBe('active');
  });

  it('never activates without an uplink, and says that it is blind', () => {
    const story = new Story();
    story.rounds(10);
    story.rounds(200, { api: 'uplink', a: 'uplink', b: 'uplink' });
    expect(story.phases).toEqual([]);
    expect(story.open).toEqual(['blind', 'standby-stale/knot']);
  });

  it('says that it is blind when no round comes at all', () => {
    const story = new Story();
    story.rounds(10);
    expect(inWords(story.wait(20_000))).toEqual([]);
    expect(inWords(story.wait(30_000))).toEqual(['page blind']);
    expect(inWords(story.rounds(1))).toContain('resolve blind');
  });

  it('neither adds to a streak nor ends it, unless it lasts', () => {
    const short = new Story();
    short.rounds(3);
    for (const api of ['gone', 'uplink', 'gone', 'uplink'] as const) short.rounds(1, { api });
    expect(short.state.phase).toBe('suspected');
    short.rounds(1, { api: 'gone' });
    expect(short.state.phase).toBe('active');

    const long = new Story();
    long.rounds(3);
    long.rounds(2, { api: 'gone' });
    long.rounds(3, { api: 'uplink' });
    long.rounds(2, { api: 'gone' });
    expect(long.state.phase).toBe('suspected');
    long.rounds(6, { api: 'uplink' });
    expect(long.state.phase).toBe('watching');
  });

  it('does not count rounds together that lie far apart', () => {
    const story = new Story();
    story.rounds(3);
    for (let i = 0; i < 5; i++) {
      story.now += 60_000;
      story.rounds(1, { api: 'gone' });
    }
    expect(story.phases).not.toContain('active');
  });

  it('counts one round in an interval, however many vantages there are', () => {
    const story = new Story({ intervalMs: 5000, dwellMs: 0 });
    story.rounds(3);
    for (let i = 0; i < 9; i++) {
      story.now -= 5000 - 500;
      story.rounds(1, { api: 'gone' }, `v${i % 3}`);
    }
    expect(story.state.phase).toBe('suspected');
    expect(story.state.streaks.apiserver?.down).toBe(2);
  });
});
