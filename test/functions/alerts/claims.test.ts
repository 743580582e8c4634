// Who sends what, when, and how many at once; and what becomes of it.
import { describe, expect, it } from 'vitest';
import { claim, mostLesserUnderWay, mostUnderWay, takeOver } from '../../../functions/alerts/claims.ts';
import type { Settlement } from '../../../functions/alerts/delivery.ts';
import { enqueue } from '../../../functions/alerts/enqueue.ts';
import { emptyOutbox, type Outbox } from '../../../functions/alerts/outbox.ts';
import { settle as settleAs } from '../../../functions/alerts/settle.ts';
import { maxDead } from '../../../functions/alerts/shed.ts';
import { brief, headOf, hourMs, ids, leaseMs, put, retry, settle, t0, take, watch } from './outbox-steps.ts';
import { fieldsOf } from './sample.ts';

describe('claim', () => {
  const opened = put(emptyOutbox, 'trigger', 'a');

  it('keeps what it gives from others until the lease ends', () => {
    const first = take(opened, t0);
    expect(first.deliveries.map((one) => one.id)).toEqual(ids(opened, t0));
    expect(take(first.outbox, t0 + leaseMs - 1).deliveries).toEqual([]);
    expect(take(first.outbox, t0 + leaseMs).deliveries).toHaveLength(1);
    const sent = settleAs(first.outbox, headOf(opened, t0), watch, { status: 'delivered' }, t0 + 1);
    expect(sent.pending).toEqual([]);
  });

  it('lasts as long as its channel takes', () => {
    const both = put(emptyOutbox, 'trigger', 'a', t0, 0, ['quick', 'slow']);
    const { outbox } = claim(both, watch, (channel) => (channel === 'slow' ? 60_000 : 5_000), t0);
    expect(brief(outbox, t0 + 5_000)).toEqual(['quick trigger a']);
    expect(brief(outbox, t0 + 60_000)).toEqual(['quick trigger a', 'slow trigger a']);
  });

  it('is taken over at once by the next life of the same seat, and by nobody else', () => {
    const { outbox } = take(opened, t0);
    expect(take(takeOver(outbox, watch), t0).deliveries).toEqual([]);
    expect(take(takeOver(outbox, { seat: 'command', life: 'two' }), t0).deliveries).toEqual([]);
    expect(take(takeOver(outbox, { seat: 'watch', life: 'two' }), t0).deliveries).toHaveLength(1);
    const byHand = take(opened, t0, { seat: 'command', life: 'three' });
    expect(take(takeOver(byHand.outbox, { seat: 'watch', life: 'two' }), t0).deliveries).toEqual([]);
  });

  it('does not shorten a wait that the receiver asked for', () => {
    const busy = settle(opened, headOf(opened, t0), { status: 'retry', reason: '429', afterMs: 600_000 }, t0);
    expect(ids(takeOver(busy, { seat: 'watch', life: 'two' }), t0 + 599_999)).toEqual([]);
  });

  it('is not ended by a life that does not hold it any more, unless that one delivered', () => {
    const id = headOf(opened, t0);
    const old = take(opened, t0).outbox;
    const next = take(takeOver(old, { seat: 'watch', life: 'two' }), t0, { seat: 'watch', life: 'two' }).outbox;
    expect(settleAs(next, id, watch, { status: 'rejected', reason: '404' }, t0 + 1)).toBe(next);
    expect(settleAs(next, id, watch, retry, t0 + 1)).toBe(next);
    expect(settleAs(next, id, watch, { status: 'delivered' }, t0 + 1).pending).toEqual([]);
  });

  it('gives a critical page a place at once, however many warnings are under way and wait', () => {
    let outbox: Outbox = emptyOutbox;
    for (let i = 0; i < 64; i++)
      outbox = enqueue(outbox, 'trigger', fieldsOf(`k${i}`, { severity: 'warning' }), ['oncall'], t0).outbox;
    const first = take(outbox, t0);
    expect(first.deliveries).toHaveLength(mostLesserUnderWay);
    const paged = put(first.outbox, 'trigger', 'outage', t0 + 1);
    expect(take(paged, t0 + 1).deliveries.map(({ alert }) => alert.dedupKey)).toEqual(['outage']);
    const many = Array.from({ length: 9 }, (_, i) => `outage ${i}`).reduce(
      (box, key) => put(box, 'trigger', key),
      outbox,
    );
    expect(take(many, t0).deliveries.map(({ alert }) => alert.severity)).toEqual(
      Array.from({ length: mostUnderWay }, () => 'critical'),
    );
  });

  it('counts the places of each channel for itself', () => {
    let outbox: Outbox = emptyOutbox;
    for (let i = 0; i < 9; i++) outbox = put(outbox, 'trigger', `k${i}`, t0, 0, ['hung']);
    const hung = take(outbox, t0).outbox;
    expect(
      take(put(hung, 'trigger', 'a', t0, 0, ['hung', 'chat']), t0).deliveries.map(({ channel }) => channel),
    ).toEqual(['chat']);
  });

  it('takes what stands before a critical page of the same incident for as urgent', () => {
    let outbox: Outbox = emptyOutbox;
    for (let i = 0; i < 9; i++)
      outbox = enqueue(outbox, 'trigger', fieldsOf(`k${i}`, { severity: 'warning' }), ['oncall'], t0).outbox;
    outbox = enqueue(outbox, 'trigger', fieldsOf('a', { severity: 'warning' }), ['oncall'], t0).outbox;
    outbox = enqueue(outbox, 'resolve', fieldsOf('a', { severity: 'warning' }), ['oncall'], t0).outbox;
    outbox = put(outbox, 'trigger', 'a');
    expect(take(outbox, t0).deliveries[0]?.alert).toMatchObject({ dedupKey: 'a', severity: 'warning' });
  });
});

describe('settle', () => {
  it('waits longer after each failure, up to a limit', () => {
    let outbox = put(emptyOutbox, 'trigger', 'a');
    const waits: number[] = [];
    for (let now = t0, i = 0; i < 11; i++) {
      outbox = settle(outbox, headOf(outbox, now), { status: 'retry', reason: 'busy' }, now);
      const next = outbox.pending[0]?.notBefore ?? 0;
      waits.push((next - now) / 1000);
      now = next;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    expect(outbox.pending[0]).toMatchObject({ failures: 11, lastFailure: 'busy' });
  });

  it('waits as long as the receiver asks, but an hour at most and never less than its own backoff', () => {
    const outbox = put(emptyOutbox, 'trigger', 'a');
    const waitFor = (afterMs: number) =>
      (settle(outbox, headOf(outbox, t0), { status: 'retry', reason: 'busy', afterMs }, t0).pending[0]?.notBefore ??
        0) - t0;
    expect([waitFor(0), waitFor(7000), waitFor(10 * hourMs)]).toEqual([1000, 7000, hourMs]);
  });

  it('gives up after a day, and keeps what died where it can be seen', () => {
    const outbox = put(emptyOutbox, 'trigger', 'a');
    const id = headOf(outbox, t0);
    for (const failed of [retry, { status: 'rejected', reason: 'answered 403' } as const]) {
      const late = settle(outbox, id, failed, t0 + 24 * hourMs);
      expect(late).toMatchObject({ pending: [], deadTotal: 1, dead: [{ delivery: { id }, diedAt: t0 + 24 * hourMs }] });
      expect(late.dead[0]?.reason).toContain(failed.reason);
      expect(settle(outbox, id, failed, t0 + 24 * hourMs - 1).pending).toHaveLength(1);
    }
    const gone = { status: 'gone', reason: 'no channel' } as const;
    expect(settle(outbox, id, gone, t0)).toMatchObject({ pending: [], dead: [{ reason: 'no channel' }] });
  });

  it('tries again what was refused, slower', () => {
    let outbox = put(emptyOutbox, 'trigger', 'a');
    const waits: number[] = [];
    for (let now = t0, i = 0; i < 6; i++) {
      outbox = settle(outbox, headOf(outbox, now), { status: 'rejected', reason: 'answered 403' }, now);
      const next = outbox.pending[0]?.notBefore ?? 0;
      waits.push((next - now) / 60_000);
      now = next;
    }
    expect(waits).toEqual([1, 2, 4, 8, 15, 15]);
    expect(outbox.pending[0]).toMatchObject({ failures: 6, lastFailure: 'answered 403' });
  });

  describe('of a resolve', () => {
    const lateMs = 40 * 24 * hourMs;
    const resolveAfter = (result: Settlement) => {
      const opened = put(emptyOutbox, 'trigger', 'a');
      return put(settle(opened, headOf(opened, t0), result, t0), 'resolve', 'a', t0 + 1);
    };
    const rejected = { status: 'rejected', reason: 'answered 403' } as const;

    it('never gives up while its receiver shows the incident, or may', () => {
      const arrived = resolveAfter({ status: 'delivered' });
      for (const failed of [rejected, retry])
        expect(settle(arrived, headOf(arrived, t0 + 1), failed, t0 + lateMs).pending).toHaveLength(1);
      // No answer came to the trigger, and after a day it is given up: it may have arrived all the same.
      const unknown = resolveAfter(retry);
      const given = settle(unknown, headOf(unknown, t0 + lateMs), retry, t0 + lateMs);
      expect(given.dead).toHaveLength(1);
      expect(settle(given, headOf(given, t0 + lateMs), rejected, t0 + lateMs).pending).toHaveLength(1);
    });

    it('gives up after a day where its trigger was refused to the end: there it was never shown', () => {
      const refused = resolveAfter(rejected);
      const given = settle(refused, headOf(refused, t0 + lateMs), rejected, t0 + lateMs);
      expect(settle(given, headOf(given, t0 + lateMs), rejected, t0 + lateMs).pending).toEqual([]);
    });

    it('never gives up where the life that sent its trigger died on the way', () => {
      const opened = put(emptyOutbox, 'trigger', 'a');
      const next = { seat: 'watch', life: 'two' } as const;
      for (const left of [
        takeOver(take(opened, t0).outbox, next),
        take(take(opened, t0).outbox, t0 + leaseMs, next).outbox,
      ]) {
        const id = left.pending[0]?.id ?? '';
        const dead = settle(put(left, 'resolve', 'a', t0 + 1), id, rejected, t0 + lateMs);
        expect(settle(dead, headOf(dead, t0 + lateMs), rejected, t0 + lateMs).pending).toHaveLength(1);
      }
    });

    it('forgets the receiver when it has arrived', () => {
      const arrived = resolveAfter({ status: 'delivered' });
      expect(arrived.shown).toEqual({ a: ['oncall'] });
      const done = settle(arrived, headOf(arrived, t0 + 1), { status: 'delivered' }, t0 + 2);
      expect(done).toMatchObject({ pending: [], shown: {} });
    });
  });

  it('keeps a limited number of dead ones and counts them all', () => {
    let outbox: Outbox = emptyOutbox;
    for (let i = 0; i < maxDead + 3; i++) {
      outbox = put(outbox, 'trigger', `k${i}`);
      outbox = settle(outbox, headOf(outbox, t0), { status: 'gone', reason: 'no' }, t0);
    }
    expect([outbox.dead.length, outbox.deadTotal]).toEqual([maxDead, maxDead + 3]);
    expect(outbox.dead[0]?.delivery.alert.dedupKey).toBe('k3');
  });

  it('takes an id that is gone for settled', () => {
    const outbox = put(emptyOutbox, 'trigger', 'a');
    expect(settleAs(outbox, 'gone', watch, { status: 'delivered' }, t0)).toBe(outbox);
  });
});
