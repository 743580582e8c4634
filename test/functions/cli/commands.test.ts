import { describe, expect, it } from 'vitest';
import { probeRound } from '../../../functions/tasks/loop/probe-round.ts';
import {
  importPrivateKey,
  importPublicKey,
  isPair,
  type VantageKeys,
} from '../../../functions/vantage/protocol/keys.ts';
import { createFakeCli, type FakeCli } from '../../fakes/cli.ts';
import { asStandby } from '../../fakes/cluster.ts';

const markerOf = async (cli: FakeCli) => (await cli.fake.provider.readMarker(new AbortController().signal)).marker;

describe('usage', () => {
  it.each([
    [['--help'], 0],
    [['--version'], 0],
    [['frobnicate'], 2],
    [['plan', '--frobnicate'], 2],
    [['wiring', 'iptables'], 2],
    [['publish', '--snapshot', 'x'], 2],
    [['snapshot', 'show', 'x'], 2],
    [['status', '--cluster', 'nobody'], 2],
  ])('%j exits with %i', async (argv, code) => {
    expect((await createFakeCli().run(...argv)).code).toBe(code);
  });

  it('names the clusters there are', async () => {
    expect((await createFakeCli().run('status', '--cluster', 'nobody')).err).toContain('prod');
  });
});

describe('init', () => {
  it('writes a configuration, and never over one', async () => {
    const cli = createFakeCli();
    expect((await cli.run('init')).code).toBe(0);
    expect(cli.files.get('lifeboat.config.ts')).toContain('defineConfig');
    cli.files.set('lifeboat.config.ts', 'mine');
    expect((await cli.run('init')).code).toBe(2);
    expect(cli.files.get('lifeboat.config.ts')).toBe('mine');
  });
});

describe('vantage keygen', () => {
  it('prints a key pair, and the entry of the configuration', async () => {
    const { code, out } = await createFakeCli().run('vantage', 'keygen', '--id', 'attic');
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}[A-Za-z0-9_-]{43}$/m);
    expect(out).toMatch(/\{ kind: 'inside', id: 'attic', group: 'dc', publicKey: '[A-Za-z0-9_-]{43}' \},/);
  });

  it('prints keys that belong together', async () => {
    const keys = (await createFakeCli().run('vantage', 'keygen', '--json')).json() as VantageKeys;
    expect(await isPair(await importPrivateKey(keys.privateKey), await importPublicKey(keys.publicKey))).toBe(true);
  });

  it('comes before everything else: without a key there is no vantage', async () => {
    expect((await createFakeCli().run('vantage')).code).toBe(2);
  });
});

describe('snapshot', () => {
  it('takes, lists, shows and exports what publish reads back', async () => {
    const cli = createFakeCli();
    expect((await cli.run('snapshot', 'take', '--json')).json()).toMatchObject({ status: 'taken', number: 1 });
    expect((await cli.run('snapshot', 'take', '--json')).json()).toMatchObject({ status: 'unchanged', number: 1 });
    cli.fake.services.set('api.shop', '10.96.0.11');
    expect((await cli.run('snapshot', 'take', '--json')).json()).toMatchObject({ status: 'taken', number: 2 });
    expect((await cli.run('snapshot', 'list', '--json')).json()).toMatchObject([{ number: 2 }, { number: 1 }]);
    expect((await cli.run('snapshot', 'show', '1')).out).toContain('2 records');
    expect((await cli.run('snapshot', 'show', '7')).code).toBe(2);
    for (const [format, file] of [
      ['zone', 'out.zone'],
      ['json', 'out.json'],
    ] as const) {
      expect((await cli.run('snapshot', 'export', '--format', format, '-o', file)).code).toBe(0);
      const other = createFakeCli();
      other.files.set(file, cli.files.get(file) ?? '');
      expect((await other.run('publish', '--file', file, '--yes')).code).toBe(0);
      expect(other.fake.provider.contents().map(({ name }) => name)).toContain('api.shop.svc.cluster.local.');
    }
  });

  it('says why none was taken', async () => {
    const cli = createFakeCli();
    cli.fake.captureRefusal = 'SERVFAIL from 10.0.0.10:53: unsynced';
    const run = await cli.run('snapshot', 'take');
    expect(run.code).toBe(3);
    expect(run.err).toContain('unsynced');
  });
});

describe('publish', () => {
  it('shows the plan and asks; nothing is written without a yes', async () => {
    const cli = createFakeCli();
    await cli.run('snapshot', 'take');
    const run = await cli.run('publish');
    expect(run.code).toBe(3);
    expect(run.out).toContain('2 to create');
    expect(cli.questions).toHaveLength(1);
    expect(await markerOf(cli)).toBeUndefined();
    cli.yes = true;
    expect((await cli.run('publish')).code).toBe(0);
    expect(await markerOf(cli)).toMatchObject({ phase: 'warm', snapshot: 1 });
  });

  it('applies the approved plan and no other', async () => {
    const cli = createFakeCli();
    await cli.run('snapshot', 'take');
    const { checksum } = (await cli.run('plan', '--json')).json() as { readonly checksum: string };
    const other = await cli.run('publish', '--yes', '--approve', `sha256:${'0'.repeat(64)}`);
    expect(other.code).toBe(3);
    expect(other.out).toContain('conflict');
    expect(await markerOf(cli)).toBeUndefined();
    expect((await cli.run('publish', '--yes', '--approve', checksum)).code).toBe(0);
  });

  it('deletes nothing while the cluster is not healthy', async () => {
    const cli = createFakeCli();
    await cli.run('snapshot', 'take');
    await cli.run('publish', '--yes');
    cli.fake.services.delete('web.shop');
    cli.fake.services.set('new.shop', '10.96.0.12');
    await cli.run('snapshot', 'take');
    cli.fake.weather = 'api-down';
    expect((await cli.run('publish', '--yes')).code).toBe(3);
    const names = () => cli.fake.provider.contents().map(({ name }) => name);
    expect(names()).toEqual(expect.arrayContaining(['web.shop.svc.cluster.local.', 'new.shop.svc.cluster.local.']));
    cli.fake.weather = 'calm';
    expect((await cli.run('publish', '--yes')).code).toBe(0);
    expect(names()).not.toContain('web.shop.svc.cluster.local.');
  });
});

describe('failover and failback', () => {
  it('ask first, freeze, are refused while it is bad, and thaw', async () => {
    const cli = createFakeCli();
    cli.fake.weather = 'api-down';
    expect((await cli.run('failover')).code).toBe(3);
    expect(await markerOf(cli)).toBeUndefined();
    cli.yes = true;
    const over = await cli.run('failover', '--why', 'drill');
    expect(over.code).toBe(0);
    expect(await markerOf(cli)).toMatchObject({ phase: 'frozen', activation: 1 });
    expect(cli.fake.sent.map(({ alert }) => alert.action)).toContain('trigger');
    expect((await cli.run('publish', '--yes')).out).toContain('frozen');
    cli.fake.weather = 'calm';
    const back = await cli.run('failback', '--json', '--yes');
    expect(back.code).toBe(0);
    expect(back.json()).toMatchObject({ status: 'accepted', phase: 'watching' });
    expect(await markerOf(cli)).toMatchObject({ phase: 'warm' });
  });

  it('fails over with nothing but a file', async () => {
    const cli = createFakeCli();
    cli.fake.weather = 'api-down';
    cli.fake.captureRefusal = 'gone';
    cli.files.set(
      'last.zone',
      '$ORIGIN cluster.local.\nkubernetes.default.svc 30 IN A 10.96.0.1\nweb.shop.svc 30 IN A 10.96.0.9\n',
    );
    expect((await cli.run('failover', '--file', 'last.zone', '--yes')).code).toBe(0);
    expect(await markerOf(cli)).toMatchObject({ phase: 'frozen', snapshot: 1 });
    expect(cli.fake.provider.contents().map(({ name }) => name)).toContain('web.shop.svc.cluster.local.');
  });

  it('fails over with what dig prints of a transfer: glue told from the Service, the rest told', async () => {
    const cli = createFakeCli();
    cli.fake.weather = 'api-down';
    cli.fake.captureRefusal = 'gone';
    const soa = 'cluster.local.\t30\tIN\tSOA\tns.dns.cluster.local. hostmaster.cluster.local. 1795 7200 1800 86400 30';
    const dump = [
      '',
      '; <<>> DiG 9.18 <<>> @10.244.0.9 cluster.local AXFR',
      ';; global options: +cmd',
      soa,
      'cluster.local. 30 IN NS kube-dns.kube-system.svc.cluster.local.',
      'kube-dns.kube-system.svc.cluster.local. 0 IN A 10.96.0.10',
      'kube-dns.kube-system.svc.cluster.local. 30 IN A 10.96.0.10',
      'kubernetes.default.svc.cluster.local. 30 IN A 10.96.0.1',
      'hl.shop.svc.cluster.local. 30 IN A 10.244.0.6',
      'hl.shop.svc.cluster.local. 30 IN A 10.244.0.6',
      'hl.shop.svc.cluster.local. 5 IN A 10.244.0.7',
      'web.shop.svc.cluster.local. 30 IN TYPE65 \\# 3 000100',
      soa,
      ';; Query time: 0 msec',
    ];
    cli.files.set('dump.txt', dump.join('\n'));
    const run = await cli.run('failover', '--file', 'dump.txt', '--yes');
    expect(run.code).toBe(0);
    expect(run.err).toContain('dump.txt: left out: web.shop.svc.cluster.local. TYPE65 (1): a type that is not');
    const held = new Map(cli.fake.provider.contents().map((set) => [set.name as string, set.values]));
    expect(held.get('kube-dns.kube-system.svc.cluster.local.')).toEqual(['10.96.0.10']);
    expect(held.get('hl.shop.svc.cluster.local.')).toEqual(['10.244.0.6', '10.244.0.7']);
    cli.files.set('cut.txt', [...dump.slice(0, 9), '; Transfer failed.'].join('\n'));
    const cut = await cli.run('failover', '--file', 'cut.txt', '--yes');
    expect(cut.code).toBe(2);
    expect(cut.err).toContain('cut.txt is a transfer that was cut');
  });

  it('has nothing to give back in peace', async () => {
    const run = await createFakeCli().run('failback', '--yes');
    expect(run.code).toBe(3);
    expect(run.out).toContain('nothing to give back');
  });
});

describe('a failback without a watch', () => {
  const failedOver = async () => {
    const cli = createFakeCli();
    await cli.run('failover', '--yes');
    return cli;
  };

  it('looks as often as the policy asks for, at the pace of the watch, and shows what is known', async () => {
    const cli = await failedOver();
    const before = cli.fake.ports.clock.now();
    const run = await cli.run('failback', '--yes');
    expect(run.code).toBe(0);
    expect(run.err.match(/looking on: .*/g)).toEqual(
      [1, 2, 3, 4, 5].map((rounds) => `looking on: the API server is healthy for ${rounds} of 6 rounds`),
    );
    expect(cli.fake.ports.clock.now() - before).toBeGreaterThanOrEqual(25_000);
  });

  it('ends at the first round that is not healthy', async () => {
    const cli = await failedOver();
    cli.fake.weather = 'credential';
    const run = await cli.run('failback', '--yes');
    expect([run.code, run.err.match(/looking on/g)]).toEqual([3, null]);
    expect(run.out).toContain('known now: the API server is healthy for 1 of 6 rounds');
    expect(run.out).toMatch(/failback refused: nothing is known of the API server since .*--force/);
    expect(await markerOf(cli)).toMatchObject({ phase: 'frozen' });
  });

  it('does not look on when it is forced, which its question says', async () => {
    const cli = await failedOver();
    const asked = await cli.run('failback', '--force');
    expect([asked.code, cli.questions.at(-1)]).toEqual([3, expect.stringContaining('Forced')]);
    const run = await cli.run('failback', '--force', '--yes');
    expect([run.code, run.err.match(/looking on/g)]).toEqual([0, null]);
    expect(run.out).toMatch(/forced although the API server is healthy for 1 of 6 rounds/);
    expect(await markerOf(cli)).toMatchObject({ phase: 'warm' });
  });
});

it('gives back right after a capture', async () => {
  const cli = createFakeCli();
  await cli.run('failover', '--yes');
  expect((await cli.run('failback', '--yes')).code).toBe(0);
  expect(await markerOf(cli)).toMatchObject({ phase: 'warm' });
});

describe('hold and release', () => {
  it('stop the machine and let it go on', async () => {
    const cli = createFakeCli();
    expect((await cli.run('release', '--yes')).code).toBe(3);
    expect((await cli.run('hold', '--yes', '--why', 'maintenance', '--json')).json()).toMatchObject({ phase: 'held' });
    cli.fake.weather = 'api-down';
    for (let i = 0; i < 10; i++) {
      await probeRound(cli.fake.ports, () => {});
      cli.fake.pass(5000);
    }
    expect(await markerOf(cli)).toBeUndefined();
    const released = await cli.run('release', '--yes', '--json');
    expect(released.code).toBe(0);
    expect(released.json()).toMatchObject({ status: 'accepted' });
  });
});

describe('a hold for a time', () => {
  it('says when it ends, and ends by itself in the next step', async () => {
    const cli = createFakeCli();
    const asked = await cli.run('hold', '--for', '30m');
    expect([asked.code, cli.questions.at(-1)]).toEqual([3, expect.stringContaining('It ends by itself after 30 min.')]);
    const run = await cli.run('hold', '--for', '30m', '--yes');
    expect([run.code, run.out]).toEqual([0, expect.stringMatching(/hold accepted: .* for 30 min until 20.*Z/)]);
    expect((await cli.run('status')).out).toMatch(/held.*until 20/);
    cli.fake.pass(1_800_000);
    await probeRound(cli.fake.ports, () => {});
    expect((await cli.run('status', '--json')).json()).toMatchObject({ phase: 'watching', holdUntil: null });
  });

  it.each(['soon', '30', '5s', '8d'])('takes no %s', async (time) => {
    const run = await createFakeCli().run('hold', '--yes', '--for', time);
    expect([run.code, run.err]).toEqual([2, expect.stringContaining('want a time from 1 min to 7 d, like 30m')]);
  });
});

describe('status', () => {
  it.each([
    ['calm', 0],
    ['api-down', 5],
    ['credential', 6],
  ] as const)('%s exits with %i', async (weather, code) => {
    const cli = createFakeCli();
    cli.fake.weather = weather;
    await probeRound(cli.fake.ports, () => {});
    const run = await cli.run('status', '--json');
    expect(run.code).toBe(code);
    expect(run.json()).toMatchObject({ cluster: 'prod', phase: expect.any(String), markers: [expect.any(Object)] });
  });

  it('shows alerts that have not arrived', async () => {
    const cli = createFakeCli();
    cli.fake.answer = { status: 'retry', reason: 'the pager answered 503' };
    cli.fake.weather = 'api-down';
    await cli.run('failover', '--yes');
    expect((await cli.run('status')).out).toMatch(/alert waits for oncall: .*the pager answered 503/);
  });

  it('lists held deletes with their age', async () => {
    const cli = createFakeCli();
    for (const name of ['a', 'b', 'c', 'd']) cli.fake.services.set(`${name}.lost`, '10.96.3.1');
    await cli.run('snapshot', 'take');
    await cli.run('publish', '--yes');
    for (const name of ['a', 'b', 'c', 'd']) cli.fake.services.delete(`${name}.lost`);
    await cli.run('snapshot', 'take');
    expect((await cli.run('publish', '--yes')).code).toBe(3);
    cli.fake.pass(7_200_000);
    const { out } = await cli.run('status');
    expect(out).toContain('delete held back for 2 h by delete-share: a.lost.svc.cluster.local. A');
    const { held } = (await cli.run('status', '--json')).json() as { readonly held: object };
    expect(Object.values(held)[0]).toMatchObject({ changes: Array(4).fill({ release: 'possible', wants: [] }) });
  });

  it('is unknown when no watch has looked for a while', async () => {
    const cli = createFakeCli();
    await probeRound(cli.fake.ports, () => {});
    cli.fake.pass(600_000);
    expect((await cli.run('status')).code).toBe(6);
  });
});

describe('check', () => {
  it('is fine when all is well', async () => {
    const run = await createFakeCli().run('check', '--json');
    expect(run.json()).toContainEqual(expect.objectContaining({ subject: 'zone transfer', status: 'ok' }));
    expect(run.code).toBe(0);
  });

  it('refuses a CoreDNS without failover', async () => {
    const run = await createFakeCli().run('check', '--coredns-version', 'v1.11.3');
    expect(run.code).toBe(5);
    expect(run.out).toContain('1.13.0');
  });

  it('fails for a refused credential', async () => {
    const cli = createFakeCli();
    cli.fake.weather = 'credential';
    expect((await cli.run('check')).code).toBe(5);
  });
});

describe('without the store of before', () => {
  /** Another machine with the configuration and nothing else, and the zone as the first one left it. */
  const elsewhere = (cli: FakeCli) => {
    const other = createFakeCli();
    other.ports = { standbys: [asStandby(cli.fake.provider)] };
    return other;
  };

  it('gives a frozen standby back', async () => {
    const cli = createFakeCli();
    expect((await cli.run('failover', '--yes')).code).toBe(0);
    const other = elsewhere(cli);
    const run = await other.run('failback', '--yes');
    expect([run.code, await markerOf(cli)]).toMatchObject([0, { phase: 'warm' }]);
  });

  it('takes over a zone that was left in the middle of an update', async () => {
    const cli = createFakeCli();
    await cli.run('failover', '--yes');
    const { provider } = cli.fake;
    const marker = (await markerOf(cli)) ?? expect.fail();
    const next = { ...marker, generation: marker.generation + 1, phase: 'partial' } as const;
    await provider.apply({ expected: marker, next, changes: [] }, new AbortController().signal);
    const other = elsewhere(cli);
    expect((await other.run('snapshot', 'take')).code).toBe(0);
    expect((await other.run('publish', '--yes')).code).toBe(3);
    other.fake.pass(60_000);
    expect((await other.run('failback', '--yes')).code).toBe(0);
    expect((await other.run('publish', '--yes')).code).toBe(0);
    expect(await markerOf(cli)).toMatchObject({ phase: 'warm' });
  });

  it('fails over with a number that the zone has not seen', async () => {
    const cli = createFakeCli();
    expect((await cli.run('failover', '--yes')).code).toBe(0);
    const other = elsewhere(cli);
    expect((await other.run('failover', '--yes')).code).toBe(0);
    expect(await markerOf(cli)).toMatchObject({ phase: 'frozen', activation: 2 });
  });
});
