// Incidents: compares what should be open (rules) with what is, and has people told of the difference. Pure; how it is said is in
// functions/alerts/catalogue/.
import type { Telling } from '../../model/telling.ts';
import type { Effect } from '../machine/effect.ts';
import type { Policy } from '../machine/policy.ts';
import type { ClusterState, OpenIncident } from '../machine/state.ts';
import { dedupKeyOf, keysOf } from './key.ts';
import type { Rule } from './rule.ts';
import { activationRules } from './rules-activation.ts';
import { credentialRules } from './rules-credential.ts';
import { holdRules } from './rules-hold.ts';
import { standbyRules } from './rules-standby.ts';
import { targetRules } from './rules-target.ts';
import { vantageRules } from './rules-vantage.ts';

type Notify = Extract<Effect, { kind: 'page' | 'resolve' }>;

/** All there is to know of what may be wrong. */
export function rulesOf(state: ClusterState, policy: Policy, now: number): readonly Rule[] {
  return [
    ...activationRules(state, policy, now),
    ...holdRules(state, policy, now),
    ...targetRules(state, policy, now),
    ...credentialRules(state, policy),
    ...standbyRules(state, policy, now),
    ...vantageRules(state, policy, now),
  ];
}

/** Opens, reminds of and closes incidents. Pages come first, that of an activation before all others. */
export function announce(
  state: ClusterState,
  policy: Policy,
  now: number,
): { readonly state: ClusterState; readonly effects: readonly Notify[] } {
  const incidents: Record<string, OpenIncident> = {};
  const pages: Notify[] = [];
  const resolves: Notify[] = [];
  const isOpen = (key: string) => state.incidents[key] !== undefined;
  const ruled = new Set<string>();
  const page = (telling: Telling) => {
    pages.push({ kind: 'page', telling });
    const { dedupKey, repeat, severity, since, facts } = telling;
    incidents[dedupKey] = { openedAt: since, pagedAt: now, repeat, severity, facts };
  };
  for (const rule of rulesOf(state, policy, now)) {
    const dedupKey = dedupKeyOf(state.cluster, keysOf(rule.key, state.standbys), policy.keySuffix, isOpen);
    ruled.add(dedupKey);
    const open = state.incidents[dedupKey];
    const about = { dedupKey, cluster: state.cluster, at: now };
    if (open === undefined) {
      // What would be closed again at once is not opened.
      if (rule.opens && rule.stays) page({ ...about, ...rule.tell(), repeat: 0 });
    } else if (!rule.stays) {
      resolves.push({ kind: 'resolve', telling: overOf(state, dedupKey, open, now) });
    } else if (now - open.pagedAt >= policy.remindAfterMs) {
      // A reminder is about the incident that was opened, whatever has begun within it since.
      page({ ...about, ...rule.tell(), since: open.openedAt, repeat: open.repeat + 1 });
    } else {
      incidents[dedupKey] = open;
    }
  }
  for (const [dedupKey, open] of Object.entries(state.incidents)) {
    if (!ruled.has(dedupKey)) resolves.push({ kind: 'resolve', telling: overOf(state, dedupKey, open, now) });
  }
  return { state: { ...state, incidents }, effects: [...pages, ...resolves] };
}

function overOf(state: ClusterState, dedupKey: string, open: OpenIncident, now: number): Telling {
  const { severity, facts, repeat, openedAt, pagedAt } = open;
  const over = { toldAt: pagedAt, machine: { phase: state.phase, reason: state.reason } };
  const { cluster } = state;
  return { dedupKey, cluster, severity, facts, since: openedAt, seenFrom: [], evidence: [], at: now, repeat, over };
}
