import { describe, expect, it } from 'vitest';
import { diff } from '../../../functions/plan/diff.ts';
import { lossesAmong } from '../../../functions/plan/losses.ts';
import { inOrder, unitsOf } from '../../../functions/plan/order.ts';
import { service, set } from './zone.ts';

const alias = (name: string, target: string) => set(`${name}.svc`, 'CNAME', target);

describe('order', () => {
  it('puts creates and replaces before deletes', () => {
    const changes = inOrder(diff([service('b.x', '10.0.0.9'), service('c.x')], [service('a.x'), service('b.x')]));
    expect(changes.map((change) => change.action)).toEqual(['replace', 'create', 'delete']);
  });

  it('keeps both types of a name that goes from A to AAAA resolvable: the delete comes last', () => {
    const changes = inOrder(diff([set('a.x.svc', 'AAAA', 'fd00::1')], [service('a.x')]));
    expect(changes.map((change) => change.action)).toEqual(['create', 'delete']);
  });

  it.each([
    ['CNAME to A and AAAA', [service('m.x'), set('m.x.svc', 'AAAA', 'fd00::1')], [alias('m.x', 'db.example.')]],
    ['A and SRV to CNAME', [alias('m.x', 'db.example.')], [service('m.x'), set('m.x.svc', 'SRV', '0 100 80 a.b.')]],
  ])('makes a switch one unit, deletes first, before what goes for good: %s', (_, desired, current) => {
    const others = [service('a.x'), service('z.x')];
    const changes = diff([...desired, service('z.x')], [...current, service('a.x')]);
    const units = unitsOf(changes);
    expect(units.map((unit) => unit.kind)).toEqual(['put', 'switch', 'delete']);
    const actions = units[1]?.changes.map((change) => change.action) ?? [];
    expect(actions).toEqual([...current.map(() => 'delete'), ...desired.map(() => 'create')]);
    expect(lossesAmong(changes).map(({ kind }) => kind)).toEqual(['switch', 'delete']);
    expect(lossesAmong(changes)[1]?.changes).toEqual([{ action: 'delete', before: others[0] }]);
  });

  it('puts what shrinks behind what only adds', () => {
    const current = [service('a.x', '10.0.0.1', '10.0.0.2'), service('b.x')];
    const changes = diff([service('a.x'), service('b.x', '10.0.0.9'), service('c.x')], current);
    expect(unitsOf(changes).map(({ kind }) => kind)).toEqual(['put', 'put', 'shrink']);
  });

  it('does not call a CNAME with another target a switch', () => {
    const units = unitsOf(diff([alias('m.x', 'b.example.')], [alias('m.x', 'a.example.')]));
    expect(units.map((unit) => unit.kind)).toEqual(['put']);
  });

  it('ordered again is the same', () => {
    const current = [service('a.x'), service('b.x'), alias('m.x', 'c.example.'), set('b.x.svc', 'TXT', '"t"')];
    const changes = inOrder(diff([service('m.x'), service('b.x', '10.0.0.7'), service('n.x')], current));
    expect(inOrder(changes)).toEqual(changes);
  });
});
