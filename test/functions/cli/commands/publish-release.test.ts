// `lifeboat publish` and what is held back: shown by name, let out as shown, and nothing that comes later.
import { describe, expect, it } from 'vitest';
import { probeRound } from '../../../../functions/tasks/loop/probe-round.ts';
import { createFakeCli, type FakeCli } from '../../../fakes/cli.ts';

const namesOf = (cli: FakeCli) =>
  cli.fake.provider.contents().map(({ name }) => name.replace('.svc.cluster.local.', ''));
const lost = ['a.lost', 'b.lost', 'c.lost', 'd.lost'];

/** A namespace of four that the standby holds and the newest snapshot does not. */
async function withHeld(): Promise<FakeCli> {
  const cli = createFakeCli();
  for (const name of lost) cli.fake.services.set(name, '10.96.3.1');
  await cli.run('snapshot', 'take');
  await cli.run('publish', '--yes');
  for (const name of lost) cli.fake.services.delete(name);
  await cli.run('snapshot', 'take');
  expect((await cli.run('publish', '--yes')).code).toBe(3);
  return cli;
}

describe('publish --release-deletes', () => {
  it('shows what it lets out and by whom, asks, and lets it out', async () => {
    const cli = await withHeld();
    const refused = await cli.run('publish', '--release-deletes');
    expect(refused).toMatchObject({ code: 3, out: expect.stringContaining('- a.lost.svc A 30 s 10.96.3.1') });
    expect(cli.questions.at(-1)).toContain('Apply 4 changes, 4 of them held back until now,');
    expect(namesOf(cli)).toEqual(expect.arrayContaining(lost));
    expect((await cli.run('status')).out).toContain('by delete-share: a.lost.svc.cluster.local. A');
    const run = await cli.run('publish', '--release-deletes', '--yes', '--why', 'the shop is closed');
    expect(run).toMatchObject({
      code: 0,
      out: expect.stringContaining('released by operator (cli): the shop is closed'),
    });
    expect(namesOf(cli)).not.toEqual(expect.arrayContaining(['a.lost']));
    expect((await cli.run('status')).out).not.toContain('held back');
  });

  it('lets nothing out that comes later', async () => {
    const cli = await withHeld();
    for (const name of ['e.late', 'f.late']) cli.fake.services.set(name, '10.96.4.1');
    await cli.run('snapshot', 'take');
    await cli.run('publish', '--yes');
    expect((await cli.run('publish', '--release-deletes', '--yes')).code).toBe(0);
    for (const name of ['e.late', 'f.late']) cli.fake.services.delete(name);
    await cli.run('snapshot', 'take');
    expect((await cli.run('publish', '--yes')).code).toBe(3);
    expect(namesOf(cli)).toEqual(expect.arrayContaining(['e.late', 'f.late']));
  });

  it('lets nothing out while the cluster is not healthy', async () => {
    const cli = await withHeld();
    cli.fake.weather = 'api-down';
    expect((await cli.run('publish', '--release-deletes', '--yes')).code).toBe(3);
    expect(namesOf(cli)).toEqual(expect.arrayContaining(lost));
  });

  it('releases nothing for later where another plan was approved, or the standby is frozen', async () => {
    const cli = await withHeld();
    const other = `sha256:${'0'.repeat(64)}`;
    const run = await cli.run('publish', '--release-deletes', '--approve', other, '--yes');
    expect(run).toMatchObject({ code: 3, out: expect.stringContaining('is not today') });
    expect((await cli.run('publish', '--yes')).code).toBe(3);
    expect((await cli.run('failover', '--yes')).code).toBe(0);
    const frozen = await cli.run('publish', '--release-deletes', '--yes');
    expect(frozen).toMatchObject({ code: 3, out: expect.stringContaining('frozen') });
    await cli.run('failback', '--yes', '--force');
    expect((await cli.run('publish', '--yes')).code).toBe(3);
    expect(namesOf(cli)).toEqual(expect.arrayContaining(lost));
  });

  it('is an ordinary publication when nothing is held', async () => {
    const cli = createFakeCli();
    await cli.run('snapshot', 'take');
    expect((await cli.run('publish', '--release-deletes', '--yes')).code).toBe(0);
  });

  it('says in JSON what is held, by which guard and since when', async () => {
    const cli = await withHeld();
    const plan = (await cli.run('plan', '--json')).json() as { readonly held: readonly object[] };
    expect(plan.held).toHaveLength(4);
    expect(plan.held[0]).toMatchObject({ guard: 'delete-share', heldSince: expect.any(Number) });
  });
});

describe('publish of a snapshot that was captured in an outage', () => {
  it('deletes nothing, however healthy the cluster is now', async () => {
    const cli = createFakeCli();
    cli.fake.services.set('gone.shop', '10.96.5.1');
    const round = async (count: number) => {
      for (let i = 0; i < count; i++) {
        await probeRound(cli.fake.ports, () => {});
        cli.fake.pass(5000);
      }
    };
    await round(8);
    await cli.run('snapshot', 'take');
    await cli.run('publish', '--yes');
    cli.fake.weather = 'api-down';
    await round(1);
    cli.fake.services.delete('gone.shop');
    await cli.run('snapshot', 'take');
    cli.fake.weather = 'calm';
    await round(8);
    const run = await cli.run('publish', '--yes');
    expect(run).toMatchObject({ code: 3, out: expect.stringContaining('or was not when the snapshot was taken') });
    expect(namesOf(cli)).toContain('gone.shop');
    cli.fake.services.set('new.shop', '10.96.5.2');
    await cli.run('snapshot', 'take');
    expect((await cli.run('publish', '--yes')).code).toBe(0);
    expect(namesOf(cli)).not.toContain('gone.shop');
  });
});
