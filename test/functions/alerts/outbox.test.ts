import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  claim,
  due,
  emptyOutbox,
  enqueue,
  maxDead,
  maxPending,
  type Outbox,
  settle,
} from '../../../functions/alerts/outbox.ts';
import { parseOutbox } from '../../../functions/alerts/outbox-schema.ts';
import { fieldsOf } from './sample.ts';

const t0 = 1_700_000_000_000;
const hourMs = 3_600_000;
const ids = (outbox: Outbox, now: number) => due(outbox, now).map((one) => one.id);
const brief = (outbox: Outbox, now: number) =>
  due(outbox, now).map((one) => `${one.channel} ${one.alert.action} ${one.alert.dedupKey}`);

const retry = { status: 'retry', reason: 'answered 500' } as const;

function put(
  outbox: Outbox,
  action: 'trigger' | 'resolve',
  key: string,
  now = t0,
  repeat = 0,
  channels = ['oncall'],
): Outbox {
  return enqueue(outbox, action, fieldsOf(key, { repeat }), channels, now).outbox;
}

function headOf(outbox: Outbox, now: number): string {
  return ids(outbox, now)[0] ?? 'nothing is due';
}

describe('enqueue', () => {
  it('puts one delivery in for each channel, each with an id of its own', () => {
    const outbox = put(emptyOutbox, 'trigger', 'a', t0, 0, ['oncall', 'chat']);
    expect(brief(outbox, t0)).toEqual(['oncall trigger a', 'chat trigger a']);
    expect(new Set(ids(outbox, t0)).size).toBe(2);
  });

  it('does not tell the same twice', () => {
    const once = put(emptyOutbox, 'trigger', 'a');
    const twice = enqueue(once, 'trigger', fieldsOf('a'), ['oncall'], t0 + 1);
    expect(twice).toEqual({ outbox: once, status: 'duplicate' });
    const delivered = settle(once, headOf(once, t0), { status: 'delivered' }, t0);
    expect(enqueue(delivered, 'trigger', fieldsOf('a'), ['oncall'], t0 + 1).status).toBe('duplicate');
  });

  it('tells a second incident under a key that was resolved', () => {
    const outbox = put(put(emptyOutbox, 'trigger', 'a'), 'resolve', 'a');
    expect(enqueue(outbox, 'trigger', fieldsOf('a'), ['oncall'], t0).status).toBe('queued');
  });

  it('resolves only what is open, and once', () => {
    expect(enqueue(emptyOutbox, 'resolve', fieldsOf('a'), ['oncall'], t0).status).toBe('duplicate');
    const resolved = put(put(emptyOutbox, 'trigger', 'a'), 'resolve', 'a');
    expect(enqueue(resolved, 'resolve', fieldsOf('a'), ['oncall'], t0).status).toBe('duplicate');
  });

  it('queues a reminder, but not behind a trigger that nobody has got yet', () => {
    const told = put(emptyOutbox, 'trigger', 'a', t0, 0, ['oncall', 'chat']);
    const half = settle(told, headOf(told, t0), { status: 'delivered' }, t0);
    const reminded = put(half, 'trigger', 'a', t0 + hourMs, 1, ['oncall', 'chat']);
    expect(brief(reminded, t0 + hourMs)).toEqual(['chat trigger a', 'oncall trigger a']);
    expect(reminded.pending.map((one) => one.alert.repeat)).toEqual([0, 1]);
    expect(enqueue(reminded, 'trigger', fieldsOf('a', { repeat: 1 }), ['oncall'], t0 + hourMs).status).toBe(
      'duplicate',
    );
  });

  it('lets the least important go when it is full, and shows it as dead', () => {
    let outbox: Outbox = emptyOutbox;
    for (let i = 0; i < maxPending; i++) {
      const severity = i === 500 ? 'info' : i === 400 ? 'warning' : 'critical';
      outbox = enqueue(outbox, 'trigger', fieldsOf(`k${i}`, { severity }), ['oncall'], t0).outbox;
    }
    expect(outbox.dead).toEqual([]);
    outbox = put(put(outbox, 'trigger', 'new one'), 'trigger', 'new two');
    expect(outbox.pending).toHaveLength(maxPending);
    expect(outbox.dead.map((one) => one.delivery.alert.dedupKey)).toEqual(['k500', 'k400']);
    expect(outbox.dead[0]?.reason).toContain(String(maxPending));
    outbox = put(outbox, 'trigger', 'new three');
    expect(outbox.dead.at(-1)?.delivery.alert.dedupKey).toBe('k0');
  });
});

describe('due', () => {
  it('never lets a resolve overtake its trigger, nor holds up other incidents and channels for it', () => {
    let outbox = put(emptyOutbox, 'trigger', 'a', t0, 0, ['oncall', 'chat']);
    outbox = put(outbox, 'resolve', 'a', t0, 0, ['oncall', 'chat']);
    outbox = put(outbox, 'trigger', 'b');
    expect(brief(outbox, t0)).toEqual(['oncall trigger a', 'chat trigger a', 'oncall trigger b']);
    outbox = settle(outbox, headOf(outbox, t0), { status: 'retry', reason: 'busy' }, t0);
    expect(brief(outbox, t0)).toEqual(['chat trigger a', 'oncall trigger b']);
    outbox = settle(outbox, headOf(outbox, t0 + 1000), { status: 'delivered' }, t0 + 1000);
    expect(brief(outbox, t0 + 1000)).toEqual(['chat trigger a', 'oncall resolve a', 'oncall trigger b']);
  });
});

describe('claim', () => {
  it('keeps what it gives from others until the lease ends', () => {
    const outbox = put(emptyOutbox, 'trigger', 'a');
    const first = claim(outbox, t0, 10_000);
    expect(first.deliveries.map((one) => one.id)).toEqual(ids(outbox, t0));
    expect(claim(first.outbox, t0 + 9_999, 10_000).deliveries).toEqual([]);
    expect(claim(first.outbox, t0 + 10_000, 10_000).deliveries).toHaveLength(1);
    expect(settle(first.outbox, headOf(outbox, t0), { status: 'delivered' }, t0 + 1).pending).toEqual([]);
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

  it('gives up after a day, or at once when rejected, and keeps what died where it can be seen', () => {
    const outbox = put(emptyOutbox, 'trigger', 'a');
    const id = headOf(outbox, t0);
    const late = settle(outbox, id, { status: 'retry', reason: 'busy' }, t0 + 24 * hourMs);
    expect(late).toMatchObject({ pending: [], deadTotal: 1, dead: [{ delivery: { id }, diedAt: t0 + 24 * hourMs }] });
    expect(late.dead[0]?.reason).toContain('busy');
    expect(settle(outbox, id, { status: 'retry', reason: 'busy' }, t0 + 24 * hourMs - 1).pending).toHaveLength(1);
    expect(settle(outbox, id, { status: 'rejected', reason: '401' }, t0)).toMatchObject({
      pending: [],
      dead: [{ reason: '401' }],
    });
  });

  it('keeps a limited number of dead ones and counts them all', () => {
    let outbox: Outbox = emptyOutbox;
    for (let i = 0; i < maxDead + 3; i++) {
      outbox = put(outbox, 'trigger', `k${i}`);
      outbox = settle(outbox, headOf(outbox, t0), { status: 'rejected', reason: 'no' }, t0);
    }
    expect([outbox.dead.length, outbox.deadTotal]).toEqual([maxDead, maxDead + 3]);
    expect(outbox.dead[0]?.delivery.alert.dedupKey).toBe('k3');
  });

  it('takes an id that is gone for settled', () => {
    const outbox = put(emptyOutbox, 'trigger', 'a');
    expect(settle(outbox, 'gone', { status: 'delivered' }, t0)).toBe(outbox);
  });
});

describe('the outbox as a whole', () => {
  const action = fc.record({
    kind: fc.constantFrom('trigger', 'resolve', 'delivered', 'retry', 'rejected', 'wait'),
    key: fc.constantFrom('a', 'b'),
  });

  it('gives every receiver triggers and resolves in turn, in order, whatever fails', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        let outbox: Outbox = emptyOutbox;
        let now = t0;
        const raised: string[] = [];
        const got: string[] = [];
        const lost: string[] = [];
        for (const { kind, key } of actions) {
          now += 1000;
          if (kind === 'wait') now += 60_000;
          if (kind === 'trigger' || kind === 'resolve') {
            const next = enqueue(outbox, kind, fieldsOf(key), ['oncall'], now);
            if (next.status === 'queued') raised.push(`${kind} ${key}`);
            outbox = next.outbox;
          }
          const head = due(outbox, now)[0];
          if (head === undefined) continue;
          const what = `${head.alert.action} ${head.alert.dedupKey}`;
          if (kind === 'delivered') got.push(what);
          if (kind === 'rejected') lost.push(what);
          if (kind === 'delivered') outbox = settle(outbox, head.id, { status: 'delivered' }, now);
          if (kind === 'rejected' || kind === 'retry')
            outbox = settle(outbox, head.id, { status: kind, reason: 'x' }, now);
        }
        for (const key of ['a', 'b']) {
          const of = (list: readonly string[]) => list.filter((one) => one.endsWith(key));
          const turns = of(raised).map((one, i) => one.startsWith(i % 2 === 0 ? 'trigger' : 'resolve'));
          expect(turns.every(Boolean)).toBe(true);
          const waiting = outbox.pending.filter((one) => one.alert.dedupKey === key).length;
          expect(of(got).length + of(lost).length + waiting).toBe(of(raised).length);
          if (of(lost).length === 0) expect(of(got)).toEqual(of(raised).slice(0, of(got).length));
        }
        expect(parseOutbox(JSON.parse(JSON.stringify(outbox)))).toEqual(outbox);
      }),
    );
  });

  it('names what it cannot read', () => {
    const wrong = { ...emptyOutbox, pending: [{ id: 7 }] };
    expect(() => parseOutbox(wrong)).toThrow(
      expect.objectContaining({ code: 'store', message: expect.stringContaining('pending.0.id') }),
    );
    expect(() => parseOutbox({ ...emptyOutbox, format: 2 })).toThrow(/format/);
  });
});

describe('a clock that is set back', () => {
  it('holds no page up that waits for another try', () => {
    const failed = settle(put(emptyOutbox, 'trigger', 'a'), headOf(put(emptyOutbox, 'trigger', 'a'), t0), retry, t0);
    expect(ids(failed, t0)).toEqual([]);
    expect(ids(failed, t0 - hourMs)).toHaveLength(1);
    const later = claim(failed, t0 + 5 * hourMs, 90_000).outbox;
    expect(ids(later, t0 + hourMs)).toHaveLength(1);
  });

  it('leaves what another process has claimed to it when clocks differ by seconds', () => {
    const claimed = claim(put(emptyOutbox, 'trigger', 'a'), t0, 90_000).outbox;
    expect(ids(claimed, t0 - 30_000)).toEqual([]);
  });
});
