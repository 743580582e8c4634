// docs/alerts.md says what the rules say: every key, its severity, and the commands that an alert names.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyOutbox } from '../../../../functions/alerts/outbox.ts';
import type { Rule } from '../../../../functions/decision/incidents/rule.ts';
import { activationRules } from '../../../../functions/decision/incidents/rules-activation.ts';
import { credentialRules } from '../../../../functions/decision/incidents/rules-credential.ts';
import { holdRules } from '../../../../functions/decision/incidents/rules-hold.ts';
import { standbyRules } from '../../../../functions/decision/incidents/rules-standby.ts';
import { targetRules } from '../../../../functions/decision/incidents/rules-target.ts';
import { vantageRules } from '../../../../functions/decision/incidents/rules-vantage.ts';
import { announce } from '../../../../functions/decision/incidents/track.ts';
import { type ClusterState, initialStandby, initialState } from '../../../../functions/decision/machine/state.ts';
import { addNotices } from '../../../../functions/tasks/alert/deliver.ts';
import { createFakeCli } from '../../../fakes/cli.ts';
import { createFakeCluster } from '../../../fakes/cluster.ts';
import { dnsA, policy, seen, t0 } from '../story.ts';

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
  return [activationRules, holdRules, targetRules, credentialRules, standbyRules, vantageRules].flatMap((rules) =>
    rules(state, expecting, t0),
  );
}

/** As the page writes it: `dns/10.0.0.10:53` is `dns/ADDRESS`. */
function generic(key: string): string {
  return key
    .replace('activation/7', 'activation/N')
    .replace(/\/knot$/, '/STANDBY')
    .replace(/\/rack$/, '/VANTAGE')
    .replace(/[\d.]+:53/, 'ADDRESS');
}

const commandsIn = (text: string) => [...text.matchAll(/npx lifeboat (\w+)/g)].map((match) => match[1] ?? '');

describe('docs/alerts.md', () => {
  const rules = rulesIn('control-plane');

  it('has a row for every incident there can be, and no other', () => {
    const expected = [...new Set(rules.map(({ key }) => generic(key))), ...besides()];
    expect(rows.map(({ key }) => key).toSorted()).toEqual(expected.toSorted());
  });

  it.each(rules.map((rule) => [rule.key, rule] as const))('says the severity and the commands of %s', (key, rule) => {
    const row = rows.find((one) => one.key === generic(key));
    const { severity, whatToRunNext } = rule.tell();
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
      const tale = rule.tell();
      for (const text of [tale.summary, tale.whatIsWrong, tale.whatLifeboatDid, tale.whatToRunNext])
        expect(text, rule.key).toMatch(/\w{3}/);
      expect(tale.summary).not.toMatch(/undefined|NaN|\bnull\b/);
      for (const command of tale.whatToRunNext.match(/npx lifeboat [^;]*?(?=;|$)/g) ?? [])
        expect(command, rule.key).toContain('--cluster prod');
    }
  });

  it('asks for no failback where the outage is given back by itself', () => {
    const tale = rulesIn('dns')
      .find(({ key }) => key === 'activation/7')
      ?.tell();
    expect(tale?.summary).toContain('DNS outage, activation 7');
    expect(tale?.whatToRunNext).not.toContain('failback');
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
    expect(effects.find(({ notice }) => notice.dedupKey === 'prod/deletes-held/knot')?.notice).toMatchObject({
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
    const rule = targetRules({ ...initialState('prod', t0), observations }, policy, t0).find(
      ({ key }) => key === 'certificate',
    );
    expect(rule).toMatchObject({ opens: true });
    expect(rule?.tell().summary).toBe(`the API server's certificate ${words}`);
  });
});
