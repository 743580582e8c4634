import { describe, expect, it } from 'vitest';
import { createFakeCli } from '../../fakes/cli.ts';

const head = '$ORIGIN cluster.local.\nkubernetes.default.svc 30 IN A 10.96.0.1\n';
const services = (count: number) =>
  Array.from({ length: count }, (_, i) => `s${i}.shop.svc 30 IN A 10.96.1.${i}\n`).join('');

async function plan(desired: string, current: string, ...more: readonly string[]) {
  const cli = createFakeCli();
  cli.files.set('a.zone', desired).set('b.zone', current);
  return cli.run('plan', '--desired', 'a.zone', '--current', 'b.zone', ...more);
}

describe('plan over two files', () => {
  it.each([
    ['unchanged', head + services(3), head + services(3), 0, 0],
    ['ready', head + services(4), head + services(3), 0, 1],
    ['held', head, head + services(20), 3, 0],
    ['refused', `$ORIGIN cluster.local.\n${services(3)}`, head + services(3), 3, 0],
  ])('prints one object with the status %s', async (status, desired, current, code, changes) => {
    const run = await plan(desired, current, '--json');
    expect(run.code).toBe(code);
    const object = run.json() as { readonly changes: readonly unknown[]; readonly findings: readonly object[] };
    expect(object).toMatchObject({ status, checksum: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(object.changes).toHaveLength(changes);
    for (const finding of object.findings) {
      expect(finding).toMatchObject({
        guard: expect.any(String),
        reason: expect.any(String),
        numbers: expect.any(Object),
      });
    }
  });

  it('lists changes and held deletes for people', async () => {
    const run = await plan(`${head}new.shop.svc 30 IN A 10.96.2.1\n`, head + services(20));
    expect(run.out).toContain('1 to create, 0 to replace, 0 to delete, 20 held');
    expect(run.out).toContain('+ new.shop.svc A 30 s 10.96.2.1');
    expect(run.out).toMatch(/! s0\.shop\.svc A .*held/);
  });

  it('holds every delete of a cluster that is not healthy', async () => {
    const run = await plan(head + services(9), head + services(10), '--cluster-unhealthy', '--json');
    expect(run.code).toBe(3);
    expect(run.json()).toMatchObject({ status: 'held', changes: [] });
  });

  it.each([
    ['a bad line', `${head}web.shop.svc 30 IN A 10.96.0\n`, 'a.zone: line 3'],
    ['another zone', '$ORIGIN other.local.\nx.svc 30 IN A 10.0.0.1\n', 'must be the same zone'],
    ['no origin', 'web.shop.svc 30 IN A 10.96.0.9\n', 'a.zone: '],
  ])('says what is wrong with %s, exit code 2', async (_, desired, words) => {
    const run = await plan(desired, head);
    expect(run.code).toBe(2);
    expect(run.err).toContain(words);
  });

  it.each([['1.5'], ['-1'], ['much']])('refuses --max-delete-share %s', async (share) => {
    const run = await plan(head, head, `--max-delete-share=${share}`);
    expect(run.code).toBe(2);
    expect(run.err).toContain('from 0 to 1');
  });

  it('says which file is missing', async () => {
    const run = await createFakeCli().run('plan', '--desired', 'nowhere.zone', '--current', 'b.zone', '--json');
    expect(run.code).toBe(2);
    expect(run.json()).toMatchObject({ error: { code: 'input', message: expect.stringContaining('nowhere.zone') } });
  });
});

describe('plan against the standby', () => {
  it('reads the current side from the standby', async () => {
    const cli = createFakeCli();
    await cli.run('snapshot', 'take');
    const run = await cli.run('plan', '--json');
    expect(run.json()).toMatchObject({ standby: cli.fake.provider.label, status: 'ready' });
    expect(cli.fake.provider.contents()).toEqual([]);
  });

  it('wants a snapshot first', async () => {
    const run = await createFakeCli().run('plan');
    expect(run.code).toBe(2);
    expect(run.err).toContain('lifeboat snapshot take');
  });
});
