// Many warnings of one kind at once: the first ones alone, the rest as one incident that opens and closes with them.
import { describe, expect, it } from 'vitest';
import { enqueue } from '../../../functions/alerts/enqueue.ts';
import { groupKeyOf, mostAlone } from '../../../functions/alerts/groups.ts';
import { emptyOutbox, type Outbox } from '../../../functions/alerts/outbox.ts';
import { parseOutbox } from '../../../functions/alerts/outbox-schema.ts';
import type { Notice } from '../../../functions/model/notice.ts';
import { fieldsOf } from './sample.ts';

const t0 = 1_700_000_000_000;
const replicas = Array.from({ length: 64 }, (_, i) => `prod/dns/10.0.0.${i + 1}:53`);
const group = 'prod/dns/*';

function put(outbox: Outbox, action: 'trigger' | 'resolve', key: string, changes: Partial<Notice> = {}): Outbox {
  return enqueue(outbox, action, fieldsOf(key, { severity: 'warning', ...changes }), ['oncall'], t0).outbox;
}

const all = (outbox: Outbox, action: 'trigger' | 'resolve', changes: Partial<Notice> = {}) =>
  replicas.reduce((box, key) => put(box, action, key, changes), outbox);
const told = ({ pending }: Outbox) => pending.map(({ alert }) => `${alert.action} ${alert.dedupKey} ${alert.repeat}`);
const taken = (outbox: Outbox): Outbox => ({ ...outbox, pending: [] });

describe('many warnings of one kind', () => {
  it('are the first ones and one for the rest, which names them', () => {
    const outbox = all(emptyOutbox, 'trigger');
    expect(told(outbox)).toEqual([
      ...replicas.slice(0, mostAlone).map((key) => `trigger ${key} 0`),
      `trigger ${group} 0`,
    ]);
    const alert = outbox.pending.at(-1)?.alert;
    expect(alert).toMatchObject({ severity: 'warning', summary: '[prod] 56 more warnings of the kind dns at once' });
    for (const key of replicas.slice(mostAlone)) expect(alert?.whatIsWrong).toContain(`summary of ${key}`);
    expect(parseOutbox(JSON.parse(JSON.stringify(outbox)))).toEqual(outbox);
  });

  it('are told one by one where none waits, and beside other kinds', () => {
    const quick = replicas.reduce((box, key) => taken(put(box, 'trigger', key)), emptyOutbox);
    expect(quick.groups).toEqual({});
    expect(told(put(all(emptyOutbox, 'trigger'), 'trigger', 'prod/publish/knot'))).toContain(
      'trigger prod/publish/knot 0',
    );
  });

  it('are a group of their own in each deployment of one cluster', () => {
    expect(groupKeyOf({ cluster: 'prod', dedupKey: 'prod/dns/10.0.0.1:53@edge' })).toBe('prod/dns/*@edge');
    expect(groupKeyOf({ cluster: 'prod', dedupKey: 'prod/not-ready@edge' })).toBeUndefined();
    const outbox = replicas.reduce((box, key) => put(box, 'trigger', `${key}@edge`), emptyOutbox);
    expect(told(outbox).at(-1)).toBe('trigger prod/dns/*@edge 0');
    expect(outbox.pending.at(-1)?.alert.summary).toBe(
      `[prod] ${replicas.length - mostAlone} more warnings of the kind dns at once`,
    );
  });

  it('are over when the last one is', () => {
    const opened = taken(all(emptyOutbox, 'trigger'));
    const [last = '', ...others] = replicas.toReversed();
    const rest = others.reduce((box, key) => put(box, 'resolve', key), opened);
    expect(told(rest)).toHaveLength(mostAlone);
    expect(rest.shown).toEqual({});
    const over = put(rest, 'resolve', last);
    expect(told(over).at(-1)).toContain(`resolve ${group}`);
    expect(over).toMatchObject({ open: {}, groups: {} });
    expect(enqueue(over, 'resolve', fieldsOf(last), ['oncall'], t0).status).toBe('duplicate');
  });

  it('are reminded of once together', () => {
    const reminded = all(taken(all(emptyOutbox, 'trigger')), 'trigger', { repeat: 1 });
    expect(told(reminded).filter((words) => words.includes('/*'))).toHaveLength(1);
    const sent = taken(reminded);
    expect(told(put(sent, 'trigger', replicas[20] ?? '', { repeat: 1 }))).toEqual([]);
    expect(told(put(sent, 'trigger', replicas[20] ?? '', { repeat: 2 }))).toHaveLength(1);
  });

  it('let one that has become critical be told by itself', () => {
    const opened = taken(all(emptyOutbox, 'trigger'));
    const [, , worse = ''] = replicas.toReversed();
    const outbox = put(opened, 'trigger', worse, { severity: 'critical', repeat: 1 });
    expect(told(outbox)).toEqual([`trigger ${worse} 1`]);
    expect(told(put(taken(outbox), 'resolve', worse))).toEqual([`resolve ${worse} 0`]);
  });

  it('is a matter of kinds that there can be many of, and of no critical one', () => {
    expect(groupKeyOf({ cluster: 'prod', dedupKey: 'prod/credential/dns/10.0.0.1:53' })).toBe('prod/credential/dns/*');
    expect(groupKeyOf({ cluster: 'prod', dedupKey: 'prod/blind' })).toBeUndefined();
    const critical = replicas.reduce((box, key) => put(box, 'trigger', key, { severity: 'critical' }), emptyOutbox);
    expect(told(critical)).toHaveLength(replicas.length);
  });
});
