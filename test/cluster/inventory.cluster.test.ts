// What Lifeboat transfers from a real Knot with 10,000 records, as Knot itself counts it in its log: nothing while nothing changes, and nothing to
// freeze; once when it is frozen, and every ten minutes. The cluster is the one in memory; its standby, the probe of that and the provider are the real ones.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importTsigKey } from '../../functions/dnswire/tsig.ts';
import { createNodeNetwork } from '../../functions/networks/node.ts';
import { nextMarker } from '../../functions/plan/fence.ts';
import { ownedIn } from '../../functions/plan/ownership.ts';
import type { Provider } from '../../functions/providers/provider.ts';
import { createRfc2136Provider } from '../../functions/providers/rfc2136/rfc2136.ts';
import { zoneDigest } from '../../functions/snapshot/digest.ts';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { workToRest } from '../../functions/tasks/loop/dispatch.ts';
import { probeRound } from '../../functions/tasks/loop/probe-round.ts';
import { freeze } from '../../functions/tasks/publish/freeze.ts';
import { ensureDnsServers } from '../../lab/binaries/dns-servers.ts';
import { type Authoritative, startKnot } from '../../lab/processes/knot.ts';
import { createRunFolder } from '../../lab/processes/run-folder.ts';
import { createTsigKey } from '../../lab/processes/zone.ts';
import { probeStandby } from '../../probes/standby.ts';
import { createStandbyDnsView } from '../../probes/standby-dns.ts';
import { createFakeCluster, type FakeCluster, zone } from '../fakes/cluster.ts';
import { realClock, realRandom } from '../fakes/real-deps.ts';

const system = await ensureDnsServers();
const records = 10_000;
const captureEveryMs = 60_000;
const signal = () => AbortSignal.timeout(20_000);

describe.skipIf(system.status === 'absent')('a standby of 10,000 records on Knot', { timeout: 300_000 }, () => {
  let knot: Authoritative;
  let fake: FakeCluster;
  let provider: Provider;
  let ports: ClusterPorts;
  /** How many transfers there were when the marker of a freeze was written. */
  const atFreeze: number[] = [];

  beforeAll(async () => {
    if (system.status === 'absent') return;
    const secret = createTsigKey('standby.test.');
    knot = await startKnot({
      runFolder: createRunFolder(),
      zone: 'cluster.local',
      key: secret,
      knotd: system.servers.knotd,
    });
    const tsig = await importTsigKey(secret.name, secret.secret);
    const deps = { network: createNodeNetwork(), clock: realClock, random: realRandom };
    const target = { server: knot.address, zone, tsig, timeoutMs: 20_000 };
    provider = createRfc2136Provider(deps, target);
    const atKnot = provider;
    provider = {
      ...atKnot,
      async apply(batch, abort) {
        const outcome = await atKnot.apply(batch, abort);
        if (batch.next.phase === 'frozen' && batch.expected?.phase !== 'frozen') atFreeze.push(transfers());
        return outcome;
      },
    };
    const view = createStandbyDnsView(deps, { id: 'rfc2136', ...target });
    fake = createFakeCluster();
    for (let i = 0; fake.services.size < records; i++) {
      fake.services.set(`svc-${i}.ns-${i % 50}`, `10.97.${i >> 8}.${i & 255}`);
    }
    const context = { cluster: 'prod', vantage: 'local', group: 'local' };
    ports = {
      ...fake.ports,
      standbys: [{ id: 'rfc2136', provider, timeoutMs: 20_000, zone }],
      probe: async (expected) => {
        const looks = expected.map((one) => probeStandby(fake.ports.clock, view, one, context));
        return [...(await fake.ports.probe([])), ...(await Promise.all(looks)).flat()];
      },
    };
  });
  afterAll(() => knot?.kill());

  /** Transfers that Knot has begun to send. */
  const transfers = () => readFileSync(knot.logFile, 'utf8').match(/AXFR, outgoing.* started/g)?.length ?? 0;
  const transfersIn = async (work: () => Promise<void>) => {
    const before = transfers();
    await work();
    return transfers() - before;
  };
  const rounds = async (count: number, everyMs: number) => {
    for (let i = 0; i < count; i++) {
      await workToRest(ports, await probeRound(ports, () => {}), () => {});
      fake.pass(everyMs);
    }
  };
  const standby = async () => (await readRecord(ports)).record.machine.standbys.rfc2136 ?? expect.fail('no standby');
  const marker = async () => (await provider.readMarker(signal())).marker ?? expect.fail('no marker');

  it('is transferred before and after the first publication', async () => {
    expect(await transfersIn(() => rounds(2, captureEveryMs))).toBe(2);
    expect((await standby()).lastFailure).toBe('');
    const { rrsets } = await provider.readZone(signal());
    expect(rrsets.flatMap(({ values }) => values)).toHaveLength(records);
    expect((await marker()).digest).toBe(await zoneDigest(zone, ownedIn(zone, rrsets)));
  });

  it('is not transferred by publications that change nothing', async () => {
    const before = await standby();
    expect(await transfersIn(() => rounds(5, captureEveryMs))).toBe(0);
    const { asOf, failures } = await standby();
    expect(failures).toBe(0);
    expect((asOf ?? 0) - (before.asOf ?? 0)).toBeGreaterThanOrEqual(4 * captureEveryMs);
  });

  it('is transferred before and after one that changes something', async () => {
    fake.services.set('svc-7.ns-7', '10.98.0.1');
    expect(await transfersIn(() => rounds(1, captureEveryMs))).toBe(2);
    const { rrsets } = await provider.readZone(signal());
    expect(rrsets.find(({ name }) => name.startsWith('svc-7.'))?.values).toEqual(['10.98.0.1']);
  });

  it('is not transferred to be frozen in an outage, and once right after that', async () => {
    fake.weather = 'api-down';
    const before = transfers();
    const frozen = async () => {
      for (let i = 0; i < 30 && (await standby()).frozen === 0; i++) await rounds(1, 5_000);
    };
    expect(await transfersIn(frozen)).toBe(1);
    expect(atFreeze).toEqual([before]);
    expect(await marker()).toMatchObject({ phase: 'frozen', activation: 1 });
    expect(await standby()).toMatchObject({ frozen: 1, failures: 0, putBack: null });
  });

  it('has names again that were taken out by hand while it is frozen, within ten minutes: two transfers', async () => {
    const name = 'svc-9.ns-9.svc.cluster.local.';
    const { marker: there } = await provider.readMarker(signal());
    const { rrsets } = await provider.readZone(signal());
    const gone = rrsets.filter((set) => set.name === name).map((set) => ({ action: 'delete', before: set }) as const);
    expect(gone).toHaveLength(1);
    // The marker stays as it was, but for its generation, which a batch must move: the machine goes by the zone.
    const next = nextMarker(there, there ?? expect.fail('no marker'));
    expect(await provider.apply({ expected: there, next, changes: gone }, signal())).toMatchObject({
      status: 'applied',
    });
    expect(await transfersIn(() => rounds(11, captureEveryMs))).toBe(2);
    const { rrsets: mended } = await provider.readZone(signal());
    expect(mended.find((set) => set.name === name)?.values).toHaveLength(1);
    expect((await standby()).putBack?.sets).toBe(1);
    expect(await marker()).toMatchObject({ phase: 'frozen', activation: 1 });
  });

  it('is not transferred to be frozen bare', async () => {
    const standing = { known: 'freeze', takeOver: null } as const;
    const bare = async () => {
      const event = await freeze(ports, { kind: 'freeze', standby: 'rfc2136', activation: 2, standing });
      expect(event.kind).toBe('frozen');
    };
    expect(await transfersIn(bare)).toBe(0);
    expect(await marker()).toMatchObject({ phase: 'frozen', activation: 2 });
  });
});
