// `--json` prints one JSON document whatever happens: usage errors, questions that nobody answers, several standbys.
import { describe, expect, it } from 'vitest';
import { LifeboatError } from '../../../functions/lib/errors.ts';
import { createMemoryProvider } from '../../../functions/providers/memory.ts';
import { decodeSnapshot, encodeSnapshot } from '../../../functions/snapshot/codec.ts';
import { createFakeCli, type FakeCli } from '../../fakes/cli.ts';
import { asStandby, zone } from '../../fakes/cluster.ts';

/** A second standby, and a first one that cannot be reached when `isDown`. */
function withTwoStandbys(cli: FakeCli, isDown = false) {
  const { provider } = cli.fake;
  const second = createMemoryProvider({ zone });
  const refused = () => Promise.reject(new LifeboatError('network', 'connection refused'));
  const down = { ...provider, readMarker: refused, readZone: refused };
  cli.ports = { standbys: [asStandby(isDown ? down : provider), asStandby(second, 'second')] };
  return second;
}

describe('--json prints one document', () => {
  it.each([
    [['plan', '--frobnicate', '--json'], 2],
    [['frobnicate', '--json'], 2],
    [['wiring', 'iptables', '--json'], 2],
    [['publish', '--snapshot', 'x', '--json'], 2],
    [['snapshot', 'show', 'x', '--json'], 2],
    [['status', '--cluster', 'nobody', '--json'], 2],
  ])('for %j, with an error', async (argv, code) => {
    const run = await createFakeCli().run(...argv);
    expect(run.code).toBe(code);
    expect(run.json()).toMatchObject({ error: { code: 'usage', message: expect.stringMatching(/^(?!error: )./) } });
  });

  it.each(['failover', 'failback', 'hold', 'release', 'publish'])('for %s without a yes', async (command) => {
    const cli = createFakeCli();
    await cli.run('snapshot', 'take');
    const run = await cli.run(command, '--json');
    expect([run.code, run.json()]).toEqual([3, expect.objectContaining({ status: 'unconfirmed' })]);
  });

  it('for a snapshot that goes to standard output', async () => {
    const cli = createFakeCli();
    await cli.run('snapshot', 'take');
    expect((await cli.run('snapshot', 'export', '--json')).json()).toMatchObject({ snapshot: { number: 1 } });
  });

  it('for two standbys', async () => {
    const cli = createFakeCli();
    withTwoStandbys(cli);
    await cli.run('snapshot', 'take');
    expect((await cli.run('plan', '--json')).json()).toMatchObject([{ status: 'ready' }, { status: 'ready' }]);
    const run = await cli.run('publish', '--yes', '--json');
    expect([run.code, run.json()]).toMatchObject([0, [{ status: 'published' }, { status: 'published' }]]);
  });
});

it('publishes to the second standby when the first one cannot be reached', async () => {
  const cli = createFakeCli();
  const second = withTwoStandbys(cli, true);
  await cli.run('snapshot', 'take');
  const run = await cli.run('publish', '--yes', '--json');
  expect([run.code, run.json()]).toMatchObject([1, [{ status: 'fault' }, { status: 'published' }]]);
  expect(second.contents()).not.toEqual([]);
});

it('takes no snapshot document of another cluster, though the zone is the same', async () => {
  const cli = createFakeCli();
  await cli.run('snapshot', 'take');
  await cli.run('snapshot', 'export', '--format', 'json', '-o', 'prod.json');
  const ours = await decodeSnapshot(cli.files.get('prod.json') ?? '');
  cli.files.set('staging.json', await encodeSnapshot({ ...ours, cluster: 'staging' }));
  for (const command of ['publish', 'failover']) {
    const run = await cli.run(command, '--file', 'staging.json', '--yes');
    expect(run.code).toBe(2);
    expect(run.err).toMatch(/staging/);
  }
});
