// Taking a snapshot: under one permit of the budget, whoever asks the source.
import { expect, it } from 'vitest';
import { takeSnapshot, withCost } from '../../../../functions/tasks/capture/capture.ts';
import { updateRecord } from '../../../../functions/tasks/cluster/record.ts';
import { createFakeCluster } from '../../../fakes/cluster.ts';

it('goes on from here where others have failed with the last of the hour, and begins nothing new', async () => {
  const fake = createFakeCluster();
  const [axfr] = fake.ports.sources;
  if (axfr === undefined) return expect.fail();
  const bytes = axfr.budget.bytesPerHour / 4;
  const from = [{ source: 'axfr', places: ['10.0.0.10:53'] }];
  const now = fake.ports.clock.now();
  for (let i = 3; i >= 0; i--) {
    const cost = { source: 'axfr', at: now - i * 60_000, bytes, requests: 0 };
    await updateRecord(fake.ports, (record) => withCost(record, cost));
  }
  fake.pass(5000);
  expect(await takeSnapshot(fake.ports, from, { urgent: true })).toMatchObject({ status: 'postponed' });
  const inVain = [{ place: '10.0.0.10:53', kind: 'malformed', code: 'incomplete', evidence: 'cut off' }] as const;
  expect(await takeSnapshot(fake.ports, from, { urgent: true, inVain })).toMatchObject({ status: 'taken' });
});
