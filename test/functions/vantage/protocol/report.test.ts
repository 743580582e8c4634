// The report of a vantage: whatever the vantage writes the Worker reads, and a bad part costs itself.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conditions, type Observation, reasons, signals } from '../../../../functions/decision/health/observation.ts';
import { refusalKinds } from '../../../../functions/model/source.ts';
import { axfrRefusalCodes, axfrRefusals } from '../../../../functions/snapshot/axfr-words.ts';
import { encodeReport, type FailedCapture, readReport } from '../../../../functions/vantage/protocol/report.ts';
import { anyText } from '../../../fakes/any-text.ts';
import { insideConfig, roundAt } from '../../../fakes/vantage.ts';

const now = 1_700_000_000_000;
const [cluster] = insideConfig().clusters;
const vantage = cluster?.vantages[0];
if (cluster === undefined || vantage?.kind !== 'inside') throw new Error('a vantage is needed');
const read = (body: string) => readReport(body, cluster, vantage, now);
const round = roundAt(cluster, now);
const boat = '🛟';

const observation: fc.Arbitrary<Observation> = fc.record({
  cluster: fc.constant('prod'),
  target: fc.constant({ kind: 'apiserver', id: '10.0.0.1:6443' } as const),
  signal: fc.constantFrom(...signals.filter((signal) => signal.startsWith('apiserver.'))),
  condition: fc.constantFrom(...conditions),
  reason: fc.constantFrom(...reasons),
  evidence: anyText(1200),
  vantage: anyText(10),
  group: anyText(10),
  observedAt: fc.double({ min: now - 15_000, max: now + 15_000, noNaN: true }),
  latencyMs: fc.double(),
  details: fc.dictionary(anyText(50), fc.oneof(anyText(300), fc.double())),
});
const failureOf = (source: string, codes: readonly string[]): fc.Arbitrary<FailedCapture> =>
  fc.record({
    number: fc.nat(),
    source: fc.constant(source),
    bytes: fc.double({ min: 0, noNaN: true }),
    attempts: fc.array(
      fc.record({
        place: anyText(100),
        kind: fc.constantFrom(...refusalKinds),
        code: fc.constantFrom(...codes),
        evidence: anyText(1200),
      }),
      { maxLength: 40 },
    ),
  });
const failure = fc.oneof(failureOf('axfr', axfrRefusalCodes), failureOf('kubernetes', ['gone', 'too-many-requests']));

describe('a report', () => {
  it('is read whole, whatever was seen and whatever could not be captured', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(observation, { minLength: 1, maxLength: 6, selector: ({ signal }) => signal }),
        fc.array(failure, { maxLength: 10 }),
        (seen, failed) => {
          const report = read(encodeReport(seen, failed));
          expect(report).toMatchObject({ status: 'read', dropped: undefined });
          if (report.status !== 'read') return;
          expect(report.observations).toHaveLength(seen.length);
          expect(report.failed).toHaveLength(Math.min(8, failed.length));
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each(axfrRefusalCodes)('with a capture that failed for "%s" is read', (code) => {
    const attempts = [{ place: '10.0.0.10:853', kind: axfrRefusals[code], code, evidence: 'x' }];
    const failed = [{ number: 7, source: 'axfr', bytes: 0, attempts }];
    expect(read(encodeReport(round, failed))).toMatchObject({ status: 'read', failed, dropped: undefined });
  });

  it('says of zone transfers what a version before says and reads', () => {
    const attempts = [{ server: '10.0.0.10:53', reason: 'bad-mac', evidence: 'another key' }];
    const told = { number: 7, bytes: 12, attempts };
    const body = JSON.parse(encodeReport(round, [])) as object;
    const report = read(JSON.stringify({ ...body, failedCaptures: [told] }));
    const read0 = { place: '10.0.0.10:53', kind: 'unverified', code: 'bad-mac', evidence: 'another key' };
    expect(report).toMatchObject({ failed: [{ number: 7, source: 'axfr', bytes: 12, attempts: [read0] }] });
    if (report.status !== 'read') return;
    expect(JSON.parse(encodeReport(round, report.failed))).toMatchObject({ failedCaptures: [told] });
    expect(Object.keys(JSON.parse(encodeReport(round, report.failed)).failedCaptures[0])).toEqual(Object.keys(told));
  });

  it.each([198, 199, 200, 998, 999, 1000])('with an emoji at %i of a long text is read', (at) => {
    const text = `${'x'.repeat(at)}${boat}${'y'.repeat(1000)}`;
    const [first, ...rest] = round;
    const seen = [{ ...(first as Observation), evidence: text, details: { [text]: text } }, ...rest];
    const attempts = [{ place: text, kind: 'unreachable', code: 'down', evidence: text } as const];
    expect(read(encodeReport(seen, [{ number: 1, source: 'axfr', bytes: 0, attempts }]))).toMatchObject({
      status: 'read',
      dropped: undefined,
    });
  });

  const withPart = (part: object) => {
    const body = JSON.parse(encodeReport(round, [])) as { observations: object[] };
    const [first, ...rest] = body.observations;
    return JSON.stringify({ ...body, observations: [{ ...first, ...part }, ...rest] });
  };

  it.each([
    ['a signal that is not known', { signal: 'apiserver.mood' }, /observation 0 at signal/],
    ['half a surrogate pair', { evidence: 'x\ud83d' }, /observation 0 at evidence/],
    ['another target', { target: { kind: 'apiserver', id: '10.0.0.2:6443' } }, /is no target of rack/],
    ['an instant long ago', { observedAt: now - 60_000 }, /60000 ms old/],
    ['a member that is not known', { mood: 'good' }, /observation 0/],
  ])('loses one observation to %s, not the rest', (_what, part, words) => {
    const report = read(withPart(part));
    expect(report).toMatchObject({ status: 'read', dropped: expect.stringMatching(words) });
    expect(report.status === 'read' && report.observations).toEqual(round.slice(1));
  });

  it('counts the first of what is there twice', () => {
    const again = { ...(round[0] as Observation), condition: 'down' as const };
    const report = read(encodeReport([...round, again], []));
    expect(report).toMatchObject({
      status: 'read',
      observations: round,
      dropped: expect.stringMatching(/there twice/),
    });
  });

  it('loses an attempt, or a failed capture, that cannot be read, and nothing else', () => {
    const good = { server: '10.0.0.10:53', reason: 'down', evidence: 'x' } as const;
    const body = JSON.parse(encodeReport(round, [])) as object;
    const failedCaptures = [
      { number: 1, bytes: 0, attempts: [good, { ...good, reason: 'moody' }] },
      { number: 'two', bytes: 0, attempts: [] },
    ];
    expect(read(JSON.stringify({ ...body, failedCaptures }))).toMatchObject({
      status: 'read',
      observations: round,
      failed: [{ number: 1, attempts: [{ place: '10.0.0.10:53', kind: 'unreachable', code: 'down', evidence: 'x' }] }],
      dropped: expect.stringMatching(/^2 parts are not taken: an attempt of capture 1 at reason/),
    });
  });

  it('of nothing that can be read is refused', () => {
    const body = { format: 1, observations: [{ signal: 'x' }, { signal: 'y' }] };
    expect(read(JSON.stringify(body))).toMatchObject({ status: 'malformed' });
  });
});
