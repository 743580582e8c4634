// A rule: when an incident opens, how long it stays, and its facts. Types and small parts; the words are in functions/alerts/catalogue/.
import type { Incident, Spells } from '../../model/incident.ts';
import type { Severity } from '../../model/severity.ts';
import type { Telling } from '../../model/telling.ts';
import { type Recent, tallyOf } from '../health/recent.ts';
import { apiServerKey, type Verdict } from '../health/verdict.ts';
import type { Policy } from '../machine/policy.ts';
import type { ClusterState } from '../machine/state.ts';

/** What a rule knows; the rest of a telling is the same for all. */
export type Tale = Pick<Telling, 'severity' | 'since' | 'seenFrom' | 'evidence'> & { readonly facts: Incident };

export interface Rule {
  /** The dedup key without the cluster: `dns/10.0.0.10:53`. */
  readonly key: string;
  /** Opens the incident when it is closed and would stay. */
  readonly opens: boolean;
  /** Keeps it open when it is; weaker than `opens`, so that it does not flap. */
  readonly stays: boolean;
  /** How bad it looks while it is closed: to be seen by whoever looks, and no reason to wake anybody yet. None: there is nothing to see. */
  readonly shows?: Severity | undefined;
  readonly tell: () => Tale;
}

/** What Lifeboat knows by itself, since an instant. */
export function known(since: number): Pick<Tale, 'since' | 'seenFrom' | 'evidence'> {
  return { since, seenFrom: [], evidence: [] };
}

/** Since when a verdict is as it is, who says so, and with what evidence. */
export function asSeen(
  state: ClusterState,
  verdict: Verdict | undefined,
): Pick<Tale, 'since' | 'seenFrom' | 'evidence'> {
  return {
    since: verdict?.since ?? state.since,
    seenFrom: verdict?.seenFrom ?? [],
    evidence: verdict?.evidence ?? [],
  };
}

/** What is seen of the API server now, of something that is since then. */
export function asSeenOfApi(state: ClusterState, since: number): Pick<Tale, 'since' | 'seenFrom' | 'evidence'> {
  return { ...asSeen(state, state.verdicts[apiServerKey]), since };
}

/** The rounds of what comes and goes. */
export function spellsOf(recent: Recent, policy: Pick<Policy, 'downRounds' | 'window'>): Spells {
  const { bad, unknown } = tallyOf(recent, policy);
  return { bad, unknown, rounds: policy.window.rounds };
}
