import { expect, it, vi } from 'vitest';
import type { CaptureResult, ConfiguredSource, SnapshotSource } from '../../../../functions/snapshot/source.ts';
import { eitherWay, throughVantages } from '../../../../functions/vantage/receiver/ways.ts';
import { createFakeCluster } from '../../../fakes/cluster.ts';

const server = '10.0.0.10:53';
const refused = (code: 'timeout' | 'down'): CaptureResult => {
  const attempt = { place: server, kind: 'unreachable', code, evidence: code } as const;
  return { status: 'refused', bytes: 5, tookMs: 7, attempts: [attempt] };
};
const sourceOf = (result: CaptureResult): SnapshotSource => ({ capture: vi.fn(async () => result) });
const [axfr] = createFakeCluster().ports.sources;
if (axfr === undefined) throw new Error('a source is needed');
const good = await axfr.source.capture([server]);

it('takes the second way only when the first led to nothing', async () => {
  const second = sourceOf(refused('down'));
  expect(await eitherWay(sourceOf(good), second).capture([server])).toBe(good);
  expect(second.capture).not.toHaveBeenCalled();
  const result = await eitherWay(sourceOf(refused('timeout')), sourceOf(good)).capture([server]);
  expect(result).toMatchObject({ status: 'captured', bytes: 1005, attempts: [{ code: 'timeout' }] });
});

it('says of both why there is nothing', async () => {
  const result = await eitherWay(sourceOf(refused('timeout')), sourceOf(refused('down'))).capture([server]);
  expect(result).toMatchObject({ status: 'refused', bytes: 10, tookMs: 14 });
  expect(result.attempts.map(({ code }) => code)).toEqual(['timeout', 'down']);
});

it('does not begin with the second when the caller has given up', async () => {
  const second = sourceOf(good);
  const stop = AbortSignal.abort();
  await eitherWay(sourceOf(refused('timeout')), second).capture([server], { signal: stop });
  expect(second.capture).not.toHaveBeenCalled();
});

it('captures through vantages where one may, and directly where the Worker looks at what the source asks', async () => {
  const inside = { kind: 'inside', captures: true, targets: ['apiserver', 'dns'] };
  const blind = { ...inside, captures: false };
  const edge = (...targets: string[]) => ({ kind: 'edge', targets });
  const kubernetes: ConfiguredSource = { ...axfr, id: 'kubernetes', usableWhile: 'apiserver-healthy' };
  const ways = async (vantages: readonly object[]) => {
    const took: string[] = [];
    const way = (name: string): SnapshotSource => ({
      capture: async () => {
        took.push(name);
        return refused('down');
      },
    });
    const direct = [axfr, kubernetes].map((one) => ({ ...one, source: way(`${one.id} directly`) }));
    const cluster = { vantages } as Parameters<typeof throughVantages>[0];
    const through = throughVantages(cluster, (id) => way(`${id} inside`), direct);
    for (const { source } of through) await source.capture([server]);
    return took;
  };
  expect(await ways([blind, edge('dns')])).toEqual(['axfr directly', 'kubernetes directly']);
  expect(await ways([inside])).toEqual(['axfr inside', 'kubernetes inside']);
  expect(await ways([inside, edge('dns')])).toEqual(['axfr inside', 'axfr directly', 'kubernetes inside']);
  expect(await ways([inside, edge('apiserver')])).toEqual(['axfr inside', 'kubernetes inside', 'kubernetes directly']);
});
