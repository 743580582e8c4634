import { describe, expect, it } from 'vitest';
import { createFakeCli } from '../../../fakes/cli.ts';

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

  it('reads a live name that is spelled in numbers, and does not plan it away', async () => {
    const current = `${head}web.shop.svc 30 IN A 10.96.0.20\ncart.shop.svc 30 IN A 10.96.0.21\n`;
    const desired = `${head}web.shop.svc 30 CLASS1 TYPE1 \\# 4 0a600014\ncart.shop.svc 30 IN A 10.96.0.21\n`;
    expect((await plan(desired, current, '--json')).json()).toMatchObject({ status: 'unchanged', changes: [] });
  });

  it('tells what it does not read on either side', async () => {
    const web = 'web.shop.svc 30 IN A 10.96.0.20\n';
    const desired = `${head}${web}web.shop.svc 30 IN HTTPS 1 .\n`;
    const run = await plan(desired, `${head}${web}api.shop.svc 30 IN MX 5 mail\n`);
    expect(run.out).toContain('cluster.local. unchanged');
    expect(run.err).toContain('a.zone: left out: web.shop.svc.cluster.local. HTTPS (1)');
    expect(run.err).toContain('b.zone: left out: api.shop.svc.cluster.local. MX (1): not read: line 4');
  });

  it('tells the glue of a transfer from the Service of the same name', async () => {
    const service = 'kube-dns.kube-system.svc 30 IN A 10.96.0.10\n';
    const glue = `@ 30 IN NS kube-dns.kube-system.svc\nkube-dns.kube-system.svc 0 IN A 10.96.0.10\n`;
    expect((await plan(head + glue + service, head + service)).out).toContain('unchanged');
  });

  it('takes foreign names whatever octets they have', async () => {
    const run = await plan(`${head}has\\046dot.legacy 30 IN A 10.0.0.9\n`, head);
    expect(run.code).toBe(0);
    expect(run.err).toContain('left out: has\\046dot.legacy.cluster.local. A (1): outside svc.<zone>');
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
    expect(run.json()).toMatchObject({ standby: 'zonefile', status: 'ready' });
    expect(cli.fake.provider.contents()).toEqual([]);
  });

  it('wants a snapshot first', async () => {
    const run = await createFakeCli().run('plan');
    expect(run.code).toBe(2);
    expect(run.err).toContain('lifeboat snapshot take');
  });
});
