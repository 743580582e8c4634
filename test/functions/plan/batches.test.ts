import { describe, expect, it } from 'vitest';
import { checkOneBatch, cutBatches, oversizeUnits } from '../../../functions/plan/batches.ts';
import { unlimited } from '../../../functions/plan/capabilities.ts';
import { diff } from '../../../functions/plan/diff.ts';
import { inOrder } from '../../../functions/plan/order.ts';
import { takingAtMost } from '../../fakes/capabilities.ts';
import { namespaceOf, service, set } from './zone.ts';

const addresses = (count: number) => Array.from({ length: count }, (_, i) => `10.3.${i >> 8}.${i & 255}`);

describe('cutBatches', () => {
  it('makes no batch of nothing', () => {
    expect(cutBatches([], unlimited)).toEqual([]);
  });

  it('fills batches in order and loses nothing', () => {
    const changes = inOrder(diff(namespaceOf('x', 25), namespaceOf('y', 8)));
    const batches = cutBatches(changes, takingAtMost({ values: 10 }));
    expect(batches.map((batch) => batch.length)).toEqual([10, 10, 10, 3]);
    expect(batches.flat()).toEqual(changes);
  });

  it('counts characters, and a replace as often as the host does', () => {
    const after = namespaceOf('x', 10).map((one) => ({ ...one, ttlSeconds: 60 }));
    const changes = diff(after, namespaceOf('x', 10));
    expect(cutBatches(changes, takingAtMost({ values: 10 }))).toHaveLength(1);
    expect(cutBatches(changes, takingAtMost({ values: 10 }, 2))).toHaveLength(2);
    expect(cutBatches(changes, takingAtMost({ characters: 40 }))).toHaveLength(2);
  });

  it('never cuts a switch in two', () => {
    const alias = (i: number) => set(`s${i}.x.svc`, 'CNAME', 'db.example.');
    const changes = inOrder(
      diff(
        Array.from({ length: 5 }, (_, i) => alias(i)),
        namespaceOf('x', 5),
      ),
    );
    const batches = cutBatches(changes, takingAtMost({ values: 3 }));
    expect(batches).toHaveLength(5);
    for (const batch of batches) expect(batch.map(({ action }) => action)).toEqual(['delete', 'create']);
  });

  it('refuses what fits no batch, with name and numbers', () => {
    const changes = diff([service('ok.x'), service('big.x', ...addresses(12))], []);
    const small = takingAtMost({ values: 10, characters: 1000 });
    expect(() => cutBatches(changes, small)).toThrow(
      /big\.x\.svc\.cluster\.local\. A: 12 values and \d+ characters .* takes 10 /,
    );
    expect(oversizeUnits(changes, small)).toHaveLength(1);
    expect(() =>
      checkOneBatch(
        namespaceOf('x', 11).map((after) => ({ action: 'create', after })),
        small,
      ),
    ).toThrow('2 batches');
  });
});
