// Alerts: from the machine's notices into the stored outbox, and from there to the channels. A hung channel holds up no other.

import { createAlert } from '../alerts/alert.ts';
import type { Delivery, SendResult } from '../alerts/delivery.ts';
import { claim, enqueue, type Outbox, settle } from '../alerts/outbox.ts';
import type { Effect, Notice } from '../decision/effect.ts';
import { readRecord, updateRecord } from './cluster-record.ts';
import type { ClusterPorts } from './ports.ts';

/** How long a delivery that was taken stays with whoever took it: longer than any channel's deadline (60 s). */
const leaseMs = 90_000;
const dayMs = 86_400_000;

/** The outbox with the pages and resolves among `effects` put in, and Lifeboat's own troubles, for every channel. */
export function addNotices(ports: ClusterPorts, outbox: Outbox, effects: readonly Effect[], now: number): Outbox {
  const channels = ports.channels.map((channel) => channel.id);
  let next = outbox;
  for (const effect of effects) {
    if (effect.kind === 'page') next = enqueue(next, 'trigger', effect.notice, channels, now).outbox;
    if (effect.kind === 'resolve') next = enqueue(next, 'resolve', effect.notice, channels, now).outbox;
  }
  for (const trouble of ownTroubles(ports)) {
    const action = trouble.what === undefined ? 'resolve' : 'trigger';
    next = enqueue(next, action, ownNotice(ports.cluster.id, trouble, now), channels, now).outbox;
  }
  return next;
}

/** A fault of Lifeboat itself; `what` undefined: there is none any more. */
interface OwnTrouble {
  /** The dedup key behind the cluster's id. */
  readonly key: 'store' | 'watch';
  readonly what: string | undefined;
  readonly isWrong: string;
  readonly isRight: string;
  readonly did: string;
  readonly next: string;
}

function ownTroubles(ports: ClusterPorts): readonly OwnTrouble[] {
  const { id } = ports.cluster;
  return [
    {
      key: 'store',
      what: ports.storeTrouble?.(),
      isWrong: 'Lifeboat cannot store its state',
      isRight: 'Lifeboat stores its state again',
      did: 'Goes on with its state in memory. A restart before it is stored forgets what happened since.',
      next: `make room, or give the store back, then npx lifeboat status --cluster ${id}`,
    },
    watchTroubleOf(ports),
  ];
}

function watchTroubleOf(ports: ClusterPorts): OwnTrouble {
  const { id } = ports.cluster;
  const trouble = ports.watchTrouble?.();
  const shared = { key: 'watch', what: trouble?.what, isRight: 'Lifeboat watches without a break again' } as const;
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

/** Told as any other; the outbox knows whether it is news. */
function ownNotice(cluster: string, { key, what, isWrong, isRight, did, next }: OwnTrouble, now: number): Notice {
  const isOver = what === undefined;
  return {
    dedupKey: `${cluster}/${key}`,
    cluster,
    severity: 'critical',
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

/**
 * Tells every channel of the watch's own trouble without the outbox: for when the record, and the outbox with it, cannot be read or written.
 * Once a day under one id, which receivers and the pager object know again.
 */
export async function tellWithoutOutbox(ports: ClusterPorts): Promise<void> {
  const now = ports.clock.now();
  const notice = ownNotice(ports.cluster.id, watchTroubleOf(ports), now);
  const alert = createAlert('trigger', notice);
  const id = `${ports.cluster.id}-watch-${Math.floor(now / dayMs)}`;
  const sends = ports.channels.map((channel) =>
    channel.send({ id, channel: channel.id, alert, enqueuedAt: now, failures: 0, notBefore: now, lastFailure: '' }),
  );
  await Promise.all(sends);
}

/** Sends what is due, all channels at the same time, and stores how it went. */
export async function deliverDue(ports: ClusterPorts): Promise<void> {
  const { record } = await readRecord(ports);
  if (claim(record.outbox, ports.clock.now(), leaseMs).deliveries.length === 0) return;
  let taken: readonly Delivery[] = [];
  await updateRecord(ports, (current) => {
    const claimed = claim(current.outbox, ports.clock.now(), leaseMs);
    taken = claimed.deliveries;
    return { ...current, outbox: claimed.outbox };
  });
  let turn: Promise<unknown> = Promise.resolve();
  await Promise.all(
    taken.map(async (delivery) => {
      const result = await send(ports, delivery);
      // One after the other: at the same time each would have to be faster than all the rest.
      const settled = turn.then(() =>
        updateRecord(ports, (current) => ({
          ...current,
          outbox: settle(current.outbox, delivery.id, result, ports.clock.now()),
        })),
      );
      turn = settled.catch(() => {});
      await settled;
    }),
  );
}

async function send(ports: ClusterPorts, delivery: Delivery): Promise<SendResult> {
  const channel = ports.channels.find((candidate) => candidate.id === delivery.channel);
  if (channel !== undefined) return channel.send(delivery);
  return { status: 'rejected', reason: `the configuration has no channel "${delivery.channel}" any more` };
}
