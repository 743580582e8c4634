import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { due, mostUnderWay } from '../../../functions/alerts/claims.ts';
import { enqueue } from '../../../functions/alerts/enqueue.ts';
import { emptyOutbox, type Outbox } from '../../../functions/alerts/outbox.ts';
import { parseOutbox } from '../../../functions/alerts/outbox-schema.ts';
import { maxPending } from '../../../functions/alerts/shed.ts';
import { brief, headOf, hourMs, ids, put, retry, settle, t0, take } from './outbox-steps.ts';
import { fieldsOf } from './sample.ts';

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

describe('an outbox that is full', () => {
  const fill = (outbox: Outbox, channel: string, count: number) =>
    Array.from({ length: count }, (_, i) => `f${i}`).reduce(
      (box, key) => put(box, 'trigger', key, t0, 0, [channel]),
      outbox,
    );

  it('takes the place from the channel for which the most waits', () => {
    const few = put(emptyOutbox, 'trigger', 'old', t0, 0, ['chat']);
    const full = fill(few, 'hung', maxPending + 5);
    expect(full.pending).toHaveLength(maxPending);
    expect(full.dead.map(({ delivery }) => delivery.channel)).toEqual(Array.from({ length: 6 }, () => 'hung'));
  });

  it('lets what is over and was never told go as one, and keeps what is open', () => {
    const some = put(
      put(fill(emptyOutbox, 'hung', maxPending - 2), 'trigger', 'short', t0, 0, ['hung']),
      'resolve',
      'short',
      t0,
      0,
      ['hung'],
    );
    const full = put(some, 'trigger', 'new', t0, 0, ['hung']);
    expect(full.dead.map(({ delivery: { alert } }) => `${alert.action} ${alert.dedupKey}`)).toEqual([
      'trigger short',
      'resolve short',
    ]);
    expect(full.pending).toHaveLength(maxPending - 1);
  });

  it('keeps the resolves of what receivers show, and what is being sent', () => {
    const keys = Array.from({ length: maxPending - 5 }, (_, i) => `f${i}`);
    let resolved: Outbox = { ...emptyOutbox, shown: Object.fromEntries(keys.map((key) => [key, ['hung']])) };
    for (const key of keys) resolved = put({ ...resolved, open: { [key]: 0 } }, 'resolve', key, t0, 0, ['hung']);
    const under = take(resolved, t0).outbox;
    const full = Array.from({ length: 9 }, (_, i) => `n${i}`).reduce(
      (box, key) => put(box, 'trigger', key, t0, 0, ['hung']),
      under,
    );
    expect(full.pending).toHaveLength(maxPending);
    expect(full.pending.filter(({ alert }) => alert.action === 'resolve')).toHaveLength(keys.length);
    expect(full.dead.map(({ delivery }) => delivery.alert.action)).toEqual(Array.from({ length: 4 }, () => 'trigger'));
    expect(full.pending.filter(({ claim }) => claim !== null)).toHaveLength(mostUnderWay);
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
    expect(brief(outbox, t0 + 1000)).toEqual(['chat trigger a', 'oncall trigger b', 'oncall resolve a']);
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
          if (kind === 'delivered') outbox = settle(outbox, head.id, { status: 'delivered' }, now);
          if (kind === 'rejected' || kind === 'retry')
            outbox = settle(outbox, head.id, { status: kind, reason: 'x' }, now);
        }
        for (const key of ['a', 'b']) {
          const of = (list: readonly string[]) => list.filter((one) => one.endsWith(key));
          const turns = of(raised).map((one, i) => one.startsWith(i % 2 === 0 ? 'trigger' : 'resolve'));
          expect(turns.every(Boolean)).toBe(true);
          const waiting = outbox.pending.filter((one) => one.alert.dedupKey === key).length;
          expect(of(got).length + waiting).toBe(of(raised).length);
          expect(of(got)).toEqual(of(raised).slice(0, of(got).length));
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
    const later = take(failed, t0 + 5 * hourMs).outbox;
    expect(ids(later, t0 + hourMs)).toHaveLength(1);
  });

  it('leaves what another process has claimed to it when clocks differ by seconds', () => {
    const claimed = take(put(emptyOutbox, 'trigger', 'a'), t0).outbox;
    expect(ids(claimed, t0 - 30_000)).toEqual([]);
  });
});
