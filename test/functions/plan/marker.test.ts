import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../functions/config/parse.ts';
import { nextMarker } from '../../../functions/plan/fence.ts';
import { formatMarker, type Marker, markerName, maxMarkerCount, parseMarker } from '../../../functions/plan/marker.ts';
import { rdataOf } from '../../../functions/records/rdata/index.ts';
import { zone } from './zone.ts';

const text = (letters: string, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength });
const count = fc.oneof(fc.integer({ min: 0, max: maxMarkerCount }), fc.constantFrom(0, maxMarkerCount));
const marker: fc.Arbitrary<Marker> = fc.record({
  generation: count,
  snapshot: count,
  digest: fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
    .map((hex) => `sha256:${hex}`),
  cluster: fc.option(text('abz09-', 40)),
  writer: text('abz09._-', 63),
  phase: fc.constantFrom('warm', 'partial', 'frozen'),
  activation: count,
});
const longest: Marker = {
  generation: maxMarkerCount,
  snapshot: maxMarkerCount,
  digest: `sha256:${'f'.repeat(64)}`,
  cluster: 'c'.repeat(40),
  writer: 'w'.repeat(63),
  phase: 'partial',
  activation: maxMarkerCount,
};

describe('marker', () => {
  it('stands beside the tree of the services', () => {
    expect(markerName(zone)).toBe('_lifeboat.cluster.local.');
  });

  it('goes into text and back without a loss, also after the next step, and is canonical TXT data', () => {
    fc.assert(
      fc.property(marker, (one) => {
        for (const each of [one, nextMarker(one, one)]) {
          const written = formatMarker(each);
          expect(parseMarker(written)).toEqual(each);
          expect(rdataOf('TXT').parse(written)).toBe(written);
          const wire = rdataOf('TXT').toWire(written);
          expect(rdataOf('TXT').fromWire(wire, 0, wire.length)).toBe(written);
        }
      }),
    );
  });

  it('takes whatever the configuration takes for a cluster and a writer', () => {
    const document = (cluster: string, writer: string) => ({
      writer,
      clusters: [
        {
          id: cluster,
          apiServer: { url: 'https://10.0.0.1:6443', identity: { kind: 'token', file: 'token' } },
          dns: { servers: ['10.0.0.10'] },
          standby: [{ kind: 'zonefile', file: 'standby.zone' }],
        },
      ],
    });
    fc.assert(
      fc.property(
        fc.string({ maxLength: 64 }),
        fc.string({ maxLength: 64 }),
        text('aZ9-_.', 41),
        text('aZ9-_. ', 64),
        (...texts) => {
          const [a, b, c, d] = texts;
          for (const [cluster, writer] of [
            [a, b],
            [c, d],
            [c.toLowerCase(), d.toLowerCase()],
          ] as const) {
            const { status } = parseConfig(document(cluster, writer));
            const write = () => parseMarker(formatMarker({ ...longest, cluster, writer }));
            if (status === 'invalid') expect(write).toThrow('cannot be written');
            else expect(write()).toMatchObject({ cluster, writer });
          }
        },
      ),
    );
  });

  it('is one string as long as it can be, else two', () => {
    expect(formatMarker(longest).replaceAll(/" "|"/g, '')).toHaveLength(302);
    expect(formatMarker(longest)).toMatch(/^"lifeboat=1 .{244}" ".{47}"$/);
    expect(formatMarker({ ...longest, cluster: 'c' })).toMatch(/" "/);
    expect(formatMarker({ ...longest, cluster: 'prod', writer: 'lifeboat' })).not.toMatch(/" "/);
  });

  it('of the version that named no cluster is read, and is written as it was', () => {
    const old = formatMarker({ ...longest, cluster: null });
    expect(old).toBe(
      `"lifeboat=1 generation=${maxMarkerCount} snapshot=${maxMarkerCount} digest=${longest.digest} writer=${longest.writer} phase=partial activation=${maxMarkerCount}"`,
    );
    expect(parseMarker(old)).toEqual({ ...longest, cluster: null });
  });

  it.each<[string, Partial<Marker>]>([
    ['a generation of 16 digits', { generation: maxMarkerCount + 1 }],
    ['a snapshot of 16 digits', { snapshot: maxMarkerCount + 1 }],
    ['an activation of 16 digits', { activation: maxMarkerCount + 1 }],
    ['half an activation', { activation: 0.5 }],
    ['a negative snapshot', { snapshot: -1 }],
    ['a writer of two words', { writer: 'a writer=b' }],
    ['no digest', { digest: '' }],
  ])('is not written with %s', (_, change) => {
    expect(() => formatMarker({ ...longest, ...change })).toThrow('could not be read again');
  });

  const whole = formatMarker({ ...longest, cluster: 'prod', writer: 'one' });
  it.each([
    ['a policy of another kind', '"v=spf1 -all"'],
    ['a newer format', '"lifeboat=2 generation=1"'],
    ['one of too little', '"lifeboat=1" "generation=1"'],
    ['nothing', ''],
    ['a marker that was cut elsewhere', whole.replace(' snapshot', '" " snapshot')],
    ['a marker with a number in another spelling', whole.replace('activation=9', 'activation=09')],
    ['a marker of a cluster with a capital letter', whole.replace('cluster=prod', 'cluster=Prod')],
    ['a marker of an empty cluster', whole.replace('cluster=prod', 'cluster=')],
    ['a marker with more behind it', whole.replace(/"$/, ' more=1"')],
  ])('is not %s', (_, other) => {
    expect(() => parseMarker(other)).toThrow('nothing is written over it');
  });
});
