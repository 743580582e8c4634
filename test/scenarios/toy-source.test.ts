// A second source, added by the steps of docs/contributing/add-a-source.md outside the tree: it is captured from while DNS is down and the API server
// is healthy, and what it gave is published.
import { expect, it } from 'vitest';
import { latestSnapshot } from '../../functions/tasks/capture/snapshots.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { createController } from '../../functions/tasks/loop/controller.ts';
import { createFakeCluster, zone } from '../fakes/cluster.ts';
import { createToySource, toyTerms } from '../fakes/toy-source.ts';
import { createVirtualClock } from '../fakes/virtual-clock.ts';

it('the source that still tells the truth is captured from', { timeout: 60_000 }, async () => {
  const clock = createVirtualClock();
  const fake = createFakeCluster({ clock });
  let lists = 0;
  const list = async () => {
    lists++;
    return 'well' as const;
  };
  const source = createToySource({ cluster: 'prod', zone, timeoutMs: 300, maxServices: 100, list });
  const ports = { ...fake.ports, sources: [...fake.ports.sources, { ...toyTerms, source }] };
  const faults: string[] = [];
  const hooks = { onActivity: () => {}, onFault: (what: string) => void faults.push(what) };
  const controller = createController(ports, hooks, new AbortController().signal);
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await controller.round();
      await clock.advance(5000);
      await controller.rest();
    }
  };
  await controller.begin();
  await rounds(8);
  const peace = await latestSnapshot(ports.store, 'prod');
  expect(peace.snapshot?.origin.kind).toBe('axfr');
  expect(lists).toBe(0);
  fake.weather = 'dns-down';
  await rounds(30);
  const { machine, captures } = (await readRecord(ports)).record;
  expect(machine).toMatchObject({ phase: 'active', cause: 'dns' });
  expect(lists).toBeGreaterThan(0);
  expect(captures.at(-1)).toMatchObject({ source: 'toy', requests: 1 });
  const { snapshot } = await latestSnapshot(ports.store, 'prod');
  expect(snapshot).toMatchObject({
    origin: { kind: 'source', source: 'toy', place: 'apiserver' },
    freshness: { kind: 'resource-version', resourceVersion: '4711' },
  });
  expect(Object.values(machine.standbys)).toMatchObject([{ snapshot: snapshot?.number }]);
  expect(faults).toEqual([]);
});
