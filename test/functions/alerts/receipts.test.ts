// What is kept of a delivery that arrived: the channel's memory of the incident, and whether its receiver has to be reminded.
import { describe, expect, it } from 'vitest';
import type { SendResult } from '../../../functions/alerts/delivery.ts';
import { enqueue } from '../../../functions/alerts/enqueue.ts';
import { mostAlone } from '../../../functions/alerts/groups.ts';
import { emptyOutbox, type Outbox } from '../../../functions/alerts/outbox.ts';
import { parseOutbox } from '../../../functions/alerts/outbox-schema.ts';
import { maxMemoryCharacters, maxReceipts, memoryOf } from '../../../functions/alerts/receipts.ts';
import type { Notice } from '../../../functions/model/notice.ts';
import { hourMs, put, settle, t0 } from './outbox-steps.ts';
import { fieldsOf } from './sample.ts';

const delivered = (memory?: string): SendResult =>
  memory === undefined ? { status: 'delivered' } : { status: 'delivered', memory };

/** What waits for the channel, settled one after the other. */
function settleAll(outbox: Outbox, channel: string, result: SendResult, now = t0): Outbox {
  const waiting = outbox.pending.filter((one) => one.channel === channel);
  return waiting.reduce((box, { id }) => settle(box, id, result, now), outbox);
}

function memoriesOf(outbox: Outbox): readonly string[] {
  return outbox.receipts.map(({ channel, dedupKey, memory }) => `${channel} ${dedupKey} ${memory}`);
}

const both = ['chat', 'pager'];

describe("a channel's memory of an incident", () => {
  const opened = put(emptyOutbox, 'trigger', 'a', t0, 0, both);
  const told = settleAll(opened, 'chat', delivered('thread 1'));

  it('is given with the next delivery of that incident through that channel, and with no other', () => {
    const next = put(put(told, 'resolve', 'a', t0, 0, both), 'trigger', 'b', t0, 0, both);
    const given = next.pending.map((one) => `${one.channel} ${one.alert.dedupKey} ${memoryOf(next, one)}`);
    expect(given).toEqual(['pager a ', 'chat a thread 1', 'pager a ', 'chat b ', 'pager b ']);
  });

  it('stays where nothing new is said, and is replaced where it is', () => {
    const reminded = put(told, 'trigger', 'a', t0 + hourMs, 1, both);
    expect(memoriesOf(settleAll(reminded, 'chat', delivered()))).toEqual(['chat a thread 1']);
    expect(memoriesOf(settleAll(reminded, 'chat', delivered('thread 2')))).toEqual(['chat a thread 2']);
    expect(memoriesOf(settleAll(reminded, 'chat', delivered('')))).toEqual(['chat a ']);
  });

  it('is untouched by what fails', () => {
    const reminded = put(told, 'trigger', 'a', t0 + hourMs, 1, both);
    for (const status of ['retry', 'rejected'] as const)
      expect(memoriesOf(settleAll(reminded, 'chat', { status, reason: 'no' }))).toEqual(['chat a thread 1']);
  });

  it('goes when the resolve is settled, not before', () => {
    const over = put(told, 'resolve', 'a', t0, 0, both);
    expect(memoriesOf(over)).toEqual(['chat a thread 1']);
    expect(memoriesOf(settleAll(over, 'chat', delivered('late')))).toEqual([]);
  });

  it('goes when the resolve is given up', () => {
    const [id = ''] = put(told, 'resolve', 'a', t0, 0, ['chat']).pending.flatMap((one) =>
      one.channel === 'chat' ? [one.id] : [],
    );
    const gone = settle(put(told, 'resolve', 'a', t0, 0, ['chat']), id, { status: 'gone', reason: 'no channel' }, t0);
    expect(memoriesOf(gone)).toEqual([]);
  });

  it('goes with the incident where the configuration has the channel no more', () => {
    expect(memoriesOf(put(told, 'resolve', 'a', t0, 0, ['pager']))).toEqual([]);
  });

  it('begins anew with the next incident under the same key', () => {
    const again = put(put(told, 'resolve', 'a', t0, 0, ['chat']), 'trigger', 'a', t0, 0, ['chat']);
    const resolved = settle(
      again,
      again.pending.find(({ alert }) => alert.action === 'resolve')?.id ?? '',
      delivered(),
      t0,
    );
    const next = resolved.pending.find(({ channel }) => channel === 'chat') ?? expect.fail();
    expect(memoryOf(resolved, next)).toBe('');
    expect(memoriesOf(settleAll(resolved, 'chat', delivered('thread 2')))).toEqual(['chat a thread 2']);
  });

  it('is stored with the outbox, and an outbox of before has none', () => {
    expect(parseOutbox(JSON.parse(JSON.stringify(told)))).toEqual(told);
    const { receipts: _new, ...before } = told;
    expect(parseOutbox(JSON.parse(JSON.stringify(before))).receipts).toEqual([]);
  });

  it('is bounded, each and all together', () => {
    expect(memoriesOf(settleAll(opened, 'chat', delivered('x'.repeat(maxMemoryCharacters))))[0]).toContain('xxx');
    expect(memoriesOf(settleAll(opened, 'chat', delivered('x'.repeat(maxMemoryCharacters + 1))))).toEqual(['chat a ']);
    expect(memoriesOf(settleAll(opened, 'chat', delivered('\ud83d')))).toEqual(['chat a \ufffd']);
    let many: Outbox = emptyOutbox;
    for (let i = 0; i < maxReceipts + 5; i++)
      many = settleAll(put(many, 'trigger', `k${i}`, t0, 0, ['chat']), 'chat', delivered());
    expect(many.receipts).toHaveLength(maxReceipts);
    expect(many.receipts.at(-1)?.dedupKey).toBe(`k${maxReceipts + 4}`);
  });

  it('is of a channel that every object has a member of', () => {
    const odd = put(emptyOutbox, 'trigger', 'a', t0, 0, ['constructor']);
    expect(odd.pending.map((one) => memoryOf(odd, one))).toEqual(['']);
  });
});

describe('a receiver that reminds by itself', () => {
  const remind = (outbox: Outbox, changes: Partial<Notice> = {}, key = 'a') =>
    enqueue(outbox, 'trigger', fieldsOf(key, { repeat: 1, ...changes }), both, t0 + hourMs, new Set(['pager'])).outbox;
  const waiting = ({ pending }: Outbox) =>
    pending.map(({ channel, alert }) => `${channel} ${alert.severity} ${alert.repeat}`);
  const opened = put(emptyOutbox, 'trigger', 'a', t0, 0, both);
  const told = both.reduce((box, channel) => settleAll(box, channel, delivered()), opened);

  it('is not reminded, and hears of the end', () => {
    const reminded = remind(told);
    expect(waiting(reminded)).toEqual(['chat critical 1']);
    const over = put(settleAll(reminded, 'chat', delivered()), 'resolve', 'a', t0, 0, both);
    expect(over.pending.map(({ channel, alert }) => `${channel} ${alert.action}`)).toEqual([
      'chat resolve',
      'pager resolve',
    ]);
  });

  it('is reminded where the incident has another severity now, until it has taken that', () => {
    const worse = remind(told, { severity: 'warning' });
    expect(waiting(worse)).toEqual(['chat warning 1', 'pager warning 1']);
    const taken = settleAll(worse, 'pager', delivered());
    expect(waiting(remind(taken, { severity: 'warning', repeat: 2 }))).toEqual(['chat warning 1']);
    const died = settleAll(worse, 'pager', { status: 'retry', reason: '500' }, t0 + 26 * hourMs);
    expect(died.dead).toHaveLength(1);
    expect(waiting(remind(died, { severity: 'warning', repeat: 2 }))).toEqual(['chat warning 1', 'pager warning 2']);
  });

  it('is reminded where it never took the incident: given up, or a channel that is new', () => {
    const died = settleAll(opened, 'pager', { status: 'rejected', reason: '403' }, t0 + 25 * hourMs);
    expect(waiting(remind(died))).toEqual(['chat critical 0', 'pager critical 1']);
    const alone = settleAll(put(emptyOutbox, 'trigger', 'a', t0, 0, ['chat']), 'chat', delivered());
    expect(waiting(remind(alone))).toEqual(['chat critical 1', 'pager critical 1']);
  });

  it('is not reminded of a group, and hears of who joins it', () => {
    const keys = Array.from({ length: mostAlone + 2 }, (_, i) => `prod/dns/10.0.0.${i + 1}:53`);
    const raise = (box: Outbox, key: string) =>
      enqueue(box, 'trigger', fieldsOf(key, { severity: 'warning' }), both, t0, new Set(['pager'])).outbox;
    const grouped = keys.slice(0, -1).reduce(raise, emptyOutbox);
    expect(Object.keys(grouped.groups)).toEqual(['prod/dns/*']);
    const all = both.reduce((box, channel) => settleAll(box, channel, delivered()), grouped);
    const member = keys.at(-2) ?? '';
    expect(waiting(remind(all, { severity: 'warning' }, member))).toEqual(['chat warning 1']);
    // Eight more that wait, so that the next one joins the group.
    const more = keys.slice(0, mostAlone).reduce((box, key) => raise(box, `${key}0`), all);
    const joined = raise(more, `${member}1`);
    const groupTold = joined.pending.filter(({ alert }) => alert.dedupKey === 'prod/dns/*');
    expect(groupTold.map(({ channel }) => channel)).toEqual(both);
  });
});
