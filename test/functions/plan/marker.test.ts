import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMarker, type Marker, markerName, parseMarker } from '../../../functions/plan/marker.ts';
import { rdataOf } from '../../../functions/records/rdata/index.ts';
import { zone } from './zone.ts';

const count = fc.integer({ min: 0, max: 999_999_999_999_999 });
const marker: fc.Arbitrary<Marker> = fc.record({
  generation: count,
  snapshot: count,
  digest: fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
    .map((hex) => `sha256:${hex}`),
  writer: fc.string({ unit: fc.constantFrom(...'abz09._-'), minLength: 1, maxLength: 63 }),
  phase: fc.constantFrom('warm', 'partial', 'frozen'),
  activation: count,
});

describe('marker', () => {
  it('stands beside the tree of the services', () => {
    expect(markerName(zone)).toBe('_lifeboat.cluster.local.');
  });

  it('goes into text and back without a loss, and is canonical TXT data of one string', () => {
    fc.assert(
      fc.property(marker, (one) => {
        const text = formatMarker(one);
        expect(parseMarker(text)).toEqual(one);
        expect(rdataOf('TXT').parse(text)).toBe(text);
      }),
    );
  });

  it.each(['"v=spf1 -all"', '"lifeboat=2 generation=1"', '"lifeboat=1" "generation=1"', ''])('is not %s', (text) => {
    expect(() => parseMarker(text)).toThrow('nothing is written over it');
  });
});
