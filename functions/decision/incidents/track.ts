// Incidents: compares what should be open (rules) with what is, and pages, reminds and resolves the difference. Pure.

import { duration } from '../../lib/duration.ts';
import type { Notice } from '../../model/notice.ts';
import type { Effect } from '../machine/effect.ts';
import type { Policy } from '../machine/policy.ts';
import type { ClusterState, Incident } from '../machine/state.ts';
import { dedupKeyOf, keysOf } from './key.ts';
import type { Rule } from './rule.ts';
import { activationRules } from './rules-activation.ts';
import { credentialRules } from './rules-credential.ts';
import { holdRules } from './rules-hold.ts';
import { standbyRules } from './rules-standby.ts';
import { targetRules } from './rules-target.ts';
import { vantageRules } from './rules-vantage.ts';

type Telling = Extract<Effect, { kind: 'page' | 'resolve' }>;

/** Opens, reminds of and closes incidents. Pages come first, that of an activation before all others. */
export function announce(
  state: ClusterState,
  policy: Policy,
  now: number,
): { readonly state: ClusterState; readonly effects: readonly Telling[] } {
  const rules = [
    ...activationRules(state, policy, now),
    ...holdRules(state, policy, now),
    ...targetRules(state, policy, now),
    ...credentialRules(state, policy),
    ...standbyRules(state, policy, now),
    ...vantageRules(state, policy, now),
  ];
  const incidents: Record<string, Incident> = {};
  const pages: Telling[] = [];
  const resolves: Telling[] = [];
  const isOpen = (key: string) => state.incidents[key] !== undefined;
  const ruled = new Set<string>();
  for (const rule of rules) {
    const key = dedupKeyOf(state.cluster, keysOf(rule.key, state.standbys), policy.keySuffix, isOpen);
    ruled.add(key);
    const open = state.incidents[key];
    if (open === undefined) {
      // What would be closed again at once is not opened.
      if (!rule.opens || !rule.stays) continue;
      const notice = noticeOf(state, key, rule, { repeat: 0, now });
      pages.push({ kind: 'page', notice });
      incidents[key] = incidentOf(notice, now);
    } else if (!rule.stays) {
      resolves.push({ kind: 'resolve', notice: resolved(state, key, open, now) });
    } else if (now - open.pagedAt >= policy.remindAfterMs) {
      const notice = noticeOf(state, key, rule, { repeat: open.repeat + 1, now, openedAt: open.openedAt });
      pages.push({ kind: 'page', notice });
      incidents[key] = incidentOf(notice, now);
    } else {
      incidents[key] = open;
    }
  }
  for (const [key, open] of Object.entries(state.incidents)) {
    if (!ruled.has(key)) resolves.push({ kind: 'resolve', notice: resolved(state, key, open, now) });
  }
  return { state: { ...state, incidents }, effects: [...pages, ...resolves] };
}

function noticeOf(
  state: ClusterState,
  dedupKey: string,
  rule: Rule,
  { repeat, now, openedAt }: { readonly repeat: number; readonly now: number; readonly openedAt?: number },
): Notice {
  const { severity, summary, whatIsWrong, since: told, seenFrom, whatLifeboatDid, whatToRunNext } = rule.tell();
  // A reminder is about the incident that was opened, whatever has begun within it since.
  const since = openedAt ?? told;
  const still = repeat === 0 ? '' : `still, after ${duration(now - since)}: `;
  return {
    dedupKey,
    cluster: state.cluster,
    severity,
    summary: `[${state.cluster}] ${still}${summary}`,
    whatIsWrong,
    since,
    seenFrom,
    whatLifeboatDid,
    whatToRunNext,
    at: now,
    repeat,
  };
}

function incidentOf({ repeat, severity, summary, since }: Notice, now: number): Incident {
  return { openedAt: since, pagedAt: now, repeat, severity, summary };
}

function resolved(state: ClusterState, dedupKey: string, open: Incident, now: number): Notice {
  return {
    dedupKey,
    cluster: state.cluster,
    severity: open.severity,
    summary: `resolved after ${duration(now - open.openedAt)}: ${open.summary}`,
    whatIsWrong: 'Nothing any more.',
    since: open.openedAt,
    seenFrom: [],
    whatLifeboatDid: `Goes on. The cluster is ${state.phase}: ${state.reason}.`,
    whatToRunNext: 'Nothing.',
    at: now,
    repeat: open.repeat,
  };
}
