// Who can see what: a vantage whose credential is refused, replicas of which nothing is known, and too few vantages to confirm anything.
import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../../functions/decision/machine/policy.ts';
import { type ClusterState, initialState } from '../../../../functions/decision/machine/state.ts';
import { parseState } from '../../../../functions/decision/machine/state-schema.ts';
import { dnsA, dnsB, inWords, only, quorum as quorumOf, Story, type Weather } from '../story.ts';

/** So many rounds of each vantage with its own weather, in one interval. */
function together(story: Story, count: number, weathers: Readonly<Record<string, Weather>>): readonly string[] {
  const words: string[] = [];
  for (let i = 0; i < count; i++) {
    const begin = story.now;
    for (const [turn, [vantage, weather]] of Object.entries(weathers).entries()) {
      story.now = begin + turn * 20;
      words.push(...inWords(story.rounds(1, weather, vantage)).filter((one) => /^(page|resolve)/.test(one)));
    }
    story.now = begin + story.policy.intervalMs;
  }
  return words;
}

const severityOf = (story: Story, key: string) => story.state.incidents[`prod/${key}`]?.severity;
const quorum = (downs: number): Partial<Policy> => ({ quorum: quorumOf(downs, downs) });
const refused: Weather = { api: 'credential' };
const silent: Weather = { api: 'silent', a: 'silent', b: 'silent' };
const uplink: Weather = { api: 'uplink', a: 'uplink', b: 'uplink' };

describe('a credential that is refused', () => {
  it('to one of several vantages is told by its name, and resolved when it is taken', () => {
    const story = new Story(quorum(2));
    together(story, 10, { a: {}, b: {}, c: {} });
    expect(together(story, 3, { a: {}, b: refused, c: {} })).toEqual(['page credential/apiserver/b']);
    expect(severityOf(story, 'credential/apiserver/b')).toBe('warning');
    expect(together(story, 100, { a: {}, b: refused, c: {} })).toEqual([]);
    expect(together(story, 5, { a: {}, b: {}, c: {} })).toEqual([]);
    expect(together(story, 1, { a: {}, b: {}, c: {} })).toEqual(['resolve credential/apiserver/b']);
    expect(story.state.verdicts.apiserver?.condition).toBe('healthy');
  });

  it('to one of two that the quorum needs is told, and that nothing can be confirmed', () => {
    const story = new Story(quorum(2));
    together(story, 10, { a: {}, b: {} });
    const words = together(story, 8, { a: {}, b: refused });
    expect(words).toEqual(['page credential/apiserver/b', 'page quorum/apiserver']);
    expect(severityOf(story, 'quorum/apiserver')).toBe('critical');
    expect(together(story, 7, { a: {}, b: {} })).toEqual([
      'resolve credential/apiserver/b',
      'resolve quorum/apiserver',
    ]);
  });

  it('to all of them is told once, as that of the API server', () => {
    const story = new Story(quorum(2));
    together(story, 10, { a: {}, b: {}, c: {} });
    expect(together(story, 20, { a: refused, b: refused, c: refused })).toEqual(['page credential/apiserver']);
    expect(severityOf(story, 'credential/apiserver')).toBe('critical');
    expect(together(story, 6, { a: {}, b: {}, c: {} })).toEqual(['resolve credential/apiserver']);
  });

  it('to all but one that sees it down is told, and hides nothing', () => {
    const story = new Story(quorum(1));
    together(story, 10, { a: {}, b: {} });
    together(story, 3, { a: { api: 'gone' }, b: refused });
    expect(story.open).toEqual(['activation/1', 'credential/apiserver/b']);
  });

  it('is not forgotten when its vantage falls silent, until the window has passed', () => {
    const story = new Story({ ...quorum(2), vantages: ['b'] });
    together(story, 10, { a: {}, b: {}, c: {} });
    together(story, 5, { a: {}, b: refused, c: {} });
    together(story, 30, { a: {}, c: {} });
    expect(story.open).toEqual(['credential/apiserver/b', 'vantage/b']);
    together(story, 100, { a: {}, c: {} });
    expect(story.open).toEqual(['vantage/b']);
    expect(story.state.credentials).toEqual({});
  });

  it('that was told before vantages were told apart stays told, and once', () => {
    const story = new Story();
    story.rounds(10, refused);
    expect(story.open).toEqual(['credential/apiserver']);
    const { credentials: _c, reach: _r, streaks, ...rest } = story.state;
    const old = Object.fromEntries(
      Object.entries(streaks).map(([key, { down, bad, healthy, unknown, countedAt }]) => {
        const refusals = key === 'apiserver' ? 10 : 0;
        return [key, { down, bad, healthy, unknown, credential: refusals, accepted: 0, countedAt }];
      }),
    );
    story.state = parseState(JSON.parse(JSON.stringify({ ...rest, streaks: old })));
    expect(inWords(story.rounds(20, refused)).filter((one) => /credential|blind/.test(one))).toEqual([]);
    expect(inWords(story.rounds(6)).filter((one) => /credential/.test(one))).toEqual(['resolve credential/apiserver']);
  });

  it('leaves nothing behind in the state', () => {
    const story = new Story(quorum(2));
    story.standby = 'healthy';
    together(story, 10, { a: {}, b: refused });
    together(story, 130, { a: {}, b: {} });
    expect([story.state.credentials, story.state.reach]).toEqual([{}, {}]);
    expect(Object.values(story.state.streaks).map(({ recent }) => recent)).toEqual(['', '', '', '']);
  });
});

describe('replicas of which nothing is known', () => {
  const unseen: Weather = { a: 'uplink', b: 'uplink' };

  it('are told after as long as the API server would be, as critical', () => {
    const story = new Story();
    story.rounds(10);
    expect(inWords(story.rounds(6, unseen))).not.toContain('page no-healthy-replica');
    expect(inWords(story.rounds(1, unseen))).toContain('page no-healthy-replica');
    const [page] = only(story.effects, 'page');
    expect(page?.notice).toMatchObject({
      severity: 'critical',
      summary: expect.stringContaining(`no CoreDNS replica is known to be healthy: CoreDNS ${dnsA} is unknown`),
      whatToRunNext: expect.stringContaining('npx lifeboat failover --cluster prod'),
    });
    expect(inWords(story.rounds(200, unseen)).filter((one) => one.includes('no-healthy'))).toEqual([]);
    expect(inWords(story.rounds(5))).not.toContain('resolve no-healthy-replica');
    expect(inWords(story.rounds(1))).toContain('resolve no-healthy-replica');
    expect(story.phases).toEqual([]);
  });

  it('are told with the API server where that is unknown as well', () => {
    const story = new Story();
    story.rounds(10);
    const pages = only(story.rounds(20, uplink), 'page');
    expect(inWords(pages)).toEqual(['page blind']);
    expect(pages[0]?.notice.whatIsWrong).toContain(`CoreDNS ${dnsB} is unknown`);
    // The API server is seen again, they are not.
    expect(inWords(story.rounds(1, unseen))).toEqual(['page no-healthy-replica', 'resolve blind']);
  });

  it('and one that is down are no warning', () => {
    const story = new Story();
    story.rounds(10);
    story.rounds(7, { a: 'gone', b: 'uplink' });
    expect(story.open).toEqual([`dns/${dnsA}`, 'no-healthy-replica']);
    expect(severityOf(story, 'no-healthy-replica')).toBe('critical');
    // Then all of them are down: an activation tells, and nothing is told twice or taken back.
    const words = inWords(story.rounds(3, { a: 'gone', b: 'gone' })).filter((one) => /^(page|resolve)/.test(one));
    expect(words).toEqual(['page activation/1', `page dns/${dnsB}`]);
  });

  it('do not come with every outage of all of DNS', () => {
    const story = new Story();
    story.rounds(10);
    story.rounds(100, { a: 'gone', b: 'unsynced' });
    expect(story.open).toEqual(['activation/1', `dns/${dnsA}`, `dns/${dnsB}`]);
  });

  it('are none while one is healthy', () => {
    const story = new Story();
    story.rounds(10);
    story.rounds(200, { a: 'uplink' });
    expect(story.open).toEqual([]);
  });
});

describe('too few vantages for the quorum', () => {
  it('are told when one of two falls silent, though the other sees all', () => {
    const story = new Story(quorum(2));
    together(story, 10, { edge: {}, far: {} });
    const words = together(story, 12, { edge: {} });
    expect(words).toEqual(['page quorum/apiserver', 'page quorum/dns']);
    expect([severityOf(story, 'quorum/apiserver'), severityOf(story, 'quorum/dns')]).toEqual(['critical', 'warning']);
    expect(only(story.all, 'page')[0]?.notice.summary).toMatch(/an outage could not be confirmed/);
    expect(together(story, 7, { edge: {}, far: {} })).toEqual(['resolve quorum/apiserver', 'resolve quorum/dns']);
  });

  it('are told by kind of target', () => {
    const story = new Story(quorum(2));
    together(story, 10, { a: {}, b: {} });
    together(story, 20, { a: {}, b: { a: 'silent', b: 'silent' } });
    expect(story.open).toEqual(['quorum/dns']);
  });

  it('are counted by groups as well', () => {
    const story = new Story({ quorum: quorumOf(2, 2) });
    for (let i = 0; i < 20; i++) {
      story.rounds(1, {}, 'a', 'dc');
      story.now -= 4_900;
      story.rounds(1, {}, 'b', 'dc');
      story.now -= 100;
    }
    expect(story.open).toEqual(['quorum/apiserver', 'quorum/dns']);
  });

  it('are none while enough are left, nor where one is enough', () => {
    const three = new Story(quorum(2));
    together(three, 10, { a: {}, b: {}, c: {} });
    together(three, 100, { a: {}, c: {} });
    const one = new Story();
    together(one, 10, { a: {}, b: {} });
    together(one, 100, { a: {} });
    expect([three.open, one.open]).toEqual([[], []]);
  });

  it('are told as blindness when one sees it down and nobody can confirm it', () => {
    const story = new Story(quorum(2));
    together(story, 10, { a: {}, b: {} });
    together(story, 20, { a: { api: 'gone' } });
    expect(story.open).toContain('blind');
    expect(story.state.phase).toBe('watching');
    const page = only(story.all, 'page').find(({ notice }) => notice.dedupKey === 'prod/blind');
    expect(page?.notice).toMatchObject({
      summary: expect.stringContaining('an outage that Lifeboat cannot confirm'),
      whatLifeboatDid: expect.stringContaining('it is bad as seen from a only'),
      whatToRunNext: expect.stringContaining(
        'If it is the cluster that is down, fail over by hand: npx lifeboat failover --cluster prod',
      ),
    });
  });

  it('are told twice at most when one comes and goes', () => {
    const story = new Story(quorum(2));
    together(story, 10, { a: {}, b: {} });
    const words = Array.from({ length: 60 }, () => [
      ...together(story, 11, { a: {} }),
      ...together(story, 3, { a: {}, b: {} }),
    ]).flat();
    expect(words.filter((one) => one === 'page quorum/apiserver').length).toBeLessThanOrEqual(2);
  });
});

describe('the state of 64 replicas from 5 vantages', () => {
  const servers = Array.from({ length: 64 }, (_, i) => `10.0.1.${i}:53`);

  /** What a state of so many costs besides the observations and verdicts. */
  function sizeOf(recent: string, credential: string): number {
    const fresh = initialState('prod', 0);
    const streak = { down: 0, bad: 0, notReady: 0, healthy: 999, unknown: 0, countedAt: 1_700_000_000_000 };
    const streaks = servers.map((server) => [
      `dns ${server}`,
      { ...streak, recent, isUnsteady: true, unfitSince: 1_700_000_000_000 },
    ]);
    const credentials = servers.flatMap((server) =>
      [1, 2, 3, 4, 5].map((n) => [
        `vantage-${n} dns ${server}`,
        { recent: credential, isOpen: true, at: 1_700_000_000_000 },
      ]),
    );
    const state: ClusterState = {
      ...fresh,
      streaks: Object.fromEntries(streaks),
      credentials: credential === '' ? {} : Object.fromEntries(credentials),
    };
    expect(parseState(JSON.parse(JSON.stringify(state)))).toEqual(state);
    return JSON.stringify(state).length;
  }

  it('is small in peace and bounded in any weather', () => {
    expect(sizeOf('', '')).toBeLessThan(13_000);
    expect(sizeOf('b120', 'u120')).toBeLessThan(50_000);
    expect(sizeOf('b1.1'.repeat(60), 'u1.1'.repeat(60))).toBeLessThan(150_000);
  });

  it('does not grow with a vantage or target that is no more', () => {
    const story = new Story(quorum(1));
    for (let i = 0; i < 200; i++) story.rounds(1, { api: 'credential', a: 'silent', b: 'silent' }, `gone-${i}`);
    expect(Object.keys(story.state.credentials).length).toBeLessThanOrEqual(121);
    together(story, 125, { a: silent });
    expect(story.state.credentials).toEqual({});
  });
});
