import { describe, expect, it } from 'vitest';
import { diff } from '../../../functions/plan/diff.ts';
import { kubernetes, service, set } from './zone.ts';

describe('diff', () => {
  it('is empty for equal sets in any order', () => {
    expect(diff([kubernetes, service('a.x')], [service('a.x'), kubernetes])).toEqual([]);
  });

  it('names each set once, in canonical order whatever the order of the input', () => {
    const desired = [
      service('c.x'),
      service('b.x', '10.0.0.2'),
      set('a.x.svc', 'SRV', '0 100 80 a.x.svc.cluster.local.'),
    ];
    const current = [service('b.x'), service('a.x')];
    const changes = diff(desired, current);
    expect(changes).toEqual([
      { action: 'delete', before: service('a.x') },
      { action: 'create', after: desired[2] },
      { action: 'replace', before: service('b.x'), after: desired[1] },
      { action: 'create', after: service('c.x') },
    ]);
    expect(diff([...desired].reverse(), [...current].reverse())).toEqual(changes);
  });

  it('takes another TTL for a change', () => {
    const slower = { ...kubernetes, ttlSeconds: 60 };
    expect(diff([slower], [kubernetes])).toEqual([{ action: 'replace', before: kubernetes, after: slower }]);
  });

  it('stops when a side holds a set twice', () => {
    expect(() => diff([kubernetes, kubernetes], [])).toThrow('desired holds 1 record sets twice');
  });
});
