// Lifeboat's probes and its AXFR source against the real kube-apiserver, etcd and CoreDNS: what each fault looks like to them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Observation } from '../../functions/decision/health/observation.ts';
import { transfer } from '../../functions/dnswire/axfr.ts';
import { importTsigKey, type TsigKey } from '../../functions/dnswire/tsig.ts';
import { createClock, createRandom } from '../../functions/entry/platform-deps.ts';
import { formatEndpoint } from '../../functions/lib/endpoint.ts';
import type { Endpoint } from '../../functions/lib/network.ts';
import { createNodeNetwork } from '../../functions/networks/node.ts';
import { parseName } from '../../functions/records/name.ts';
import { createAxfrSource } from '../../functions/snapshot/sources/axfr.ts';
import { ensureParts } from '../../lab/binaries/build.ts';
import { type Coredns, plainCorefile, startCoredns } from '../../lab/processes/coredns.ts';
import { type Etcd, startEtcd } from '../../lab/processes/etcd.ts';
import { type KubeApiserver, startKubeApiserver } from '../../lab/processes/kube-apiserver.ts';
import { expectStatus } from '../../lab/processes/kubernetes-client.ts';
import type { Running } from '../../lab/processes/process.ts';
import { createRunFolder } from '../../lab/processes/run-folder.ts';
import { startTcpProxy, type TcpProxy } from '../../lab/processes/tcp-proxy.ts';
import { createTsigKey } from '../../lab/processes/zone.ts';
import { probeApiServer } from '../../probes/api-server.ts';
import type { DnsTarget } from '../../probes/dns.ts';
import { compareReplicas, probeServers, type ReplicasMemory } from '../../probes/dns-replicas.ts';
import { askCorednsSerial, createSerialAsker, type SerialTarget } from '../../probes/dns-serial.ts';
import { createIdentity } from '../../probes/identity.ts';
import { probeOpenTransfer } from '../../probes/open-transfer.ts';
import { answerFromZone, type FakeDnsServer, startDnsServer } from '../fakes/dns-server.ts';

const built = await ensureParts();
const zone = parseName('cluster.local');
const deps = { network: createNodeNetwork(), clock: createClock(), random: createRandom() };
const context = { cluster: 'test', vantage: 'here', group: 'here' };
const behindSeconds = 3;

describe.skipIf(built.status === 'absent')('probes on the real parts', () => {
  const running: Running[] = [];
  const runFolder = createRunFolder();
  const secret = createTsigKey('watchdog.test.');
  let key: TsigKey;
  let etcd: Etcd;
  let api: KubeApiserver;
  let proxy: TcpProxy;
  let standby: FakeDnsServer;
  let replicas: { readonly first: Coredns; readonly second: Coredns };

  type CorednsOptions = Parameters<typeof startCoredns>[0];
  const start = (name: string, corefile: CorednsOptions['corefile'], until: 'synced' | 'answering' = 'synced') => {
    if (built.status === 'absent') throw new Error(built.reason);
    return startCoredns({ program: built.parts.coredns, runFolder, name, zone: 'cluster.local', corefile, until }).then(
      (one) => {
        running.push(one);
        return one;
      },
    );
  };
  const plain =
    (kubeconfig: string): Parameters<typeof startCoredns>[0]['corefile'] =>
    ({ address, readyPort }) =>
      plainCorefile({ zone: 'cluster.local', address, readyPort, kubeconfig, transferKey: secret });

  beforeAll(async () => {
    if (built.status === 'absent') return;
    key = await importTsigKey(secret.name, secret.secret);
    etcd = await startEtcd({ program: built.parts.etcd, runFolder });
    running.push(etcd);
    api = await startKubeApiserver({ program: built.parts.kubeApiserver, runFolder, etcdUrl: etcd.url });
    running.push(api);
    proxy = await startTcpProxy({ host: api.host, port: api.port });
    const direct = join(runFolder, 'direct.kubeconfig');
    const proxied = join(runFolder, 'proxied.kubeconfig');
    api.writeKubeconfig(direct, 'coredns');
    api.writeKubeconfig(proxied, 'coredns', `https://127.0.0.1:${proxy.port}`);
    const [first, second] = await Promise.all([start('coredns-1', plain(direct)), start('coredns-2', plain(proxied))]);
    replicas = { first, second };
    const soa = {
      name: zone,
      type: 'SOA',
      ttlSeconds: 30,
      value: 'ns1.standby.test. hostmaster.standby.test. 7 1 1 1 30',
    } as const;
    standby = await startDnsServer(answerFromZone(soa, []));
    expectStatus(await api.admin.createNamespace('shop'), 'namespace shop');
    await touch(0);
  });

  afterAll(async () => {
    await Promise.all(running.map((part) => part.kill()));
    await Promise.all([proxy?.close(), standby?.close()]);
  });

  /** A change that moves every serial. */
  async function touch(i: number): Promise<void> {
    const name = `web-${i}`;
    expectStatus(await api.admin.createService({ namespace: 'shop', name, clusterIP: `10.96.7.${i}` }), name);
  }

  async function probeApi(token = api.tokens.watchdog) {
    const files = { [api.caFile]: api.authority.certificate, token };
    const readFile = async (path: string) => files[path as keyof typeof files] ?? '';
    const identity = createIdentity(
      { clock: deps.clock, readFile, execute: async () => '', readSecret: () => undefined },
      { kind: 'token', file: 'token' },
      { url: api.url },
    );
    const target = {
      url: api.url,
      ca: { file: api.caFile },
      readPath: '/api/v1/namespaces/default',
      write: { namespace: 'lifeboat', configMap: 'lifeboat-probe' },
      slowMs: 1000,
      timeoutMs: 1500,
    };
    return show(await probeApiServer({ ...deps, readFile, readSecret: () => undefined, identity }, target, context));
  }

  const target = (overrides: Partial<DnsTarget> = {}): DnsTarget & { behindSeconds: number } => ({
    zone,
    serialMethod: 'auto',
    probeNamespace: 'default',
    ttlSeconds: 30,
    knownName: 'kubernetes.default.svc',
    timeoutMs: 1000,
    tsig: key,
    behindSeconds,
    ...overrides,
  });
  const probeDns = async (servers: readonly Coredns[], memory: ReplicasMemory = {}, overrides?: Partial<DnsTarget>) => {
    const addresses = servers.map(({ address }) => address);
    const wanted = target(overrides);
    const seen = await probeServers(deps, addresses, wanted, context, memory);
    const round = compareReplicas(memory, seen, wanted.behindSeconds);
    show(round.observations);
    return round;
  };
  const captureFrom = (own: readonly Endpoint[]) =>
    createAxfrSource(
      { ...deps, askSerial: createSerialAsker(deps, target()) },
      {
        cluster: 'test',
        zone,
        servers: own,
        tsig: key,
        timeoutMs: 5000,
        maxBytes: 10_000_000,
        maxRecords: 10_000,
        mustHave: ['kubernetes.default.svc'],
        behindSeconds,
      },
    ).capture(own.map(formatEndpoint));

  it('finds everything healthy', async () => {
    expect(lines(await probeApi())).toEqual([
      'apiserver.connect up none',
      'apiserver.tls up none',
      'apiserver.live up none',
      'apiserver.ready up none',
      'apiserver.read up none',
      'apiserver.write up none',
    ]);
    const { observations } = await probeDns([replicas.first, replicas.second]);
    expect(lines(observations)).toEqual([
      'dns.answer up none',
      'dns.serial up none',
      'dns.answer up none',
      'dns.serial up none',
    ]);
  });

  it('gets the same serial by all three ways', async () => {
    const serials = [];
    for (const serialMethod of ['random-name', 'pod-txt', 'ixfr'] as const) {
      const outcome = await ask(replicas.first, { serialMethod });
      console.log(outcome.evidence);
      expect(outcome).toMatchObject({ status: 'serial', method: serialMethod });
      serials.push(outcome.status === 'serial' ? outcome.serial : 0);
    }
    expect(new Set(serials).size).toBe(1);
  });

  it('captures with the key, and says why it cannot without', async () => {
    const { first, second } = replicas;
    const captured = await captureFrom([first.address, second.address]);
    if (captured.status !== 'captured') throw new Error(JSON.stringify(captured));
    console.log(
      JSON.stringify({ ...captured, snapshot: { ...captured.snapshot, rrsets: captured.snapshot.rrsets.length } }),
    );
    expect(captured.snapshot.rrsets.map(({ name }) => name)).toContain('web-0.shop.svc.cluster.local.');
    expect(captured.snapshot.origin).toEqual({ kind: 'axfr', server: formatEndpoint(first.address), signed: true });
    const wrong = await importTsigKey('watchdog.test.', btoa('another secret of 32 octets, yes'));
    const refused = await transfer(deps, first.address, zone, {
      timeoutMs: 1000,
      maxBytes: 1e6,
      maxRecords: 1e4,
      tsig: wrong,
    });
    expect(refused.status).toBe('refused');
  });

  const ask = (server: Coredns, overrides: Partial<SerialTarget> = {}) =>
    askCorednsSerial(deps, server.address, target(overrides));

  it('tells a replica that hands its zone to anybody from one that wants a key', async () => {
    const closed = await probeOpenTransfer(deps, replicas.first.address, zone, 1_000);
    expect(closed).toMatchObject({ status: 'closed' });
    const kubeconfig = join(runFolder, 'direct.kubeconfig');
    const open = await start('coredns-open', ({ address, readyPort }) =>
      plainCorefile({ zone: 'cluster.local', address, readyPort, kubeconfig }),
    );
    const seen = await probeOpenTransfer(deps, open.address, zone, 1_000);
    console.log(`open transfer: ${seen.evidence}`);
    expect(seen).toMatchObject({ status: 'open', evidence: expect.stringMatching(/to whoever asks/) });
    await open.kill();
  });

  it('chooses another way under fallthrough, and without pods', async () => {
    const kubeconfig = join(runFolder, 'direct.kubeconfig');
    const withFallthrough = await start('coredns-fallthrough', (own) =>
      plain(kubeconfig)(own)
        .replace('pods insecure', 'pods insecure\n        fallthrough')
        .replace('    errors\n', `    errors\n    forward . ${formatEndpoint(standby.endpoint)}\n`),
    );
    const auto = await ask(withFallthrough);
    console.log(auto.evidence);
    expect(auto).toMatchObject({ status: 'serial', method: 'pod-txt' });
    const pinned = await ask(withFallthrough, { serialMethod: 'random-name' });
    console.log(pinned.evidence);
    expect(pinned).toMatchObject({ status: 'unknown', reason: 'cached' });
    const asked = standby.queries.length;
    await probeDns([withFallthrough], { [formatEndpoint(withFallthrough.address)]: memoryOf('pod-txt') });
    expect(standby.queries.length).toBe(asked);
    await withFallthrough.kill();

    const withoutPods = await start('coredns-without-pods', (own) =>
      plain(kubeconfig)(own).replace('pods insecure', 'pods disabled'),
    );
    for (const serialMethod of ['random-name', 'pod-txt', 'ixfr'] as const) {
      expect(await ask(withoutPods, { serialMethod })).toMatchObject({ status: 'serial', method: serialMethod });
    }
    await withoutPods.kill();
  });

  it('is not deceived by a replica that is synced in part: one that may not list EndpointSlices', async () => {
    const rules = [{ apiGroups: [''], resources: ['services', 'namespaces', 'pods'], verbs: ['list', 'watch'] }];
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const metadata = { name: 'test-partial' };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'partial' }];
    expectStatus(await api.admin.request('POST', `${rbac}/clusterroles`, { metadata, rules }), 'role');
    expectStatus(
      await api.admin.request('POST', `${rbac}/clusterrolebindings`, { metadata, roleRef, subjects }),
      'binding',
    );
    const { certificate, key: clientKey } = await api.authority.issueClient('partial', []);
    const kubeconfig = join(runFolder, 'partial.kubeconfig');
    api.writeKubeconfig(kubeconfig, 'coredns');
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const user = { 'client-certificate-data': base64(certificate), 'client-key-data': base64(clientKey) };
    const document = JSON.parse(readFileSync(kubeconfig, 'utf8')) as object;
    writeFileSync(kubeconfig, JSON.stringify({ ...document, users: [{ name: 'coredns', user }] }));
    const partial = await start('coredns-partial', plain(kubeconfig), 'answering');
    const [byPod, byName, byIxfr] = [
      await ask(partial, { serialMethod: 'pod-txt' }),
      await ask(partial, { serialMethod: 'random-name' }),
      await ask(partial, { serialMethod: 'ixfr' }),
    ];
    for (const { evidence } of [byPod, byName, byIxfr]) console.log(evidence);
    expect([byPod.status, byName.status, byIxfr.status]).toEqual(['serial', 'unsynced', 'serial']);
    expect((await ask(partial)).status).toBe('unsynced');
    const captured = await captureFrom([partial.address, replicas.first.address]);
    expect(captured.attempts.map(({ code }) => code)).toEqual(['unsynced']);
    await partial.kill();
  });

  it('tells an answer of the cache', async () => {
    const kubeconfig = join(runFolder, 'direct.kubeconfig');
    const cached = await start('coredns-cache', (own) =>
      plain(kubeconfig)(own).replace('    errors\n', '    errors\n    cache 30\n'),
    );
    await probeDns([cached]);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const { observations } = await probeDns([cached]);
    expect(lines(observations)).toEqual(['dns.answer unknown cached', 'dns.serial up none']);
    await cached.kill();
  });

  it('tells a replica that the others have left behind, and captures from the other', async () => {
    const both = [replicas.second, replicas.first];
    let { memory } = await probeDns(both);
    proxy.set({ kind: 'stall' });
    let observations: readonly Observation[] = [];
    for (let i = 1; i <= 9; i++) {
      await touch(i);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      ({ observations, memory } = await probeDns(both, memory));
    }
    expect(lines(observations)).toEqual([
      'dns.answer up none',
      'dns.serial stale behind',
      'dns.answer up none',
      'dns.serial up none',
    ]);
    const captured = await captureFrom(both.map(({ address }) => address));
    expect(captured.status).toBe('captured');
    expect(captured.attempts.map(({ code }) => code)).toEqual(['behind']);
    console.log(captured.attempts[0]?.evidence);
    proxy.set({ kind: 'pass' });
    await replicas.second.restart();
  });

  it('sees the API server frozen, killed, its etcd gone, and our token revoked', async () => {
    api.freeze();
    expect(lines(await probeApi())).toEqual(['apiserver.connect up none', 'apiserver.tls down timeout']);
    api.thaw();
    etcd.freeze();
    const withoutEtcd = await probeApi();
    expect(lines(withoutEtcd)).toContain('apiserver.read down timeout');
    etcd.thaw();
    await expect.poll(async () => lines(await probeApi()), { timeout: 20_000 }).toContain('apiserver.write up none');
    api.setIdentities(['admin', 'coredns']);
    await api.restart();
    expect(lines(await probeApi())).toContain('apiserver.read unknown credential');
    api.setIdentities(['admin', 'coredns', 'watchdog']);
    await api.kill();
    expect(lines(await probeApi())).toEqual(['apiserver.connect down refused']);
  });

  it('tells unsynced from down, and captures from neither', async () => {
    const { first, second } = replicas;
    await second.restart({ wait: false });
    await expect
      .poll(async () => lines((await probeDns([second])).observations), { timeout: 15_000 })
      .toEqual(['dns.answer down unsynced', 'dns.serial down unsynced']);
    for (const serialMethod of ['random-name', 'pod-txt', 'ixfr'] as const) {
      const outcome = await ask(second, { serialMethod });
      console.log(serialMethod, JSON.stringify(outcome));
      expect(outcome.status).toBe('unsynced');
    }
    const empty = await transfer(deps, second.address, zone, {
      timeoutMs: 1000,
      maxBytes: 1e6,
      maxRecords: 1e4,
      tsig: key,
    });
    console.log(JSON.stringify(empty));
    const captured = await captureFrom([second.address, first.address]);
    expect(captured.status).toBe('captured');
    expect(captured.attempts.map(({ code }) => code)).toEqual(['unsynced']);

    first.freeze();
    const { observations } = await probeDns([first]);
    expect(lines(observations)).toEqual(['dns.answer down timeout', 'dns.serial down timeout']);
    first.thaw();
    await first.kill();
    const gone = await probeDns([first]);
    expect(lines(gone.observations)).toEqual(['dns.answer down refused', 'dns.serial down refused']);
    const refused = await captureFrom([second.address, first.address]);
    expect(refused.status).toBe('refused');
    expect(refused.attempts.map(({ code }) => code)).toEqual(['unsynced', 'down']);
  });
});

function memoryOf(method: 'pod-txt'): ReplicasMemory[string] {
  return { method, isUp: true, standsSince: 0, missed: [] };
}

const lines = (observations: readonly Observation[]) =>
  observations.map(({ signal, condition, reason }) => `${signal} ${condition} ${reason}`);

const shown = new Set<string>();

/** Prints the evidence, each kind once: a run's log shows what a person would read. */
function show<T extends readonly Observation[]>(observations: T): T {
  for (const { signal, condition, reason, evidence } of observations) {
    const line = `${signal} ${condition} ${reason}: ${evidence}`;
    const kind = line.replaceAll(/\d+|lifeboat-[0-9a-f]+/g, '0');
    if (shown.has(kind)) continue;
    shown.add(kind);
    console.log(line);
  }
  return observations;
}
