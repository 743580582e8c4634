// The embedded API server beside the real one: the same cases on both, started by the same driver; and the real CoreDNS fed by the embedded
// one, through changes, an absence and a restart.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../lab/binaries/build.ts';
import { type Coredns, plainCorefile, startCoredns } from '../../lab/processes/coredns.ts';
import { addressesOf, queryUdp } from '../../lab/processes/dns-client.ts';
import { startEtcd } from '../../lab/processes/etcd.ts';
import { type KubeApiserver, startKubeApiserver } from '../../lab/processes/kube-apiserver.ts';
import { expectStatus } from '../../lab/processes/kubernetes-client.ts';
import type { Program, Running } from '../../lab/processes/process.ts';
import { createRunFolder } from '../../lab/processes/run-folder.ts';
import { loadEndpointSlices, startOverload } from '../../lab/scenario/overload.ts';
import { apiCases } from '../lab/simulators/kube-apiserver/cases/all.ts';

const built = await ensureParts();
const zone = 'cluster.local';
const embedded: Program = [process.execPath, join(import.meta.dirname, '../../lab/simulators/kube-apiserver/main.ts')];

describe.skipIf(built.status === 'absent').each(['real', 'embedded'] as const)('the %s API server', (which) => {
  const running: Running[] = [];
  let api: KubeApiserver;

  beforeAll(async () => {
    if (built.status === 'absent') return;
    const runFolder = createRunFolder();
    if (which === 'embedded') api = await startKubeApiserver({ program: embedded, runFolder });
    else {
      const etcd = await startEtcd({ program: built.parts.etcd, runFolder });
      running.push(etcd);
      api = await startKubeApiserver({ program: built.parts.kubeApiserver, runFolder, etcdUrl: etcd.url });
    }
    running.push(api);
  });

  afterAll(() => Promise.all(running.map((part) => part.kill())));

  it.each(apiCases.map((each, i) => ({ ...each, namespace: `case-${i}` })))('$name', async ({ run, namespace }) => {
    expectStatus(await api.admin.createNamespace(namespace), namespace);
    await run(api, namespace);
  });
});

describe.skipIf(built.status === 'absent')('the real CoreDNS on the embedded API server', () => {
  const runFolder = createRunFolder();
  let api: KubeApiserver;
  let coredns: Coredns;

  beforeAll(async () => {
    if (built.status === 'absent') return;
    api = await startKubeApiserver({ program: embedded, runFolder, overloadable: true });
    expectStatus(await api.admin.createNamespace('shop'), 'namespace shop');
    expectStatus(await api.admin.createService({ namespace: 'shop', name: 'web', clusterIP: '10.96.1.1' }), 'web');
    expectStatus(await api.admin.createService({ namespace: 'shop', name: 'db', clusterIP: 'None' }), 'db');
    const endpoints = [{ address: '10.244.0.1' }, { address: '10.244.0.2', ready: false }];
    expectStatus(await api.admin.createEndpointSlice({ namespace: 'shop', serviceName: 'db', endpoints }), 'db-1');
    const kubeconfig = join(runFolder, 'coredns.kubeconfig');
    api.writeKubeconfig(kubeconfig, 'coredns');
    coredns = await startCoredns({
      program: built.parts.coredns,
      runFolder,
      name: 'coredns',
      zone,
      corefile: ({ address, readyPort }) => plainCorefile({ zone, address, readyPort, kubeconfig }),
    });
  });

  afterAll(() => Promise.all([coredns?.kill(), api?.kill()]));

  const ask = async (name: string) => queryUdp(coredns.address, `${name}.svc.${zone}`, 'A', 1_000);
  const addresses = async (name: string) => addressesOf(await ask(name));
  const rcode = async (name: string) => (await ask(name)).rcode;

  it('answers from it', async () => {
    await expect.poll(() => addresses('web.shop')).toEqual(['10.96.1.1']);
    expect(await addresses('db.shop')).toEqual(['10.244.0.1']);
    expect(await addresses('kubernetes.default')).toEqual(['10.96.0.1']);
    expect(await rcode('nobody.shop')).toBe('NXDOMAIN');
  });

  it('follows changes', async () => {
    const endpoints = [{ address: '10.244.0.2' }, { address: '10.244.0.3' }];
    expectStatus(await api.admin.replaceEndpointSlice({ namespace: 'shop', serviceName: 'db', endpoints }), 'db-1');
    await expect.poll(async () => [...(await addresses('db.shop'))].sort()).toEqual(['10.244.0.2', '10.244.0.3']);
    expectStatus(await api.admin.deleteService('shop', 'web'), 'web');
    await expect.poll(() => rcode('web.shop')).toBe('NXDOMAIN');
    expectStatus(await api.admin.createService({ namespace: 'shop', name: 'web', clusterIP: '10.96.1.2' }), 'web');
    await expect.poll(() => addresses('web.shop')).toEqual(['10.96.1.2']);
  });

  it('follows changes also while one identity floods the API server, and cannot start anew then', async () => {
    await loadEndpointSlices(api.admin, { slices: 800, endpointsEach: 100 });
    const flood = await startOverload({ api, runFolder, connections: 200 });
    const watchdog = api.client('watchdog');
    const read = async () => (await watchdog.request('GET', '/api/v1/namespaces/default')).status;
    try {
      await expect.poll(read, { timeout: 20_000 }).toBe(429);
      expect((await watchdog.request('GET', '/readyz')).status).toBe(200);
      expectStatus(await api.admin.createService({ namespace: 'shop', name: 'late', clusterIP: '10.96.1.3' }), 'late');
      await expect.poll(() => addresses('late.shop'), { timeout: 10_000 }).toEqual(['10.96.1.3']);
      await coredns.restart({ wait: false });
      // A single list may find a place in the queue: it is unsynced as long as one of them does not.
      await expect.poll(() => coredns.readyStatus(), { timeout: 20_000 }).toBe(503);
    } finally {
      await flood.kill();
    }
    await expect.poll(() => coredns.readyStatus(), { timeout: 60_000 }).toBe(200);
    // Ready is told a moment before the first query is taken.
    await expect.poll(() => addresses('late.shop'), { timeout: 10_000 }).toEqual(['10.96.1.3']);
    watchdog.close();
  });

  it('answers on when the API server is gone, is unsynced after a restart, and comes back with it', async () => {
    await api.kill();
    expect(await addresses('web.shop')).toEqual(['10.96.1.2']);
    await coredns.restart({ wait: false });
    await expect.poll(() => rcode('web.shop'), { timeout: 20_000 }).toBe('SERVFAIL');
    expect(await coredns.readyStatus()).toBe(503);
    await api.restart();
    await expect.poll(() => addresses('web.shop'), { timeout: 30_000 }).toEqual(['10.96.1.2']);
    await expect.poll(() => coredns.readyStatus(), { timeout: 10_000 }).toBe(200);
    // Its watch goes on from the objects of before.
    expectStatus(await api.admin.deleteService('shop', 'web'), 'web');
    await expect.poll(() => rcode('web.shop'), { timeout: 10_000 }).toBe('NXDOMAIN');
  });
});
