import { expect, it, vi } from 'vitest';
import type { CaptureResult, SnapshotSource } from '../../../functions/snapshot/source.ts';
import { createEitherSource } from '../../../functions/snapshot/sources/either.ts';
import { createFakeCluster } from '../../fakes/cluster.ts';

const server = { host: '10.0.0.10', port: 53 };
const refused = (reason: 'timeout' | 'down'): CaptureResult => {
  return { status: 'refused', bytes: 5, tookMs: 7, attempts: [{ server: '10.0.0.10:53', reason, evidence: reason }] };
};
const sourceOf = (result: CaptureResult): SnapshotSource => ({ capture: vi.fn(async () => result) });
const good = await createFakeCluster().ports.source.capture([server]);

it('asks the second source only when the first gave nothing', async () => {
  const second = sourceOf(refused('down'));
  expect(await createEitherSource(sourceOf(good), second).capture([server])).toBe(good);
  expect(second.capture).not.toHaveBeenCalled();
  const result = await createEitherSource(sourceOf(refused('timeout')), sourceOf(good)).capture([server]);
  expect(result).toMatchObject({ status: 'captured', bytes: 1005, attempts: [{ reason: 'timeout' }] });
});

it('says of both why there is nothing', async () => {
  const result = await createEitherSource(sourceOf(refused('timeout')), sourceOf(refused('down'))).capture([server]);
  expect(result).toMatchObject({ status: 'refused', bytes: 10, tookMs: 14 });
  expect(result.attempts.map(({ reason }) => reason)).toEqual(['timeout', 'down']);
});

it('does not begin with the second when the caller has given up', async () => {
  const second = sourceOf(good);
  const stop = AbortSignal.abort();
  await createEitherSource(sourceOf(refused('timeout')), second).capture([server], { signal: stop });
  expect(second.capture).not.toHaveBeenCalled();
});
