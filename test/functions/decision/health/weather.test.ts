// Hours and days of each weather in virtual time: what comes and goes is told soon and few times, and quiet weather is not told at all.
import { describe, expect, it } from 'vitest';
import { clusterHealthy } from '../../../../functions/decision/machine/selectors.ts';
import { dnsA, dnsB, only, quorum, Story, type Weather } from '../story.ts';

const hourMs = 3_600_000;

/** The weather of a round, by the seconds since it began, and by chance. */
type WeatherAt = (seconds: number, random: () => number) => Weather;

interface Day {
  readonly story: Story;
  /** First pages, without reminders, by key. */
  readonly pages: Readonly<Record<string, number>>;
  /** Minutes from the start of the weather to the first page of a key. */
  readonly afterMinutes: Readonly<Record<string, number>>;
  readonly severities: Readonly<Record<string, string>>;
  /** Share of the rounds in which deletes may go out. */
  readonly deletes: number;
}

/** A quiet hour, then so many hours of such weather. */
function spend(hours: number, weatherAt: WeatherAt): Day {
  const story = new Story();
  story.rounds(hourMs / story.policy.intervalMs);
  expect(story.open).toEqual([]);
  const pages: Record<string, number> = {};
  const afterMinutes: Record<string, number> = {};
  const severities: Record<string, string> = {};
  const random = createRandom(7);
  const begin = story.now;
  let allowed = 0;
  let rounds = 0;
  while (story.now - begin < hours * hourMs) {
    const effects = story.rounds(1, weatherAt((story.now - begin) / 1000, random));
    story.all.length = 0;
    rounds++;
    if (clusterHealthy(story.state, story.policy)) allowed++;
    for (const { notice } of only(effects, 'page')) {
      const key = notice.dedupKey.replace('prod/', '');
      if (notice.repeat > 0) continue;
      pages[key] = (pages[key] ?? 0) + 1;
      afterMinutes[key] ??= (story.now - begin) / 60_000;
      severities[key] = notice.severity;
    }
  }
  return { story, pages, afterMinutes, severities, deletes: allowed / rounds };
}

/** Numbers from 0 to 1, the same each time. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** Bad for the first so many seconds of each period. */
const of =
  (seconds: number, period: number, bad: Weather): WeatherAt =>
  (at) =>
    at % period < seconds ? bad : {};
const byChance =
  (share: number, bad: Weather): WeatherAt =>
  (_at, random) =>
    random() < share ? bad : {};
const uplink = { api: 'uplink', a: 'uplink', b: 'uplink' } as const;
const silent = { api: 'silent', a: 'silent', b: 'silent' } as const;
const replica = `dns/${dnsA}`;
const timeoutMs = 120_000;

/** What is told of a day of it: the key, how soon, how loud; the rest that may be. */
interface Told {
  readonly what: string;
  readonly weather: WeatherAt;
  readonly key: string;
  readonly withinMinutes: number;
  readonly severity: 'critical' | 'warning';
  readonly besides?: readonly string[];
  /** Deletes may go out meanwhile. */
  readonly deletes?: true;
}

function isTold({ pages, afterMinutes, severities, deletes }: Day, told: Told, mostPages: number): void {
  expect(pages).toHaveProperty([told.key]);
  expect(afterMinutes[told.key]).toBeLessThanOrEqual(told.withinMinutes);
  expect(severities[told.key]).toBe(told.severity);
  const others = Object.keys(pages).filter((key) => key !== told.key);
  expect(others.filter((key) => !told.besides?.includes(key))).toEqual([]);
  expect(Math.max(...Object.values(pages))).toBeLessThanOrEqual(mostPages);
  if (told.deletes !== true) expect(deletes).toBeLessThan(0.04);
}

describe('a day of an outage that comes and goes', () => {
  const days: readonly Told[] = [
    {
      what: 'the API server throttled for 25 s of every 40 s',
      weather: of(25, 40, { api: 'throttled' }),
      ...{ key: 'unsteady', withinMinutes: 5, severity: 'critical' },
    },
    {
      what: 'the API server refused for 10 s of every 25 s',
      weather: of(10, 25, { api: 'gone' }),
      ...{ key: 'unsteady', withinMinutes: 7, severity: 'critical' },
    },
    {
      what: 'one of two replicas bad for 10 s of every 15 s',
      weather: of(10, 15, { a: 'gone' }),
      ...{ key: replica, withinMinutes: 5, severity: 'warning', deletes: true },
    },
    {
      what: 'the API server unknown for 25 s of every 30 s',
      weather: of(25, 30, { api: 'uplink' }),
      ...{ key: 'blind', withinMinutes: 4, severity: 'critical' },
    },
    {
      what: 'nothing known of anything for 25 s of every 30 s',
      weather: of(25, 30, uplink),
      ...{ key: 'blind', withinMinutes: 4, severity: 'critical' },
    },
  ];
  it.each(days)('is told once: $what', { timeout: timeoutMs }, (told) => isTold(spend(24, told.weather), told, 1));
});

describe('three hours of weather', () => {
  const bothReplicas = [replica, `dns/${dnsB}`];
  const told: readonly Told[] = [
    {
      what: 'API server bad in 30 % of the rounds',
      weather: of(15, 50, { api: 'gone' }),
      // Three rounds in a row: an outage, which the rounds in a row tell.
      ...{ key: 'activation/1', withinMinutes: 1, severity: 'critical', besides: ['failback-due'] },
    },
    {
      what: 'API server bad in each third round',
      weather: of(5, 15, { api: 'gone' }),
      ...{ key: 'unsteady', withinMinutes: 8, severity: 'critical' },
    },
    {
      what: 'API server bad in 30 % of the rounds, by chance',
      weather: byChance(0.3, { api: 'throttled' }),
      ...{ key: 'unsteady', withinMinutes: 15, severity: 'critical', besides: ['activation/1', 'failback-due'] },
    },
    {
      what: 'API server bad in each second round',
      weather: of(5, 10, { api: 'gone' }),
      ...{ key: 'unsteady', withinMinutes: 6, severity: 'critical' },
    },
    {
      what: 'API server degraded in 70 % of the rounds',
      weather: of(25, 35, { api: 'throttled' }),
      ...{ key: 'unsteady', withinMinutes: 5, severity: 'critical' },
    },
    {
      what: 'every replica bad in each second round, at the same time',
      weather: of(5, 10, { a: 'gone', b: 'unsynced' }),
      ...{ key: 'no-healthy-replica', withinMinutes: 6, severity: 'critical', besides: bothReplicas },
    },
    {
      what: 'now the one replica, now the other',
      weather: (at) => (at % 10 < 5 ? { a: 'gone' } : { b: 'gone' }),
      ...{ key: 'no-healthy-replica', withinMinutes: 6, severity: 'critical', besides: bothReplicas },
    },
    {
      what: 'one replica gone for good and the other unknown now and then',
      weather: (at) => ({ a: 'gone', ...(at % 15 < 5 ? {} : { b: 'uplink' as const }) }),
      ...{ key: 'no-healthy-replica', withinMinutes: 6, severity: 'critical', besides: bothReplicas },
    },
    {
      what: 'no round for 25 s of every 30 s',
      weather: of(25, 30, silent),
      ...{ key: 'blind', withinMinutes: 10, severity: 'critical' },
    },
    {
      what: 'spells of a replica that are longer than any streak, in less than a window',
      weather: of(20, 150, { a: 'gone' }),
      ...{ key: replica, withinMinutes: 1, severity: 'warning', deletes: true },
    },
    {
      what: 'spells of the API server that are longer than any streak, in less than a window',
      weather: of(40, 300, { api: 'throttled' }),
      ...{ key: 'activation/1', withinMinutes: 1, severity: 'critical', besides: ['failback-due'] },
    },
    {
      what: 'spells in which nothing is known, in less than a window',
      weather: of(40, 200, uplink),
      ...{ key: 'blind', withinMinutes: 1, severity: 'critical', deletes: true },
    },
    {
      what: 'a credential that is refused in a third of the rounds, by chance',
      weather: byChance(0.33, { api: 'credential' }),
      ...{ key: 'credential/apiserver', withinMinutes: 15, severity: 'critical', deletes: true },
    },
    {
      what: 'an API server that is not ready for 30 s of every 100 s',
      weather: of(30, 100, { api: 'shutdown' }),
      ...{ key: 'not-ready', withinMinutes: 2, severity: 'warning', deletes: true },
    },
    {
      what: 'an API server that is never ready, and refuses in each sixth round',
      weather: (at) => ({ api: at % 30 < 5 ? 'gone' : 'shutdown' }),
      ...{ key: 'not-ready', withinMinutes: 2, severity: 'warning' },
    },
    {
      what: 'an API server that is throttled, and unknown for 50 s of every 100 s',
      weather: (at) => ({ api: at % 100 < 50 ? 'uplink' : 'throttled' }),
      ...{ key: 'blind', withinMinutes: 1, severity: 'critical', besides: ['activation/1'] },
    },
  ];
  it.each(told)('is told at most twice: $what', { timeout: timeoutMs }, (one) => isTold(spend(3, one.weather), one, 2));

  const quiet: readonly (readonly [what: string, weather: WeatherAt])[] = [
    ['nothing', () => ({})],
    ['each twentieth round bad', of(5, 100, { api: 'gone', a: 'gone' })],
    [
      'each tenth round bad, another of it each time',
      (at) => (at % 150 < 5 ? { api: 'throttled' } : at % 50 < 5 ? { a: 'gone' } : {}),
    ],
    ['each tenth round unknown', of(5, 50, uplink)],
    ['one restart of the API server', (at) => (at >= 3600 && at < 3610 ? { api: 'gone' } : {})],
    ['one restart of the API server, slow to be ready', (at) => (at >= 3600 && at < 3625 ? { api: 'throttled' } : {})],
    ['one restart of a replica', (at) => (at >= 3600 && at < 3610 ? { a: 'gone' } : {})],
  ];
  it.each(quiet)('is not told, and deletes go on: %s', { timeout: timeoutMs }, (_what, weather) => {
    const { pages, deletes } = spend(3, weather);
    expect(pages).toEqual({});
    expect(deletes).toBeGreaterThan(0.2);
  });
});

describe('what comes and goes', () => {
  const flap = (story: Story, times: number, weather: Weather) => {
    for (let i = 0; i < times; i++) {
      story.rounds(2, weather);
      story.rounds(2);
    }
  };

  it('is over when it has been steady for most of a window, and not before', () => {
    const story = new Story();
    story.rounds(10);
    flap(story, 20, { api: 'gone' });
    expect(story.open).toEqual(['unsteady']);
    story.rounds(80);
    expect(story.open).toEqual(['unsteady']);
    expect(clusterHealthy(story.state, story.policy)).toBe(false);
    story.rounds(30);
    expect(story.open).toEqual([]);
    expect(clusterHealthy(story.state, story.policy)).toBe(true);
  });

  it('says how often, what was done and what may be, and opens no activation', () => {
    const story = new Story();
    story.rounds(10);
    flap(story, 20, { api: 'throttled' });
    const page = only(story.all, 'page').find(({ notice }) => notice.dedupKey === 'prod/unsteady')?.notice;
    expect(page).toMatchObject({
      severity: 'critical',
      summary: expect.stringMatching(
        /the API server comes and goes: bad in 30 of the last 120 rounds, .* now the API server is degraded/,
      ),
      whatLifeboatDid: expect.stringMatching(/deletes nothing meanwhile\. It opens no activation for this by itself/),
      whatToRunNext: expect.stringContaining('npx lifeboat failover --cluster prod'),
    });
    expect(story.phases).not.toContain('active');
  });

  it('leaves a real outage to the activation, and does not hold up its failback', () => {
    const story = new Story();
    story.rounds(200);
    story.rounds(100, { api: 'gone' });
    expect(story.open).toEqual(['activation/1']);
    story.rounds(6);
    expect(story.open).toEqual(['activation/1', 'failback-due']);
    story.operator('failback');
    story.rounds(6);
    expect([story.state.phase, story.open]).toEqual(['watching', []]);
    expect(clusterHealthy(story.state, story.policy)).toBe(true);
  });

  it('holds up an automatic failback until it is steady', () => {
    const story = new Story({ failback: 'automatic' });
    story.rounds(10);
    for (let i = 0; i < 10; i++) {
      story.rounds(5, { api: 'gone' });
      story.rounds(8);
    }
    expect(only(story.all, 'page').filter(({ notice }) => notice.dedupKey.includes('activation/')).length).toBeLessThan(
      5,
    );
    story.rounds(110);
    expect(['watching', 'held']).toContain(story.state.phase);
  });

  it('is seen by several vantages as by one', () => {
    const story = new Story({ quorum: quorum(2, 2) });
    for (let i = 0; i < 120; i++) {
      const weather: Weather = i > 20 && i % 2 === 0 ? { api: 'gone' } : {};
      for (const [turn, vantage] of ['a', 'b', 'c'].entries()) {
        if (turn > 0) story.now -= story.policy.intervalMs - 20;
        story.rounds(1, weather, vantage);
      }
      story.now -= 40;
    }
    expect(story.open).toEqual(['unsteady']);
  });

  it('is no matter of a machine that did not run', () => {
    const story = new Story();
    story.rounds(20);
    for (let i = 0; i < 10; i++) {
      story.now += 600_000;
      story.tell({ kind: 'restarted' });
      story.rounds(12);
    }
    expect(only(story.all, 'page').filter(({ notice }) => !notice.dedupKey.includes('standby-stale'))).toEqual([]);
  });
});
