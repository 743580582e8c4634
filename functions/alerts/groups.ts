// Warnings of one kind told as one: when many of them wait (a whole node of replicas is gone), the rest joins a group, which is an incident of its
// own at the receivers. Pure. What is critical is never in a group.
import { clip } from '../lib/clip.ts';
import type { Alert } from './alert.ts';
import type { Group, Outbox } from './outbox.ts';

/** So many warnings of one kind may wait one by one. */
export const mostAlone = 8;
const maxMemberCharacters = 200;

/** Whose incident it is, where two deployments watch one cluster: the end of its key. */
const writerEnd = /@[a-z0-9._-]{1,63}$/;

/**
 * `prod/dns/*` of `prod/dns/10.0.0.10:53`, `prod/dns/*@edge` of `prod/dns/10.0.0.10:53@edge`; undefined: an incident of which there is one
 * only.
 */
export function groupKeyOf({ dedupKey, cluster }: Pick<Alert, 'dedupKey' | 'cluster'>): string | undefined {
  const writer = writerEnd.exec(dedupKey)?.[0] ?? '';
  const end = dedupKey.lastIndexOf('/', dedupKey.length - writer.length - 1);
  return end > cluster.length && dedupKey.startsWith(`${cluster}/`)
    ? `${dedupKey.slice(0, end)}/*${writer}`
    : undefined;
}

function kindOf(groupKey: string, { cluster }: Pick<Alert, 'cluster'>): string {
  return groupKey.slice(cluster.length + 1, groupKey.lastIndexOf('/*'));
}

/** The group that tells this incident now. */
export function groupOf({ groups }: Outbox, alert: Alert): string | undefined {
  const key = groupKeyOf(alert);
  return key !== undefined && alert.dedupKey in (groups[key]?.members ?? {}) ? key : undefined;
}

/** Does a new incident join a group, rather than be told by itself? */
export function joins(outbox: Outbox, alert: Alert): string | undefined {
  const key = groupKeyOf(alert);
  if (key === undefined || alert.severity === 'critical') return undefined;
  const waiting = outbox.pending.filter(
    (one) => one.alert.action === 'trigger' && one.claim === null && groupKeyOf(one.alert) === key,
  );
  return new Set(waiting.map((one) => one.alert.dedupKey)).size >= mostAlone ? key : undefined;
}

/** With this alert of a member in it. Undefined: the group has told it already. */
export function withMember(group: Group | undefined, alert: Alert): Group | undefined {
  const known = group !== undefined && alert.dedupKey in group.members;
  if (known && alert.repeat <= group.reminded) return undefined;
  return {
    members: { ...group?.members, [alert.dedupKey]: clip(alert.summary, maxMemberCharacters) },
    repeat: group?.repeat ?? 0,
    reminded: Math.max(group?.reminded ?? 0, alert.repeat),
    since: group?.since ?? alert.since,
  };
}

/** Undefined: the last one is gone. */
export function withoutMember(group: Group, dedupKey: string): Group | undefined {
  const { [dedupKey]: _gone, ...members } = group.members;
  return Object.keys(members).length === 0 ? undefined : { ...group, members };
}

/** What the group says: in the words of the member that brings it about, and with the list of all. */
export function groupAlert(group: Group, groupKey: string, member: Alert): Alert {
  const summaries = Object.values(group.members);
  const kind = kindOf(groupKey, member);
  const more = summaries.length === 1 ? 'one more warning' : `${summaries.length} more warnings`;
  return {
    ...member,
    dedupKey: groupKey,
    summary: `[${member.cluster}] ${more} of the kind ${kind} at once`,
    whatIsWrong: summaries.join('\n'),
    since: group.since,
    whatLifeboatDid: `Tells the first ${mostAlone} one by one and these together, so that nothing waits behind them.`,
    repeat: group.repeat,
  };
}

export function groupResolve(group: Group, groupKey: string, member: Alert): Alert {
  const kind = kindOf(groupKey, member);
  return {
    ...member,
    dedupKey: groupKey,
    summary: `[${member.cluster}] the warnings of the kind ${kind} that were told together, the last of them: ${member.summary}`,
    since: group.since,
    repeat: group.repeat,
  };
}
