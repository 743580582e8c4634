// Sends a test alert through channels directly, past the outbox: what comes of it is told at once, and nothing is stored.
import { type Alert, createAlert } from '../../alerts/alert.ts';
import { noticeOf } from '../../alerts/catalogue/notice.ts';
import type { Channel } from '../../alerts/channels/channel.ts';
import { newDelivery, type SendResult } from '../../alerts/delivery.ts';
import type { Notice } from '../../model/notice.ts';
import type { ClusterPorts } from '../cluster/ports.ts';

export interface TestRequest {
  readonly severity: Alert['severity'];
  /** Between the trigger and its resolve. */
  readonly resolveAfterMs: number;
  /** Ends the wait early: the resolve is sent then. */
  readonly signal: AbortSignal;
}

/** How one channel took one of the two. `skipped`: the trigger was rejected, so that there is nothing to resolve. */
export type TestResult = { readonly channel: string; readonly action: Alert['action'] } & (
  | SendResult
  | { readonly status: 'skipped'; readonly reason: string }
);

/** Triggers through all channels at once, waits, resolves; `onResult` hears each as it comes. The key is the test's own. */
export async function sendTestAlerts(
  { cluster, clock }: Pick<ClusterPorts, 'cluster' | 'clock'>,
  channels: readonly Channel[],
  { severity, resolveAfterMs, signal }: TestRequest,
  onResult: (result: TestResult) => void,
): Promise<readonly TestResult[]> {
  const startedAt = clock.now();
  /** By channel: the resolve belongs to what the trigger began. */
  const memories = new Map<string, string>();
  const sendAll = (action: Alert['action'], skipped: ReadonlySet<string>) =>
    Promise.all(
      channels.map(async (channel): Promise<TestResult> => {
        const result: TestResult = skipped.has(channel.id)
          ? { channel: channel.id, action, status: 'skipped', reason: 'its trigger was rejected' }
          : { channel: channel.id, action, ...(await sendOne(channel, action)) };
        onResult(result);
        return result;
      }),
    );
  const sendOne = async (channel: Channel, action: Alert['action']): Promise<SendResult> => {
    const fields = testFields(cluster.id, action, severity, startedAt, clock.now());
    const id = `${cluster.id}-test-${startedAt.toString(36)}-${channel.id}-${action}`;
    const alert = createAlert(action, fields);
    const result = await channel.send(newDelivery(id, channel.id, alert, startedAt), memories.get(channel.id) ?? '');
    if (result.status !== 'delivered') return result;
    memories.set(channel.id, result.memory ?? '');
    return { status: 'delivered' };
  };
  const triggers = await sendAll('trigger', new Set());
  const rejected = new Set(triggers.filter(({ status }) => status === 'rejected').map(({ channel }) => channel));
  if (rejected.size < channels.length) await clock.sleep(resolveAfterMs, signal);
  // What may have arrived all the same (no answer in time) is resolved too: a test must leave nothing open.
  return [...triggers, ...(await sendAll('resolve', rejected))];
}

function testFields(
  cluster: string,
  action: Alert['action'],
  severity: Alert['severity'],
  startedAt: number,
  now: number,
): Notice {
  return noticeOf({
    dedupKey: `${cluster}/test/${startedAt.toString(36)}`,
    cluster,
    severity,
    facts: { kind: 'test' },
    since: startedAt,
    seenFrom: [],
    evidence: [],
    at: now,
    repeat: 0,
    ...(action === 'resolve' ? { over: { toldAt: startedAt } } : {}),
  });
}
