import { describe, expect, it } from 'vitest';
import { cutBatches, oversizeUnits } from '../../../../functions/plan/batches.ts';
import { type ProviderCapabilities, unlimited } from '../../../../functions/plan/capabilities.ts';
import { diff } from '../../../../functions/plan/diff.ts';
import { isCompared, updateCost } from '../../../../functions/providers/rfc2136/update-cost.ts';
import { service } from '../../plan/zone.ts';

const addresses = (count: number) => Array.from({ length: count }, (_, i) => `10.3.${i >> 8}.${i & 255}`);
const update: ProviderCapabilities = { ...unlimited, batch: { records: 65_535, octets: 58_500 }, costOf: updateCost };

describe('the cost of an UPDATE message', () => {
  it('lets a set of 2,000 addresses be created and moved alone in its batch, and deleted', () => {
    const before = service('headless.x', ...addresses(2000));
    const after = service('headless.x', ...addresses(2001));
    const other = { action: 'create', after: service('z.x') } as const;
    for (const changes of [diff([before], []), diff([after], [before])]) {
      expect(cutBatches([...changes, other], update)).toEqual([changes, [other]]);
    }
    expect(oversizeUnits(diff([], [before]), update)).toEqual([]);
  });

  it('compares sets of an ordinary size and only asks for the existence of very large ones', () => {
    expect(isCompared(service('a.x', ...addresses(100)))).toBe(true);
    expect(isCompared(service('a.x', ...addresses(1000)))).toBe(false);
  });

  it('refuses a set that no message can hold', () => {
    expect(oversizeUnits(diff([service('a.x', ...addresses(4000))], []), update)).toHaveLength(1);
  });
});
