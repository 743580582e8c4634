// What is not known is not changed: records that could not be read, in the source or in the zone.
import { describe, expect, it } from 'vitest';
import { child } from '../../../functions/records/name.ts';
import { kubernetes, planFor, service, set, zone } from './zone.ts';

const web = child('web.shop.svc', zone);
const lines = (plan: Awaited<ReturnType<typeof planFor>>) =>
  plan.changes.map((change) => {
    const values = change.action === 'delete' ? [] : change.after.values;
    return `${change.action} ${(change.action === 'delete' ? change.before : change.after).type} ${values.join(',')}`;
  });

describe('a name that could not be read in the source', () => {
  const unread = { inSource: [web] };

  it('keeps what the zone holds, and gains what could be read', async () => {
    const current = [kubernetes, service('web.shop', '10.0.0.1', '10.0.0.2'), set('web.shop.svc', 'TXT', '"a"')];
    const plan = await planFor({ desired: [kubernetes, service('web.shop', '10.0.0.3')], current, unread });
    expect(lines(plan)).toEqual(['replace A 10.0.0.1,10.0.0.2,10.0.0.3']);
    expect(plan.status).toBe('ready');
    expect(plan.findings).toMatchObject([
      {
        guard: 'unread-source',
        effect: 'note',
        reason: expect.stringContaining('1 name could not be read'),
        names: [web],
      },
    ]);
  });

  it('without it the same plan would take it away', async () => {
    const desired = [kubernetes, service('api.shop')];
    const current = [...desired, service('web.shop')];
    expect(lines(await planFor({ desired, current }))).toEqual(['delete A ']);
    expect(lines(await planFor({ desired, current, unread }))).toEqual([]);
  });

  it.each([
    ['an alias that became an address', set('web.shop.svc', 'CNAME', 'a.example.'), service('web.shop')],
    ['an address that became an alias', service('web.shop'), set('web.shop.svc', 'CNAME', 'a.example.')],
    [
      'an alias that leads elsewhere',
      set('web.shop.svc', 'CNAME', 'a.example.'),
      set('web.shop.svc', 'CNAME', 'b.example.'),
    ],
  ])('goes by what could be read: %s', async (_, held, wanted) => {
    const plan = await planFor({ desired: [kubernetes, wanted], current: [kubernetes, held], unread });
    expect(plan.status).toBe('ready');
    expect(plan.changes.at(-1)).toMatchObject({ after: { values: wanted.values } });
  });
});

describe('a name that cannot be read in the zone', () => {
  const unread = { inZone: [web] };

  it('is neither made, replaced nor deleted, and the rest is published', async () => {
    const desired = [kubernetes, service('web.shop'), service('api.shop')];
    const current = [kubernetes, set('web.shop.svc', 'TXT', '"a"')];
    const plan = await planFor({ desired, current, unread });
    expect(plan.changes).toMatchObject([{ action: 'create', after: { name: child('api.shop.svc', zone) } }]);
    expect(plan.findings).toMatchObject([{ guard: 'unread-zone', effect: 'note', names: [web] }]);
  });

  it('counts as there where it must be', async () => {
    const plan = await planFor({ desired: [kubernetes], current: [], unread: { inZone: [kubernetes.name] } });
    expect(plan).toMatchObject({ status: 'unchanged', changes: [] });
  });
});
