import { describe, expect, it } from 'vitest';
import { markerName } from '../../../functions/plan/marker.ts';
import { belongingIn, namespaceIn, ownedIn } from '../../../functions/plan/ownership.ts';
import type { Name } from '../../../functions/records/name.ts';
import { kubernetes, service, set, zone } from './zone.ts';

describe('ownership', () => {
  const belonging = belongingIn(zone);

  it('owns the five types below svc, and nothing else', () => {
    expect(belonging(kubernetes)).toBe('owned');
    expect(belonging(set('_https._tcp.kubernetes.default.svc', 'SRV'))).toBe('owned');
    expect(belonging(set('a.x.svc', 'PTR'))).toBe('foreign');
    expect(belonging(set('www', 'A'))).toBe('foreign');
    expect(belonging(set('xsvc', 'A'))).toBe('foreign');
    expect(belonging({ name: 'a.svc.other.local.' as Name, type: 'A' })).toBe('foreign');
  });

  it('leaves to the zone its SOA, its NS and the marker', () => {
    expect(belonging({ name: zone, type: 'SOA' })).toBe('zone');
    expect(belonging({ name: zone, type: 'NS' })).toBe('zone');
    expect(belonging({ name: markerName(zone), type: 'TXT' })).toBe('zone');
    expect(belonging({ name: zone, type: 'A' })).toBe('foreign');
  });

  it('picks what it owns', () => {
    expect(ownedIn(zone, [set('www', 'A'), service('a.x')])).toEqual([service('a.x')]);
  });

  it('tells the namespace by the label left of svc', () => {
    const namespace = namespaceIn(zone);
    expect(namespace(kubernetes.name)).toBe('default');
    expect(namespace(set('_p._tcp.a.b.svc', 'SRV').name)).toBe('b');
    expect(namespace(set('svc', 'A').name)).toBeUndefined();
    expect(namespace(set('www', 'A').name)).toBeUndefined();
  });
});
