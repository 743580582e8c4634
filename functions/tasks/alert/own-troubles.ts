// Faults of Lifeboat itself, in the words of an alert. It decides nothing: whoever has a trouble says so through the ports.

import { failingAmong } from '../../alerts/failing.ts';
import type { Outbox } from '../../alerts/outbox.ts';
import { dedupKeyOf, incidentOfKey, keySuffixOf } from '../../decision/incidents/key.ts';
import type { Notice } from '../../model/notice.ts';
import type { Severity } from '../../model/severity.ts';
import type { ClusterPorts } from '../cluster/ports.ts';

/** A fault of Lifeboat itself; `what` undefined: there is none any more. */
export interface OwnTrouble {
  /** The dedup key behind the cluster's id. */
  readonly key: 'store' | 'watch' | 'removed' | `channel/${string}`;
  readonly what: string | undefined;
  readonly isWrong: string;
  readonly isRight: string;
  readonly did: string;
  readonly next: string;
  readonly severity: Severity;
}

export function ownTroubles(ports: ClusterPorts): readonly OwnTrouble[] {
  const { id } = ports.cluster;
  return [
    {
      key: 'store',
      what: ports.storeTrouble?.(),
      isWrong: 'Lifeboat cannot store its state',
      isRight: 'Lifeboat stores its state again',
      did: 'Goes on with its state in memory. A restart before it is stored forgets what happened since.',
      next: `make room, or give the store back, then npx lifeboat status --cluster ${id}`,
      severity: 'critical',
    },
    watchTroubleOf(ports),
    // Told by functions/tasks/cluster/retire.ts; here it is over, since somebody watches.
    {
      key: 'removed',
      what: undefined,
      isWrong: 'the configuration does not have this cluster any more',
      isRight: 'the configuration has this cluster again, and it is watched',
      did: 'Stopped watching it.',
      next: 'put it back',
      severity: 'critical',
    },
  ];
}

export function watchTroubleOf(ports: ClusterPorts): OwnTrouble {
  const { id } = ports.cluster;
  const trouble = ports.watchTrouble?.();
  const shared = {
    key: 'watch',
    what: trouble?.what,
    isRight: 'Lifeboat watches without a break again',
    severity: 'critical',
  } as const;
  if (trouble?.kind === 'stopped') {
    return {
      ...shared,
      isWrong: 'Lifeboat does not watch this cluster',
      did: 'Nothing is looked at, captured or published until this is mended. What the standby holds stays as it is.',
      next: `npx lifeboat deploy check; a secret is set with npx wrangler secret put NAME; then npx lifeboat status --remote --cluster ${id}`,
    };
  }
  return {
    ...shared,
    isWrong: 'Lifeboat had stopped watching',
    did: 'The backstop started it again. What happened in between was not seen.',
    next: `npx lifeboat status --cluster ${id}, then look into the logs of the Worker`,
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
      : [{ trouble: channelTrouble(cluster.id, id, one.reason, outbox), receivers }];
  });
  // What is open and fails no more, whether or not the configuration still has it. Not while something waits that it did not take: it may take
  // all else, and would be said to fail and to be well with each in turn.
  const isOwed = (id: string) => outbox.pending.some(({ channel, failures }) => channel === id && failures > 0);
  const prefix = 'channel/';
  const over = Object.keys(outbox.open).flatMap((dedupKey): ChannelTrouble[] => {
    const key = incidentOfKey(cluster.id, dedupKey);
    const id = key.slice(prefix.length);
    if (!key.startsWith(prefix) || failing.has(id) || isOwed(id)) return [];
    return [{ trouble: channelTrouble(cluster.id, id, undefined, outbox), receivers: knowing(outbox, dedupKey) }];
  });
  return [...told, ...over];
}

/** Who was told of it, or is about to be. */
function knowing({ shown, pending }: Outbox, dedupKey: string): readonly string[] {
  const waiting = pending.filter(({ alert }) => alert.dedupKey === dedupKey).map(({ channel }) => channel);
  return [...new Set([...(shown[dedupKey] ?? []), ...waiting])];
}

function channelTrouble(cluster: string, id: string, what: string | undefined, { pending }: Outbox): OwnTrouble {
  const waiting = pending.filter(({ channel }) => channel === id).map(({ alert }) => alert.severity);
  const critical = waiting.filter((severity) => severity === 'critical').length;
  return {
    key: `channel/${id}`,
    what,
    isWrong: `alerts do not reach ${id}`,
    isRight: `alerts reach ${id} again`,
    did: `Goes on trying: ${waiting.length} wait for ${id}, ${critical} of them critical. The other channels are told everything as before.`,
    next: `tell whoever is paged through ${id} yourself; repair it, then npx lifeboat alerts test --channel ${id} --cluster ${cluster}`,
    // Where nothing critical waits nobody needs to be woken: what is critical reaches the other channels by itself.
    severity: critical > 0 ? 'critical' : 'warning',
  };
}

/** Told as any other, under a key of this deployment; the outbox knows whether it is news. */
export function ownNotice(
  { cluster: { id: cluster }, config }: Pick<ClusterPorts, 'cluster' | 'config'>,
  { key, what, isWrong, isRight, did, next, severity }: OwnTrouble,
  now: number,
  open: Outbox['open'] = {},
): Notice {
  const isOver = what === undefined;
  // `removed` is told by whoever has no configuration of the cluster any more.
  const suffix = key === 'removed' ? '' : keySuffixOf(config.writer);
  return {
    dedupKey: dedupKeyOf(cluster, [key], suffix, (dedupKey) => dedupKey in open),
    cluster,
    severity,
    summary: `[${cluster}] ${isOver ? isRight : `${isWrong}: ${what}`}`,
    whatIsWrong: what ?? 'Nothing any more.',
    since: now,
    seenFrom: [],
    whatLifeboatDid: isOver ? 'Goes on as before.' : did,
    whatToRunNext: isOver ? 'Nothing.' : next,
    at: now,
    repeat: 0,
  };
}
