// The embedded CoreDNS against the real one: the same cluster, the same Corefiles, the same questions, answer by answer.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Name } from '../../functions/records/name.ts';
import { wiringCoreDns } from '../../functions/wiring/coredns.ts';
import { wiringNodeLocal } from '../../functions/wiring/nodelocal.ts';
import { ensureParts } from '../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../lab/binaries/dns-servers.ts';
import { type Coredns, plainCorefile, startCoredns } from '../../lab/processes/coredns.ts';
import { type DnsAddress, queryUdp } from '../../lab/processes/dns-client.ts';
import { startEtcd } from '../../lab/processes/etcd.ts';
import { type KubeApiserver, startKubeApiserver } from '../../lab/processes/kube-apiserver.ts';
import { expectStatus } from '../../lab/processes/kubernetes-client.ts';
import { freePort } from '../../lab/processes/ports.ts';
import type { Program, Running } from '../../lab/processes/process.ts';
import { createRunFolder } from '../../lab/processes/run-folder.ts';
import { createTsigKey } from '../../lab/processes/zone.ts';
import { type FakeDnsServer, type FakeReply, refused, startDnsServer } from '../fakes/dns-server.ts';
import { type AskOptions, ask, type Shown } from '../lab/simulators/coredns/cases/ask.ts';
import { keyFlags, recordsIn, transfer } from '../lab/simulators/coredns/cases/dig.ts';
import { loadObjects } from '../lab/simulators/coredns/cases/load.ts';
import { serviceRanges, ttlSeconds, zone } from '../lab/simulators/coredns/cases/objects.ts';
import { transferRecords } from '../lab/simulators/coredns/cases/transfer.ts';
import { questions, withoutSerials } from '../lab/simulators/coredns/questions.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const dig = system.status === 'ready' ? system.servers.dig : undefined;
const kinds = ['real', 'embedded'] as const;
type Kind = (typeof kinds)[number];

const types = [
  'A',
  'AAAA',
  'SRV',
  'TXT',
  'CNAME',
  'PTR',
  'SOA',
  'NS',
  'MX',
  'DS',
  'ANY',
  'HINFO',
  'CAA',
  'AXFR',
  'IXFR',
];
const transports: Readonly<Record<string, AskOptions>> = {
  udp: {},
  tcp: { transport: 'tcp' },
  edns: { udpSize: 1232 },
  'small edns': { udpSize: 100, flags: 0x0010 },
};

/** Where the two may differ: question texts by reason. Nothing so far. */
const skip: readonly { readonly reason: string; readonly cases: readonly string[] }[] = [];
const skipped = new Set(skip.flatMap(({ cases }) => cases));

describe.skipIf(built.status === 'absent')('the embedded CoreDNS and the real one', () => {
  const running: Running[] = [];
  const runFolder = createRunFolder();
  const key = createTsigKey('watchdog.test.');
  const servers = {} as Record<Kind, Coredns>;
  const programs = {} as Record<Kind, Program>;
  let api: KubeApiserver;

  beforeAll(async () => {
    if (built.status === 'absent') return;
    const { coredns, kubeApiserver } = built.parts;
    programs.real = coredns;
    programs.embedded = [process.execPath, join(import.meta.dirname, '../../lab/simulators/coredns/main.ts')];
    const etcd = await startEtcd({ program: built.parts.etcd, runFolder });
    running.push(etcd);
    // The last flag of a name counts: Services with addresses of both families.
    const dualStack = `exec "$0" "$@" --service-cluster-ip-range=${serviceRanges}`;
    api = await startKubeApiserver({
      program: ['bash', '-c', dualStack, ...kubeApiserver],
      runFolder,
      etcdUrl: etcd.url,
    });
    running.push(api);
    await loadObjects(api.admin);
    const kubeconfig = join(runFolder, 'coredns.kubeconfig');
    api.writeKubeconfig(kubeconfig, 'coredns');
    for (const kind of kinds) {
      servers[kind] = await startCoredns({
        program: programs[kind],
        runFolder,
        name: kind,
        zone,
        corefile: ({ address, readyPort }) =>
          plainCorefile({ zone, address, readyPort, kubeconfig, transferKey: key, ttlSeconds }),
      });
      running.push(servers[kind]);
    }
  });

  afterAll(async () => {
    for (const each of running.reverse()) await each.stop();
  });

  /** What both say; no answer at all is an answer too. */
  const askBoth = (text: string, options: AskOptions = {}): Promise<readonly unknown[]> =>
    Promise.all(
      kinds.map((kind) =>
        ask(servers[kind].address, text, options).then(
          (shown) => ({ question: shown.question, ...withoutSerials(shown) }),
          (error: Error) => error.message,
        ),
      ),
    );

  it.each(kinds)('hold the list: %s', async (kind) => {
    for (const { text, ...answer } of questions) {
      expect(withoutSerials(await ask(servers[kind].address, text)), text).toEqual(answer);
    }
  });

  it('answer every name of the list alike for every type, over UDP and TCP, with EDNS and without', async () => {
    const names = [...new Set(questions.map(({ text }) => text.split(' ')[0] ?? ''))];
    let compared = 0;
    for (const name of names) {
      for (const text of types.map((type) => `${name} ${type}`).filter((each) => !skipped.has(each))) {
        for (const [label, options] of Object.entries(transports)) {
          const [real, embedded] = await askBoth(text, options);
          expect(embedded, `${text} (${label})`).toEqual(real);
          compared++;
        }
      }
    }
    console.log(`lab-coredns: ${compared} answers compared`);
  });

  it.skipIf(dig === undefined)('transfer the same zone, signed as dig wants it, and not without the key', () => {
    if (dig === undefined) return;
    for (const kind of kinds) {
      const text = transfer(dig, zone, servers[kind].address, [...keyFlags(key)]);
      expect(text, kind).not.toMatch(/tsig verify failure|could not be validated|Couldn't verify/i);
      expect(recordsIn(text), kind).toEqual(transferRecords);
      expect(transfer(dig, zone, servers[kind].address, []), kind).toMatch(/Transfer failed/);
      const wrong = { ...key, secret: createTsigKey(key.name).secret };
      expect(transfer(dig, zone, servers[kind].address, keyFlags(wrong)), kind).toMatch(/BADSIG|Transfer failed/);
      expect(transfer(dig, zone, servers[kind].address, keyFlags(createTsigKey('other.test.'))), kind).toMatch(
        /BADKEY|Transfer failed/,
      );
    }
  });

  it.skipIf(dig === undefined)(
    'answer an IXFR with the SOA alone where nothing is new, else with everything',
    async () => {
      if (dig === undefined) return;
      for (const kind of kinds) {
        const serial = await serialAt(servers[kind]);
        const current = transfer(dig, zone, servers[kind].address, keyFlags(key), `IXFR=${serial}`);
        expect(current.match(/\sSOA\s/g), kind).toHaveLength(1);
        expect(current, kind).toMatch(/XFR size: 1 records/);
        expect(recordsIn(transfer(dig, zone, servers[kind].address, keyFlags(key), 'IXFR=1')), kind).toEqual(
          transferRecords,
        );
      }
    },
  );

  it('see a change within a second of each other, and move their serials', async () => {
    const before = await Promise.all(kinds.map((kind) => serialAt(servers[kind])));
    expectStatus(await api.admin.createService({ namespace: 'shop', name: 'fresh', clusterIP: '10.96.9.9' }), 'fresh');
    const name = `fresh.shop.svc.${zone}. A`;
    for (const kind of kinds) {
      await expect
        .poll(() => ask(servers[kind].address, name).then(({ rcode }) => rcode), { timeout: 1_000 })
        .toBe('NOERROR');
    }
    const [real, embedded] = await askBoth(name);
    expect(embedded).toEqual(real);
    const after = await Promise.all(kinds.map((kind) => serialAt(servers[kind])));
    for (const [i, serial] of after.entries()) expect(serial).toBeGreaterThan(before[i] ?? 0);
    expectStatus(await api.admin.deleteService('shop', 'fresh'), 'fresh');
    for (const kind of kinds) {
      await expect
        .poll(() => ask(servers[kind].address, name).then(({ rcode }) => rcode), { timeout: 1_000 })
        .toBe('NXDOMAIN');
    }
  });

  it('go on from memory while the API is frozen, and start unsynced', async () => {
    api.freeze();
    try {
      for (const kind of kinds) {
        const serial = await serialAt(servers[kind]);
        expect((await ask(servers[kind].address, `web.shop.svc.${zone}. A`)).rcode, kind).toBe('NOERROR');
        expect(await servers[kind].readyStatus(), kind).toBe(200);
        expect(await serialAt(servers[kind]), kind).toBe(serial);
      }
      await Promise.all(kinds.map((kind) => servers[kind].restart({ wait: false })));
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      for (const kind of kinds) {
        expect((await queryUdp(servers[kind].address, zone, 'SOA', 500)).rcode, kind).toBe('UNREACHABLE');
        expect(await servers[kind].readyStatus(), kind).toBe(503);
      }
      for (const kind of kinds) {
        const rcode = async (): Promise<string> => (await queryUdp(servers[kind].address, zone, 'SOA', 500)).rcode;
        await expect.poll(rcode, { timeout: 10_000 }).toBe('NOERROR');
      }
      for (const type of ['A', 'SRV', 'TXT', 'PTR', 'SOA', 'NS', 'HINFO', 'AXFR']) {
        for (const { text } of questions) {
          const name = `${text.split(' ')[0]} ${type}`;
          const [real, embedded] = await askBoth(name);
          expect(embedded, `unsynced: ${name}`).toEqual(real);
        }
      }
      for (const kind of kinds) {
        expect(await servers[kind].readyStatus(), kind).toBe(503);
        expect(await serialAt(servers[kind]), kind).toBe(0);
        if (dig) expect(recordsIn(transfer(dig, zone, servers[kind].address, keyFlags(key))), kind).toEqual([]);
      }
    } finally {
      api.thaw();
    }
    for (const kind of kinds) {
      await expect.poll(() => servers[kind].readyStatus(), { timeout: 60_000 }).toBe(200);
      expect((await ask(servers[kind].address, `web.shop.svc.${zone}. A`)).answers, kind).toHaveLength(1);
    }
  });

  it.each(kinds)('asks the standby while its own view is not there, wired by the product: %s', async (kind) => {
    const standby = await startDnsServer((query) =>
      query.type === 'A'
        ? { messages: [{ answers: [{ name: query.name as Name, type: 'A', ttlSeconds: 1, value: '10.9.9.9' }] }] }
        : refused,
    );
    const [listenPort, health, metrics] = [await freePort(), await freePort(), await freePort()];
    const secretsFile = join(runFolder, `keys-${kind}`);
    writeFileSync(secretsFile, `key "${key.name}" {\n  algorithm hmac-sha256;\n  secret "${key.secret}";\n};\n`);
    const wired = await startCoredns({
      program: programs[kind],
      runFolder,
      name: `wired-${kind}`,
      zone,
      corefile: ({ address, readyPort }) =>
        wiringCoreDns({
          zone: `${zone}.` as Name,
          standby: [standby.endpoint],
          ttlSeconds,
          servePort: address.port,
          listenPort,
          tsig: { name: key.name as Name, secretsFile },
          bind: [address.host],
          kubernetesOptions: [`kubeconfig ${join(runFolder, 'coredns.kubeconfig')} test`, 'startup_timeout 1s'],
          upstream: [`${standby.endpoint.host}:${standby.endpoint.port}`],
          http: { health: `127.0.0.1:${health}`, ready: `127.0.0.1:${readyPort}`, metrics: `127.0.0.1:${metrics}` },
        }).text,
    });
    running.push(wired);
    const inner = { host: wired.address.host, port: listenPort };
    const web = `web.shop.svc.${zone}. A`;
    const missing = `missing.shop.svc.${zone}. A`;
    expect((await ask(wired.address, web)).answers).toEqual([`${web.split(' ')[0]} 30 A 10.96.1.1`]);
    expect((await ask(wired.address, missing)).rcode).toBe('NXDOMAIN');
    expect((await ask(wired.address, `${zone}. AXFR`, { transport: 'tcp' })).rcode).toBe('REFUSED');
    expect((await ask(inner, `${zone}. AXFR`, { transport: 'tcp' })).rcode).toBe('REFUSED');
    if (dig) expect(recordsIn(transfer(dig, zone, inner, keyFlags(key)))).toEqual(transferRecords);
    expect((await ask(wired.address, '1.1.96.10.in-addr.arpa. PTR')).answers).toHaveLength(1);
    api.freeze();
    try {
      await wired.restart({ wait: false });
      const said = async (): Promise<string> =>
        ask(wired.address, missing).then(
          ({ answers }) => answers[0] ?? '',
          (error: Error) => error.message,
        );
      await expect.poll(said, { timeout: 10_000 }).toContain('10.9.9.9');
      expect((await ask(inner, missing)).rcode).toBe('SERVFAIL');
    } finally {
      api.thaw();
    }
    await expect
      .poll(() => ask(wired.address, missing).then(({ rcode }) => rcode), { timeout: 60_000 })
      .toBe('NXDOMAIN');
    await wired.stop();
    await standby.close();
  });

  describe.each(kinds)('a node cache as the product writes it: %s', (kind) => {
    const name = `web.shop.svc.${zone}.` as Name;
    const soa = {
      name: `${zone}.` as Name,
      type: 'SOA',
      ttlSeconds: 30,
      value: 'ns.invalid. h.invalid. 1 1 1 1 30',
    } as const;
    const says = (value: string): FakeReply => ({
      messages: [{ answers: [{ name, type: 'A', ttlSeconds: 1, value }] }],
    });
    let first: FakeDnsServer;
    let standby: FakeDnsServer;
    let cache: Coredns;
    let kubeDns: Coredns;
    const last = ({ rcode, answers }: Shown): string | undefined => answers[0]?.split(' ').at(-1) ?? rcode;
    /** A type of its own for each case keeps the cache out of it. */
    const askCache = async (type = 'A', timeoutMs = 4_000): Promise<string | undefined> =>
      last(await ask(cache.address, `${name} ${type}`, { timeoutMs }));

    const startCache = async (label: string, upstream: DnsAddress): Promise<Coredns> => {
      const [health, metrics] = [await freePort(), await freePort()];
      const started = await startCoredns({
        program: programs[kind],
        runFolder,
        name: `node-${kind}-${label}`,
        zone,
        until: 'answering',
        corefile: ({ address }) =>
          wiringNodeLocal({
            zone: `${zone}.` as Name,
            kubeDns: [upstream],
            standby: [standby.endpoint],
            bind: [address.host],
            servePort: address.port,
            upstream: [`${standby.endpoint.host}:${standby.endpoint.port}`],
            http: { health: `127.0.0.1:${health}`, metrics: `127.0.0.1:${metrics}` },
          }).text,
      });
      running.push(started);
      return started;
    };

    beforeAll(async () => {
      first = await startDnsServer(() => says('10.1.1.1'));
      standby = await startDnsServer(() => says('10.9.9.9'));
      cache = await startCache('fake', first.endpoint);
    });
    afterAll(async () => {
      await cache.stop();
      await first.close();
      await standby.close();
    });

    it('lets an NXDOMAIN be one, and asks no standby', async () => {
      first.behave(() => ({ messages: [{ rcode: 'NXDOMAIN', authorities: [soa] }] }));
      expect(await askCache('AAAA')).toBe('NXDOMAIN');
      expect(standby.queries.filter((query) => query.name === name)).toEqual([]);
    });

    it('asks the standby after SERVFAIL and REFUSED, and keeps an answer for 5 s at least', async () => {
      first.behave(() => ({ messages: [{ rcode: 'SERVFAIL' }] }));
      expect(await askCache('SRV')).toBe('10.9.9.9');
      first.behave(() => refused);
      expect(await askCache('TXT')).toBe('10.9.9.9');
      expect((await ask(cache.address, `${name} TXT`)).answers[0]).toMatch(/ [45] A 10\.9\.9\.9$/);
    });

    it('asks the standby after 2 s of silence, later at once, and at once where nobody listens', async () => {
      kubeDns = servers[kind];
      const own = await startCache('own', kubeDns.address);
      const timed = async (type: string): Promise<number> => {
        const startedAt = performance.now();
        expect(last(await ask(own.address, `${name} ${type}`, { timeoutMs: 4_500 })), type).toBe('10.9.9.9');
        return performance.now() - startedAt;
      };
      expect(last(await ask(own.address, `${name} A`))).toBe('10.96.1.1');
      kubeDns.freeze();
      const silent = await timed('SRV');
      expect(silent).toBeGreaterThan(1_900);
      expect(silent).toBeLessThan(2_700);
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      expect(await timed('TXT')).toBeLessThan(300);
      kubeDns.thaw();
      await expect
        .poll(() => ask(own.address, `${name} MX`).then(({ rcode }) => rcode), { timeout: 10_000 })
        .toBe('NOERROR');
      await kubeDns.kill();
      expect(await timed('PTR')).toBeLessThan(700);
      await own.stop();
    });
  });
});

async function serialAt({ address }: Coredns): Promise<number> {
  const { answers } = await ask(address, `${zone}. SOA`);
  return Number(answers[0]?.split(' ')[5]);
}
