// The real parts start, serve, break and come back: what every other cluster test builds on. It knows nothing of Lifeboat.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../lab/binaries/dns-servers.ts';
import { type Coredns, plainCorefile, startCoredns } from '../../lab/processes/coredns.ts';
import { addressesOf, queryUdp } from '../../lab/processes/dns-client.ts';
import { type Etcd, startEtcd } from '../../lab/processes/etcd.ts';
import { type Authoritative, startKnot } from '../../lab/processes/knot.ts';
import { type KubeApiserver, startKubeApiserver } from '../../lab/processes/kube-apiserver.ts';
import { expectStatus, forEachLimited } from '../../lab/processes/kubernetes-client.ts';
import type { Running } from '../../lab/processes/process.ts';
import { createRunFolder } from '../../lab/processes/run-folder.ts';
import { startTcpProxy } from '../../lab/processes/tcp-proxy.ts';
import { createTsigKey, type TsigKey } from '../../lab/processes/zone.ts';
import { startClients } from '../../lab/scenario/clients.ts';
import { judge } from '../../lab/scenario/judge.ts';
import { createSeededRandom } from '../../lab/scenario/random.ts';
import { startWorkload } from '../../lab/scenario/workload.ts';
import { startBind } from '../processes/bind.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const dig = system.status === 'ready' ? system.servers.dig : undefined;
const zone = 'cluster.local';
const services = 50;

/** dig's transfer of the zone, with the key or without; its standard output. */
function transfer(dig: string, server: Coredns | Authoritative, key?: TsigKey): string {
  const { host, port } = server.address;
  const y = key ? ['-y', `${key.algorithm}:${key.name}:${key.secret}`] : [];
  return execFileSync(dig, ['+time=5', '+tries=1', '+onesoa', '-p', String(port), `@${host}`, ...y, zone, 'AXFR'], {
    encoding: 'utf8',
  });
}

describe.skipIf(built.status === 'absent')('real cluster parts', () => {
  const running: Running[] = [];
  const runFolder = createRunFolder();
  const key = createTsigKey('watchdog.test.');
  let etcd: Etcd;
  let api: KubeApiserver;
  let replicas: readonly Coredns[];

  beforeAll(async () => {
    if (built.status === 'absent') return;
    etcd = await startEtcd({ program: built.parts.etcd, runFolder });
    running.push(etcd);
    api = await startKubeApiserver({
      program: built.parts.kubeApiserver,
      runFolder,
      etcdUrl: etcd.url,
      overloadable: true,
    });
    running.push(api);
    const kubeconfig = join(runFolder, 'coredns.kubeconfig');
    api.writeKubeconfig(kubeconfig, 'coredns');
    replicas = await Promise.all(
      ['coredns-1', 'coredns-2'].map((name) =>
        startCoredns({
          program: built.parts.coredns,
          runFolder,
          name,
          zone,
          corefile: ({ address, readyPort }) =>
            plainCorefile({ zone, address, readyPort, kubeconfig, transferKey: key }),
        }),
      ),
    );
    running.push(...replicas);
    expectStatus(await api.admin.createNamespace('shop'), 'namespace shop');
    const indices = Array.from({ length: services }, (_, i) => i);
    await forEachLimited(indices, 8, async (i) => {
      const name = `web-${i}`;
      const clusterIP = `10.96.1.${i}`;
      expectStatus(await api.admin.createService({ namespace: 'shop', name, clusterIP }), name);
      const endpoints = [{ address: `10.244.1.${i}` }];
      expectStatus(await api.admin.createEndpointSlice({ namespace: 'shop', serviceName: name, endpoints }), name);
    });
  });

  afterAll(async () => {
    await Promise.all(running.map((part) => part.kill()));
  });

  const ask = async (server: Coredns, name: string, timeoutMs = 1_000) =>
    queryUdp(server.address, `${name}.svc.${zone}`, 'A', timeoutMs);

  it('gives every identity what it needs and no more', async () => {
    const status = async (identity: 'watchdog' | 'noisy' | 'coredns', method: string, path: string, body?: unknown) => {
      const client = api.client(identity);
      const response = body === undefined ? await client.request(method, path) : await client.patch(path, body);
      client.close();
      return response.status;
    };
    const probe = '/api/v1/namespaces/lifeboat/configmaps/lifeboat-probe';
    const slices = '/apis/discovery.k8s.io/v1/endpointslices';
    expect(await status('watchdog', 'GET', '/readyz?verbose')).toBe(200);
    expect(await status('watchdog', 'GET', '/api/v1/namespaces/default')).toBe(200);
    expect(await status('watchdog', 'GET', '/api/v1/namespaces/shop')).toBe(403);
    expect(await status('watchdog', 'PATCH', probe, { data: { beat: '1' } })).toBe(200);
    expect(await status('watchdog', 'GET', slices)).toBe(403);
    expect(await status('noisy', 'GET', slices)).toBe(200);
    expect(await status('noisy', 'GET', '/api/v1/services')).toBe(403);
  });

  it('takes client certificates of its own authority', async () => {
    const identity = await api.authority.issueClient('watchdog', []);
    const client = api.client(identity);
    expect((await client.request('GET', '/api/v1/namespaces/default')).status).toBe(200);
    client.close();
  });

  it('answers from both replicas', async () => {
    expect((await api.admin.listAll('/api/v1/namespaces/shop/services')).length).toBe(services);
    for (const replica of replicas) {
      await expect.poll(async () => addressesOf(await ask(replica, 'web-49.shop'))).toEqual(['10.96.1.49']);
      expect((await ask(replica, 'kubernetes.default')).rcode).toBe('NOERROR');
      expect((await ask(replica, 'nobody.shop')).rcode).toBe('NXDOMAIN');
    }
  });

  it.skipIf(dig === undefined)('transfers the zone with the key and not without', () => {
    if (dig === undefined) return;
    for (const replica of replicas) {
      const text = transfer(dig, replica, key);
      expect(text.match(/^web-\d+\.shop\.svc\.cluster\.local\.\s+\d+\s+IN\s+A\s/gm)?.length).toBe(services);
      expect(text).not.toMatch(/tsig verify failure|could not be validated/i);
      expect(transfer(dig, replica)).toMatch(/Transfer failed/);
    }
  });

  it.skipIf(system.status === 'absent')('keeps an updated zone in Knot and in BIND, over kill -9', async () => {
    if (system.status === 'absent') return;
    const { servers } = system;
    const common = { runFolder, zone, key };
    const standbys = [
      await startKnot({ ...common, knotd: servers.knotd }),
      await startBind({ ...common, named: servers.named }),
    ];
    running.push(...standbys);
    for (const standby of standbys) {
      update(standby, key, `add kept.shop.svc.${zone}. 30 A 10.9.8.7`);
      await standby.restart();
      const reply = await queryUdp(standby.address, `kept.shop.svc.${zone}`, 'A', 1_000);
      expect(addressesOf(reply), standby.name).toEqual(['10.9.8.7']);
      if (dig) expect(transfer(dig, standby, key), standby.name).toContain('10.9.8.7');
      await standby.stop();
      expect(standby.alive).toBe(false);
    }
  });

  it('passes a workload that clients see truly', async () => {
    const seed = Number(process.env.LIFEBOAT_SEED ?? Date.now() % 1_000_000);
    console.log(`smoke: seed ${seed}`);
    const random = createSeededRandom(seed);
    const workload = await startWorkload({
      client: api.admin,
      random,
      zone,
      namespaces: ['north', 'south'],
      services: 40,
      perSecond: 20,
    });
    const server = (replicas[0] as Coredns).address;
    const clients = startClients({
      server,
      names: workload.names,
      perSecond: 100,
      random: createSeededRandom(seed + 1),
    });
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    await workload.stop();
    const lookups = await clients.stop();
    const counts = workload.counts();
    console.log(`smoke: ${lookups.length} lookups, ${JSON.stringify(counts)}`);
    const history = workload.history();
    const { failed, wrong } = judge({ history, lookups, lagMs: 1_000 });
    expect({ failed, wrong }).toEqual({ failed: [], wrong: [] });
    expect(counts.reused).toBeGreaterThan(5);
    expect(counts.unknown).toBe(0);
    expect(judge({ history: new Map(), lookups, lagMs: 1_000 }).wrong.length).toBeGreaterThan(100);
  });

  it('stalls one connection by a proxy and lets it go on', async () => {
    const proxy = await startTcpProxy({ host: api.host, port: api.port });
    const client = api.client('watchdog', { url: `https://127.0.0.1:${proxy.port}`, timeoutMs: 500 });
    const get = () =>
      client.request('GET', '/api/v1/namespaces/default').then(
        ({ status }) => status,
        () => 'none',
      );
    expect(await get()).toBe(200);
    proxy.set({ kind: 'stall' });
    expect(await get()).toBe('none');
    proxy.set({ kind: 'refuse' });
    expect(await get()).toBe('none');
    proxy.set({ kind: 'pass' });
    expect(await get()).toBe(200);
    client.close();
    await proxy.close();
  });

  it('freezes, thaws, kills and restarts', async () => {
    const [first, second] = replicas as readonly [Coredns, Coredns];
    const impatient = api.client('watchdog', { timeoutMs: 500 });
    api.freeze();
    await expect(impatient.request('GET', '/readyz')).rejects.toThrow();
    expect((await ask(first, 'web-1.shop')).rcode).toBe('NOERROR');
    api.thaw();
    await expect
      .poll(
        () =>
          impatient.request('GET', '/readyz').then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 5_000 },
      )
      .toBe(200);

    second.freeze();
    expect((await ask(second, 'web-1.shop', 500)).rcode).toBe('TIMEOUT');
    await second.kill();
    expect((await ask(second, 'web-1.shop', 500)).rcode).toBe('UNREACHABLE');
    await second.restart();
    expect((await ask(second, 'web-1.shop')).rcode).toBe('NOERROR');

    await api.kill();
    await second.restart({ wait: false });
    await expect.poll(async () => (await ask(second, 'web-1.shop')).rcode, { timeout: 15_000 }).toBe('SERVFAIL');
    expect(await second.readyStatus()).toBe(503);
    await api.restart();
    await expect.poll(async () => (await ask(second, 'web-1.shop')).rcode, { timeout: 15_000 }).toBe('NOERROR');
    impatient.close();
  });
});

/** nsupdate with the key; throws when the server does not answer NOERROR. */
function update(standby: Authoritative, key: TsigKey, change: string): void {
  const { host, port } = standby.address;
  const script = [
    `server ${host} ${port}`,
    `zone ${zone}.`,
    `key ${key.algorithm}:${key.name} ${key.secret}`,
    change,
    'send',
    '',
  ];
  execFileSync('nsupdate', { input: script.join('\n'), stdio: 'pipe' });
}
