// docs/alerts.md says what the rules say: every key, its severity, and the commands that an alert names.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { entryOf, said as inWords } from '../../../../functions/alerts/catalogue/index.ts';
import { noticeOf } from '../../../../functions/alerts/catalogue/notice.ts';
import { emptyOutbox } from '../../../../functions/alerts/outbox.ts';
import type { Rule } from '../../../../functions/decision/incidents/rule.ts';
import { announce, rulesOf } from '../../../../functions/decision/incidents/track.ts';
import { type ClusterState, initialStandby, initialState } from '../../../../functions/decision/machine/state.ts';
import { addNotices } from '../../../../functions/tasks/alert/deliver.ts';
import { createFakeCli } from '../../../fakes/cli.ts';
import { createFakeCluster } from '../../../fakes/cluster.ts';
import { dnsA, only, policy, seen, t0 } from '../story.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/alerts.md'), 'utf8');

/** Key, severity and what to do of each row. */
const rows = [...page.matchAll(/^\| `([^`]+)` \| .* \| (critical|warning|info|as chosen) \| (.*) \|$/gm)].map(
  ([, key = '', severity = '', what = '']) => ({ key, severity, what }),
);
/** What no rule of the machine has: Lifeboat's own troubles, and the test. */
function besides(): readonly string[] {
  const { ports } = createFakeCluster();
  const troubled = {
    ...ports,
    storeTrouble: () => 'disk full',
    watchTrouble: () => ({ kind: 'stopped', what: 'x' }) as const,
  };
  const chat = {
    id: 'chat',
    timeoutMs: 5_000,
    repeats: 'outbox' as const,
    send: async () => ({ status: 'delivered' }) as const,
  };
  const failing = { oncall: { since: t0, refused: true, reason: 'answered 403' } };
  const both = { ...troubled, channels: [...ports.channels, chat] };
  const { pending } = addNotices(both, { ...emptyOutbox, failing }, [], t0);
  const keys = pending.map(({ alert }) => alert.dedupKey.replace('prod/', '').replace('/oncall', '/CHANNEL'));
  // By hand, and by functions/tasks/cluster/retire.ts.
  return [...new Set(keys), 'removed', 'test/TIME'];
}

const activation = {
  number: 7,
  reason: 'gone',
  by: null,
  startedAt: t0,
  final: 'captured',
  finalReason: '',
} as const;

function rulesIn(cause: 'control-plane' | 'dns' | 'operator'): readonly Rule[] {
  const fresh = initialState('prod', t0);
  const state: ClusterState = {
    ...fresh,
    activation: { ...activation, cause },
    capture: { ...fresh.capture, failures: 3, lastFailure: 'SERVFAIL' },
    credentials: Object.fromEntries(
      ['rack apiserver', `rack dns ${dnsA}`].map((key) => [key, { recent: 'u3', isOpen: true, at: t0 }]),
    ),
    standbys: { knot: { ...initialStandby(t0), failures: 3, lastFailure: 'REFUSED', fence: 'frozen by another' } },
  };
  const expecting = { ...policy, vantages: ['rack'] };
  return rulesOf(state, expecting, t0);
}

/** What the catalogue says of a rule now. */
function said(rule: Rule) {
  const tale = rule.tell();
  const { facts } = tale;
  const about = { dedupKey: `prod/${rule.key}`, cluster: 'prod', at: t0, repeat: 0 };
  return { ...noticeOf({ ...about, ...tale }), row: entryOf(facts).row(facts) };
}

/** `dns/ADDRESS` as the keys that it stands for. */
function patternOf(row: string): RegExp {
  return new RegExp(`^${row.replace(/\bN$|ADDRESS|STANDBY|VANTAGE/g, '[^/]+')}$`);
}

const commandsIn = (text: string) => [...text.matchAll(/npx lifeboat (\w+)/g)].map((match) => match[1] ?? '');

describe('docs/alerts.md', () => {
  const rules = rulesIn('control-plane');

  it('has a row for every incident there can be, and no other', () => {
    const expected = [...new Set(rules.map((rule) => said(rule).row)), ...besides()];
    expect(rows.map(({ key }) => key).toSorted()).toEqual(expected.toSorted());
  });

  it.each(rules.map((rule) => [rule.key, rule] as const))('says the severity and the commands of %s', (key, rule) => {
    const { severity, whatToRunNext, row: name } = said(rule);
    expect(key).toMatch(patternOf(name));
    const row = rows.find((one) => one.key === name);
    expect(row?.severity).toBe(severity);
    expect(commandsIn(row?.what ?? '')).toEqual(expect.arrayContaining(commandsIn(whatToRunNext)));
  });

  it('names commands that there are', async () => {
    const { out } = await createFakeCli().run('--help');
    for (const command of new Set(commandsIn(page))) expect(out).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
  });

  it('names the fields of the policy as the configuration does', () => {
    const configuration = readFileSync(join(import.meta.dirname, '../../../../docs/configuration.md'), 'utf8');
    const fields = [...page.matchAll(/`(?:policy|publish|alerts|api)\.(\w+)`/g)].map((match) => match[1]);
    expect(fields.length).toBeGreaterThan(5);
    for (const field of fields) expect(configuration).toContain(`| \`${field}\` |`);
  });
});

describe('an alert', () => {
  it.each(['control-plane', 'dns', 'operator'] as const)('is complete for a person, with the cause %s', (cause) => {
    for (const rule of rulesIn(cause)) {
      const tale = said(rule);
      for (const text of [tale.summary, tale.whatIsWrong, tale.whatLifeboatDid, tale.whatToRunNext])
        expect(text, rule.key).toMatch(/\w{3}/);
      expect(tale.summary).not.toMatch(/undefined|NaN|\bnull\b/);
      for (const command of tale.whatToRunNext.match(/npx lifeboat .*/g) ?? [])
        expect(command, rule.key).toContain('--cluster prod');
    }
  });

  it('has a headline for the page, which says the same an hour later', () => {
    for (const rule of (['control-plane', 'dns', 'operator'] as const).flatMap(rulesIn)) {
      const { facts } = rule.tell();
      const [now, later] = [t0, t0 + 3_600_000].map((at) => inWords(facts, { cluster: 'prod', at }).headline);
      expect(now, rule.key).toMatch(/\w{3}/);
      expect(now).not.toMatch(/undefined|NaN|\bnull\b/);
      expect(later).toBe(now);
    }
  });

  it('asks for no failback where the outage is given back by itself', () => {
    const [opened] = rulesIn('dns')
      .filter(({ key }) => key === 'activation/7')
      .map(said);
    expect(opened?.summary).toContain('DNS outage, activation 7');
    expect(opened?.whatToRunNext).not.toContain('failback');
  });

  it('counts a reminder from when the incident was opened', () => {
    const state: ClusterState = {
      ...initialState('prod', t0),
      standbys: { knot: { ...initialStandby(t0), publishedAt: t0, heldDeletes: 2 } },
    };
    const opened = announce(state, policy, t0);
    const later = {
      ...opened.state,
      standbys: { knot: { ...initialStandby(t0), publishedAt: t0 + 1, heldDeletes: 2 } },
    };
    const { effects } = announce(later, policy, t0 + policy.remindAfterMs);
    const notices = only(effects, 'page').map(({ notice }) => notice);
    expect(notices.find(({ dedupKey }) => dedupKey === 'prod/deletes-held/knot')).toMatchObject({
      repeat: 1,
      since: t0,
      summary: expect.stringMatching(/^\[prod\] still, after 1 h: 2 changes/),
    });
  });

  it.each([
    [0.5, 'ends in less than a day'],
    [1.5, 'ends in 1 day'],
    [13, 'ends in 13 days'],
    [-2, 'has ended'],
  ])('says of a certificate with %d days left that it %s', (certificateDaysLeft, words) => {
    const observations = [seen('apiserver.tls', 'up', 'none', { details: { certificateDaysLeft } })];
    const rule = rulesOf({ ...initialState('prod', t0), observations }, policy, t0).find(
      ({ key }) => key === 'certificate',
    );
    expect(rule).toMatchObject({ opens: true });
    expect(rule === undefined ? '' : said(rule).summary).toBe(`[prod] the API server's certificate ${words}`);
  });
});
