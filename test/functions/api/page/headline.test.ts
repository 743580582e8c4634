import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enqueue } from '../../../../functions/alerts/enqueue.ts';
import { emptyOutbox } from '../../../../functions/alerts/outbox.ts';
import { headlineOf } from '../../../../functions/api/page/headline.ts';
import type { OperatorCommand } from '../../../../functions/model/outage.ts';
import { newcomer } from '../../../../functions/model/standing.ts';
import type { ClusterView } from '../../../../functions/tasks/control/control-port.ts';
import { fieldsOf } from '../../alerts/sample.ts';
import { t0 } from '../../decision/story.ts';
import { givingBack, outage, peace, scenes, standby, Tale, viewOf } from './scenes.ts';

const minuteMs = 60_000;
const seen = ['edge-weur', 'machine-ams'];

function buttonsOf(view: ClusterView): readonly (OperatorCommand | undefined)[] {
  return headlineOf(view).next.flatMap(({ button }) => (button === undefined ? [] : [button]));
}

/** A silent vantage beside one that sees. */
function withSilent(view: ClusterView): ClusterView {
  const [first, ...rest] = view.vantages;
  if (first === undefined) throw new Error('a vantage is needed');
  const silent = { ...first, lastSeenAt: view.at - 5 * minuteMs, refused: 3, lastRefusal: 'clock-skew' };
  return { ...view, vantages: [silent, ...rest] };
}

describe('headlineOf', () => {
  it('shows an open critical incident beside the suspicion that says less', () => {
    const tale = new Tale().look(12).look(8, { a: 'uplink', b: 'uplink' }).look(1, { a: 'gone', b: 'gone' });
    const view = viewOf(tale);
    expect(view.record.machine).toMatchObject({ phase: 'suspected', cause: 'dns' });
    const open = view.findings.filter(({ isOpen }) => isOpen).map(({ facts, severity }) => [facts.kind, severity]);
    expect(open).toContainEqual(['no-healthy-replica', 'critical']);
    const { severity, also } = headlineOf(view);
    expect(severity).toBe('critical');
    expect(also.map(({ headline }) => headline)).toContain('prod may be losing its DNS: not certain yet');
  });

  it.each<[string, () => ClusterView, string, RegExp, readonly string[], readonly string[]]>([
    ['peace', scenes.calm, 'calm', /^prod is healthy and the standby is ready$/, seen, []],
    ['a suspicion', scenes.suspected, 'warning', /^prod may be losing its control plane/, seen, ['failover']],
    [
      'a suspicion of DNS',
      () => viewOf(peace().look(2, { a: 'gone', b: 'gone' })),
      'warning',
      /^prod may be losing its DNS/,
      seen,
      ['failover'],
    ],
    [
      'an outage',
      scenes.active,
      'critical',
      /the control plane is down; the standby holds its DNS$/,
      seen,
      ['failback'],
    ],
    [
      'DNS down alone',
      () => viewOf(peace().look(6, { a: 'gone', b: 'gone' })),
      'critical',
      /all of CoreDNS is bad.*keeps its last good set$/,
      seen,
      ['failover'],
    ],
    [
      'a failover by hand in an outage',
      () =>
        viewOf(
          peace()
            .look(1, { api: 'gone' })
            .also((story) => story.operator('failover')),
        ),
      'critical',
      /^prod: failed over by hand/,
      seen,
      ['failback'],
    ],
    [
      'an outage that is over',
      () => viewOf(outage().look(9)),
      'warning',
      /^prod is healthy again, but still failed over$/,
      seen,
      ['failback'],
    ],
    ['a failback', scenes.recovering, 'progress', /^prod is recovering/, seen, []],
    [
      'an outage during a failback',
      () => viewOf(givingBack().look(1, { api: 'gone' })),
      'warning',
      /^prod is not healthy while it is given back$/,
      seen,
      [],
    ],
    [
      'a hold',
      () => viewOf(peace().also((story) => story.operator('hold'))),
      'warning',
      /^Lifeboat is held for prod/,
      seen,
      ['release'],
    ],
    [
      'an outage in a hold',
      () =>
        viewOf(
          peace()
            .also((story) => story.operator('hold'))
            .look(6, { api: 'gone' }),
        ),
      'critical',
      /^prod is down while Lifeboat is held$/,
      seen,
      ['failover', 'release'],
    ],
    [
      'a refused credential',
      () => viewOf(peace().look(4, { api: 'credential' })),
      'blind',
      /^prod does not take Lifeboat's credential/,
      seen,
      ['failover'],
    ],
    [
      'an uplink that is gone',
      () => viewOf(peace().look(4, { api: 'uplink' })),
      'blind',
      /^Lifeboat cannot see whether prod is up$/,
      seen,
      ['failover'],
    ],
    ['a watch that has stopped', scenes.blind, 'blind', /^Lifeboat has stopped looking at prod$/, [], ['failover']],
    [
      'a watch that never looked',
      () => viewOf(new Tale(), { watch: { lastRoundAt: null } }),
      'blind',
      /^Lifeboat has not looked at prod yet$/,
      [],
      ['failover'],
    ],
    [
      'a last round in the future',
      () => viewOf(peace(), { watch: { lastRoundAt: t0 + 86_400_000 } }),
      'blind',
      /^Lifeboat has stopped looking/,
      [],
      ['failover'],
    ],
    [
      'a trouble of its own',
      () => viewOf(peace(), { watch: { troubles: ['a secret is missing: TSIG'] } }),
      'blind',
      /^Lifeboat itself is in trouble: a secret is missing: TSIG$/,
      [],
      [],
    ],
    ['one silent vantage', () => withSilent(scenes.calm()), 'warning', /sees less of prod: .* edge-weur$/, [], []],
    [
      'all vantages silent',
      () => viewOf(peace(), { vantages: [{ ...idle, lastSeenAt: null }] }),
      'blind',
      /^Every vantage of prod is silent: edge-x$/,
      [],
      [],
    ],
    [
      'a bad replica',
      () => viewOf(peace().look(1, { b: 'unsynced' })),
      'warning',
      /^1 of 2 CoreDNS replicas/,
      seen,
      [],
    ],
    [
      'alerts that wait',
      () => viewOf(peace(), { outbox: waiting(2 * minuteMs) }),
      'warning',
      /^Alerts do not arrive at oncall/,
      [],
      [],
    ],
    ['an empty standby', () => viewOf(new Tale(false).look(8)), 'progress', /is not ready: nothing was ever/, [], []],
    ['a failing standby', () => viewOf(failing()), 'warning', /^writes to the standby .* fail: .*no route$/, [], []],
  ])('%s', (_what, view, severity, headline, seenFrom, buttons) => {
    const given = headlineOf(view());
    expect({ severity: given.severity, headline: given.headline }).toEqual({
      severity,
      headline: expect.stringMatching(headline),
    });
    expect(given.seenFrom).toEqual(seenFrom);
    expect(buttonsOf(view())).toEqual(buttons);
    expect(given.since).toBeLessThanOrEqual(view().at);
    for (const { command } of given.next) if (command !== undefined) expect(command).toMatch(/prod$|kube-dns/);
  });

  const idle = { id: 'edge-x', group: 'x', kind: 'edge', refused: 0, lastRefusal: '' } as const;

  function waiting(forMs: number) {
    const { at } = scenes.calm();
    const { outbox } = enqueue(emptyOutbox, 'trigger', fieldsOf('prod/capture'), ['oncall'], at - forMs);
    return outbox;
  }

  function failing(): Tale {
    const tale = peace();
    for (let i = 0; i < 3; i++) {
      tale.also((story) => {
        const effect = { kind: 'publish', standby, snapshot: 9, asOf: story.now, deletes: 'allowed' } as const;
        const intent = { kind: 'publish', knownActivation: 0 } as const;
        story.tell({
          kind: 'publish-failed',
          effect: { ...effect, intent, standing: newcomer, renew: false, read: 'marker' },
          status: 'fault',
          reason: 'no route',
        });
      });
    }
    return tale;
  }

  it('lets an alert a minute to arrive', () => {
    expect(headlineOf(viewOf(peace(), { outbox: waiting(10_000) })).severity).toBe('calm');
  });

  it('goes on saying that it is an outage when the watch stops, and that it has stopped', () => {
    const { headline, also } = headlineOf(viewOf(outage(), { laterMs: 20 * minuteMs }));
    expect(headline).toMatch(/the control plane was down and cannot be seen now/);
    expect(also.map(({ headline: other }) => other)).toContain('Lifeboat has stopped looking at prod');
  });

  it.each<[string, () => ClusterView, string, RegExp]>([
    [
      'healthy for a round',
      () => viewOf(outage().look(1)),
      'critical',
      /the API server answers again, not for long yet/,
    ],
    [
      'not to be seen',
      () => viewOf(outage().look(4, { api: 'uplink' })),
      'critical',
      /was down and cannot be seen now/,
    ],
    [
      'healthy for a round, failed over by hand',
      () =>
        viewOf(
          peace()
            .look(1, { api: 'gone' })
            .also((story) => story.operator('failover'))
            .look(1),
        ),
      'critical',
      /^prod: failed over by hand/,
    ],
    [
      'healthy for long, failed over by hand',
      () =>
        viewOf(
          peace()
            .also((story) => story.operator('failover'))
            .look(7),
        ),
      'warning',
      /^prod is healthy again, but still failed over/,
    ],
    [
      'healthy for seven rounds where the policy asks for twelve, failed over by hand',
      () =>
        viewOf(
          peace()
            .look(1, { api: 'gone' })
            .also((story) => story.operator('failover'))
            .look(7),
          { watch: { healthyRounds: 12 } },
        ),
      'critical',
      /^prod: failed over by hand/,
    ],
    [
      'healthy for two rounds where that is what the policy asks for, failed over by hand',
      () =>
        viewOf(
          peace()
            .look(3, { api: 'gone' })
            .also((story) => story.operator('failover'))
            .look(2),
          { watch: { healthyRounds: 2 } },
        ),
      'warning',
      /^prod is healthy again, but still failed over/,
    ],
    [
      'without its activation',
      () => viewOf(outage(), { machine: { activation: null } }),
      'critical',
      /^prod is failed over, but its activation is not known$/,
    ],
  ])('does not say too early that it is over: %s', (_what, view, severity, headline) => {
    const given = headlineOf(view());
    expect([given.severity, given.headline]).toEqual([severity, expect.stringMatching(headline)]);
  });

  it('says what was done: activation, page, last capture, freeze', () => {
    expect(headlineOf(scenes.active()).did.map(({ words }) => words)).toEqual([
      'Opened activation 1: the API server is down: connections are refused (3 rounds down in a row)',
      'Paged; every channel took it.',
      'Took a last capture: snapshot 10',
      `Froze ${standby} with snapshot 10; nothing is deleted from it`,
    ]);
  });

  it('shows the replicas beside a hold, whatever the activation under it is about', () => {
    const tale = peace()
      .look(6, { a: 'gone', b: 'gone' })
      .also((story) => story.operator('hold'))
      .look(1, { a: 'gone', b: 'gone' });
    const { headline, also } = headlineOf(viewOf(tale));
    const all = [headline, ...also.map((one) => one.headline)];
    expect(headline).toBe('prod is down while Lifeboat is held');
    expect(all).toContainEqual(expect.stringMatching(/CoreDNS replica/));
    expect(all.filter((one) => /CoreDNS is bad/.test(one))).toEqual([]);
  });

  it('does not say that a credential is refused when it is taken again', () => {
    const tale = peace().look(6, { api: 'credential' }).look(2);
    expect(headlineOf(viewOf(tale))).toMatchObject({
      severity: 'critical',
      headline: "prod takes Lifeboat's credential again, not for long yet",
    });
  });

  it('does not say that somebody was paged when nobody was', () => {
    const unsent = peace(false).look(6, { api: 'gone' });
    expect(headlineOf(viewOf(unsent)).did[1]?.words).toBe('Tries to page pagerduty and slack');
    const none = viewOf(outage(), { outbox: emptyOutbox });
    expect(headlineOf(none).did[1]?.words).toBe('Has paged nobody: no alert channel is configured.');
  });

  it('does not say that the standby is frozen before it is', () => {
    const tale = peace();
    Object.defineProperty(tale, 'obliging', { value: false });
    const { headline, did } = headlineOf(viewOf(tale.look(6, { api: 'gone' })));
    expect(headline).toMatch(/the standby is NOT frozen yet$/);
    expect(did.at(-1)?.words).toMatch(/^Has NOT frozen/);
  });

  it('is never calm while an incident is open, whatever it is called', () => {
    const incident = { openedAt: t0, pagedAt: t0, repeat: 0, severity: 'warning' } as const;
    const facts = { kind: 'told', summary: '[prod] news' } as const;
    const view = viewOf(peace(), { machine: { incidents: { 'prod/what/is/this': { ...incident, facts } } } });
    expect(headlineOf(view)).toMatchObject({ severity: 'warning', headline: '[prod] news' });
  });

  it('is never calm once three intervals have passed without a round', () => {
    const limit = 3 * 10_000;
    expect(headlineOf(viewOf(peace(), { laterMs: limit })).severity).toBe('calm');
    expect(headlineOf(viewOf(peace(), { laterMs: limit + 1 })).severity).toBe('blind');
  });

  it('is calm only where there is nothing to see, whatever has happened', () => {
    const weather = fc.record({
      api: fc.constantFrom('healthy', 'gone', 'etcd', 'throttled', 'credential', 'uplink', 'silent'),
      a: fc.constantFrom('healthy', 'gone', 'unsynced', 'behind', 'uplink', 'silent'),
      b: fc.constantFrom('healthy', 'healthy', 'unsynced'),
    });
    const chapter = fc.oneof(
      fc.record({ count: fc.integer({ min: 1, max: 12 }), weather }),
      fc.constantFrom<OperatorCommand>('failover', 'failback', 'hold', 'release'),
      fc.integer({ min: 0, max: 7_200_000 }),
    );
    fc.assert(
      fc.property(fc.array(chapter, { maxLength: 8 }), fc.integer({ min: 0, max: 60_000 }), (chapters, laterMs) => {
        const tale = new Tale();
        for (const one of chapters) {
          if (typeof one === 'string') tale.also((story) => story.operator(one));
          else if (typeof one === 'number') tale.also((story) => story.wait(one));
          else tale.look(one.count, one.weather);
        }
        tale.look(1);
        const view = viewOf(tale, { laterMs });
        const { machine } = view.record;
        const { severity, also } = headlineOf(view);
        if (severity !== 'calm') return;
        expect(also).toEqual([]);
        expect(laterMs).toBeLessThanOrEqual(30_000);
        expect(machine.phase).toBe('watching');
        expect(machine.incidents).toEqual({});
        expect(Object.values(machine.verdicts).map(({ condition }) => condition)).toEqual(Array(4).fill('healthy'));
        for (const { frozen, fence, asOf } of Object.values(machine.standbys)) {
          expect([frozen, fence, asOf === null]).toEqual([0, '', false]);
        }
      }),
      { numRuns: 150 },
    );
  });
});
