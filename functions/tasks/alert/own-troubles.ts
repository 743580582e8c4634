// Faults of Lifeboat itself, as incidents. It decides nothing: whoever has a trouble says so through the ports. The words are in
// functions/alerts/catalogue/lifeboat.ts.

import { noticeOf } from '../../alerts/catalogue/notice.ts';
import { failingAmong } from '../../alerts/failing.ts';
import type { Outbox } from '../../alerts/outbox.ts';
import { dedupKeyOf, incidentOfKey, keySuffixOf } from '../../decision/incidents/key.ts';
import type { Facts } from '../../model/incident.ts';
import type { Notice } from '../../model/notice.ts';
import type { Severity } from '../../model/severity.ts';
import type { ClusterPorts } from '../cluster/ports.ts';

/** A fault of Lifeboat itself, or that there is none any more. */
export interface OwnTrouble {
  /** The dedup key behind the cluster's id. */
  readonly key: 'store' | 'watch' | 'removed' | `channel/${string}`;
  readonly facts: Facts<'store' | 'watch' | 'removed' | 'channel'>;
  readonly isOver: boolean;
  readonly severity: Severity;
}

export function ownTroubles(ports: ClusterPorts): readonly OwnTrouble[] {
  const store = ports.storeTrouble?.();
  return [
    {
      key: 'store',
      facts: { kind: 'store', what: store ?? '' },
      isOver: store === undefined,
      severity: 'critical',
    },
    watchTroubleOf(ports),
    // Told by functions/tasks/cluster/retire.ts; here it is over, since somebody watches.
    {
      key: 'removed',
      facts: { kind: 'removed', activation: 0, reason: '', frozen: [] },
      isOver: true,
      severity: 'critical',
    },
  ];
}

export function watchTroubleOf(ports: ClusterPorts): OwnTrouble {
  const trouble = ports.watchTrouble?.();
  return {
    key: 'watch',
    facts: { kind: 'watch', what: trouble?.what ?? '', isStopped: trouble?.kind === 'stopped' },
    isOver: trouble?.what === undefined,
    severity: 'critical',
  };
}

/** A channel that takes nothing, and to whom that can be told; `receivers` is never empty. */
export interface ChannelTrouble {
  readonly trouble: OwnTrouble;
  readonly receivers: readonly string[];
}

/** The channel itself is not told, nor is another one that takes nothing. */
export function channelTroubles(
  { cluster, channels }: ClusterPorts,
  outbox: Outbox,
  now: number,
): readonly ChannelTrouble[] {
  const ids = channels.map(({ id }) => id);
  const failing = failingAmong(outbox, ids, now);
  const told = ids.flatMap((id): ChannelTrouble[] => {
    const one = failing.get(id);
    const receivers = ids.filter((other) => !failing.has(other));
    return one === undefined || receivers.length === 0
      ? []
      : [{ trouble: channelTrouble(id, one.reason, outbox), receivers }];
  });
  // What is open and fails no more, whether or not the configuration still has it. Not while something waits that it did not take: it may take
  // all else, and would be said to fail and to be well with each in turn.
  const isOwed = (id: string) => outbox.pending.some(({ channel, failures }) => channel === id && failures > 0);
  const prefix = 'channel/';
  const over = Object.keys(outbox.open).flatMap((dedupKey): ChannelTrouble[] => {
    const key = incidentOfKey(cluster.id, dedupKey);
    const id = key.slice(prefix.length);
    if (!key.startsWith(prefix) || failing.has(id) || isOwed(id)) return [];
    return [{ trouble: channelTrouble(id, undefined, outbox), receivers: knowing(outbox, dedupKey) }];
  });
  return [...told, ...over];
}

/** Who was told of it, or is about to be. */
function knowing({ shown, pending }: Outbox, dedupKey: string): readonly string[] {
  const waiting = pending.filter(({ alert }) => alert.dedupKey === dedupKey).map(({ channel }) => channel);
  return [...new Set([...(shown[dedupKey] ?? []), ...waiting])];
}

function channelTrouble(id: string, what: string | undefined, { pending }: Outbox): OwnTrouble {
  const waiting = pending.filter(({ channel }) => channel === id).map(({ alert }) => alert.severity);
  const critical = waiting.filter((severity) => severity === 'critical').length;
  return {
    key: `channel/${id}`,
    facts: { kind: 'channel', channel: id, what: what ?? '', waiting: waiting.length, critical },
    isOver: what === undefined,
    // Where nothing critical waits nobody needs to be woken: what is critical reaches the other channels by itself.
    severity: critical > 0 ? 'critical' : 'warning',
  };
}

/** Told as any other, under a key of this deployment; the outbox knows whether it is news. */
export function ownNotice(
  { cluster: { id: cluster }, config }: Pick<ClusterPorts, 'cluster' | 'config'>,
  { key, facts, isOver, severity }: OwnTrouble,
  now: number,
  open: Outbox['open'] = {},
): Notice {
  // `removed` is told by whoever has no configuration of the cluster any more.
  const suffix = key === 'removed' ? '' : keySuffixOf(config.writer);
  const dedupKey = dedupKeyOf(cluster, [key], suffix, (one) => one in open);
  return noticeOf({
    ...{ dedupKey, cluster, severity, facts, since: now, seenFrom: [], evidence: [], at: now, repeat: 0 },
    ...(isOver ? { over: { toldAt: now } } : {}),
  });
}
