// What is wrong with a cluster now, for whoever looks at it: what is open, and what can be seen before anybody is told. By the rules that open
// and close incidents (track.ts), so that nothing is derived twice. Pure.
import type { Incident } from '../../model/incident.ts';
import type { Severity } from '../../model/severity.ts';
import type { Policy } from '../machine/policy.ts';
import type { ClusterState, OpenIncident } from '../machine/state.ts';
import { dedupKeyOf, keysOf } from './key.ts';
import { rulesOf } from './track.ts';

export interface Finding {
  readonly dedupKey: string;
  readonly severity: Severity;
  /** As they are now. */
  readonly facts: Incident;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Vantages; none where it is Lifeboat's own knowledge. */
  readonly seenFrom: readonly string[];
  /** People were told. */
  readonly isOpen: boolean;
}

/**
 * | an incident is      | its severity              | its facts             | since             |
 * |---------------------|---------------------------|-----------------------|-------------------|
 * | open                | as it was told            | as they are now       | it was opened     |
 * | open, without a rule | as it was told           | as they were told     | it was opened     |
 * | closed, and shows   | as the rule shows it      | as they are now       | as the rule knows |
 * | closed else         | none: it is no finding    |                       |                   |
 */
export function findingsOf(state: ClusterState, policy: Policy, now: number): readonly Finding[] {
  const isOpen = (key: string) => state.incidents[key] !== undefined;
  const ruled = new Set<string>();
  const found = rulesOf(state, policy, now).flatMap((rule): Finding[] => {
    const dedupKey = dedupKeyOf(state.cluster, keysOf(rule.key, state.standbys), policy.keySuffix, isOpen);
    ruled.add(dedupKey);
    const open = state.incidents[dedupKey];
    if (open === undefined && rule.shows === undefined) return [];
    const { severity, facts, since, seenFrom } = rule.tell();
    return [
      {
        ...{ dedupKey, facts, seenFrom, isOpen: open !== undefined },
        severity: open?.severity ?? rule.shows ?? severity,
        since: open?.openedAt ?? since,
      },
    ];
  });
  const others = Object.entries(state.incidents).filter(([key]) => !ruled.has(key));
  return [...found, ...others.map(([key, open]) => asTold(key, open))];
}

function asTold(dedupKey: string, { severity, facts, openedAt }: OpenIncident): Finding {
  return { dedupKey, severity, facts, since: openedAt, seenFrom: [], isOpen: true };
}
