// A receiver that takes one alert after the other, slowly, and 64 warnings before the page that matters.
import { describe, expect, it } from 'vitest';
import type { Delivery, SendResult } from '../../functions/alerts/delivery.ts';
import { enqueue } from '../../functions/alerts/enqueue.ts';
import { readRecord, updateRecord } from '../../functions/tasks/cluster/record.ts';
import { watch } from '../../functions/tasks/loop/run-loop.ts';
import { createFakeCluster } from '../fakes/cluster.ts';
import { createVirtualClock } from '../fakes/virtual-clock.ts';
import { fieldsOf } from '../functions/alerts/sample.ts';

const eachMs = 640;
const warnings = 64;

async function pagedAfterMs(keyOf: (i: number) => string) {
  const clock = createVirtualClock();
  const fake = createFakeCluster({ clock });
  const arrivals: string[] = [];
  let freeAt = 0;
  const send = async ({ alert }: Delivery): Promise<SendResult> => {
    freeAt = Math.max(freeAt, clock.now()) + eachMs;
    await clock.sleep(freeAt - clock.now());
    arrivals.push(alert.dedupKey);
    return { status: 'delivered' };
  };
  const ports = { ...fake.ports, channels: [{ id: 'oncall', timeoutMs: 60_000, repeats: 'outbox' as const, send }] };
  const stop = new AbortController();
  const raise = (keys: readonly string[], severity: 'critical' | 'warning') =>
    updateRecord(ports, (record) => {
      const put = (outbox: typeof record.outbox, key: string) =>
        enqueue(outbox, 'trigger', fieldsOf(key, { severity }), ['oncall'], clock.now()).outbox;
      return { ...record, outbox: keys.reduce(put, record.outbox) };
    });
  await raise(
    Array.from({ length: warnings }, (_, i) => keyOf(i)),
    'warning',
  );
  const watching = watch(ports, { onActivity: () => {}, onFault: expect.fail }, stop.signal);
  await clock.advance(1_000);
  await raise(['prod/outage'], 'critical');
  const from = clock.now();
  while (!arrivals.includes('prod/outage')) await clock.advance(100);
  const tookMs = clock.now() - from;
  await clock.advance(120_000);
  expect((await readRecord(ports)).record.outbox).toMatchObject({ pending: [], dead: [] });
  stop.abort();
  await clock.advance(10_000);
  await watching;
  return { tookMs, arrivals };
}

describe('a critical page behind 64 warnings, with a slow receiver', () => {
  /** The next look at the outbox, those on their way before it, and itself. */
  const mostMs = 1_000 + 4 * eachMs;

  it.each([
    ['of one kind', (i: number) => `prod/dns/10.0.0.${i}:53`],
    ['of many kinds', (i: number) => `prod/kind-${i}/x`],
  ])('goes at once: warnings %s', async (what, keyOf) => {
    const { tookMs, arrivals } = await pagedAfterMs(keyOf);
    console.log(`${warnings} warnings ${what}: the page took ${tookMs} ms; ${arrivals.length} deliveries in all`);
    expect(tookMs).toBeLessThanOrEqual(mostMs);
  });
});
