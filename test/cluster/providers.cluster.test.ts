// The provider cases on the real servers, Knot and BIND, and what only a real server can show.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transfer } from '../../functions/dnswire/axfr.ts';
import { importTsigKey } from '../../functions/dnswire/tsig.ts';
import { createNodeNetwork } from '../../functions/networks/node.ts';
import { nextMarker } from '../../functions/plan/fence.ts';
import { createRfc2136Provider } from '../../functions/providers/rfc2136.ts';
import { child } from '../../functions/records/name.ts';
import { groupRecords, type Rrset } from '../../functions/records/rrset.ts';
import { formatZoneFile } from '../../functions/snapshot/zone-file.ts';
import { describeProvider, foreign, conformanceZone as zone } from '../conformance/provider.ts';
import { realClock as clock, realRandom as random } from '../fakes/real-deps.ts';
import { startBind } from '../parts/bind.ts';
import { type Authoritative, startKnot } from '../parts/knot.ts';
import { createRunFolder } from '../parts/run-folder.ts';
import { createTsigKey } from '../parts/zone.ts';
import { ensureDnsServers } from './binaries/dns-servers.ts';

const system = await ensureDnsServers();
const deps = { network: createNodeNetwork(), clock, random };
const key = createTsigKey('standby.test.');
/** BIND's default since 9.18.28 (`max-records-per-type`); what it says beyond is shown below. */
const bindLimit = 100;
const signal = () => AbortSignal.timeout(10_000);

const soa: Rrset = { name: zone, type: 'SOA', ttlSeconds: 30, values: ['ns.test. me.test. 1 7200 1800 86400 30'] };
const ns: Rrset = { name: zone, type: 'NS', ttlSeconds: 30, values: ['ns.test.'] };
const zoneFile = formatZoneFile({ origin: zone, soa, rrsets: [ns, ...foreign] });

function start(server: 'knot' | 'bind', name: string): Promise<Authoritative> {
  if (system.status === 'absent') throw new Error(system.reason);
  const options = { runFolder: createRunFolder(), zone: 'cluster.local', key, zoneFile, name };
  const { knotd, named } = system.servers;
  return server === 'knot' ? startKnot({ ...options, knotd }) : startBind({ ...options, named });
}

describe.skipIf(system.status === 'absent').each(['knot', 'bind'] as const)('%s', (kind) => {
  describeProvider({
    name: kind,
    async start() {
      const server = await start(kind, `${kind}-conformance`);
      const tsig = await importTsigKey(key.name, key.secret);
      const options = { tsig, timeoutMs: 10_000, maxBytes: 10_000_000, maxRecords: 100_000 };
      return {
        provider: createRfc2136Provider(deps, {
          server: server.address,
          zone,
          tsig,
          timeoutMs: 10_000,
          ...(kind === 'bind' ? { maxValuesPerRrset: bindLimit } : {}),
        }),
        async all() {
          const outcome = await transfer(deps, server.address, zone, options);
          if (outcome.status === 'refused') throw new Error(outcome.evidence);
          return groupRecords(outcome.records.filter((record) => record.name !== zone));
        },
        manyValues: kind === 'bind' ? bindLimit : 2000,
        tooManyValues: kind === 'bind' ? bindLimit + 1 : 4000,
        leastBatchesOfThousand: 2,
        stop: () => server.kill(),
      };
    },
  });

  describe('the server itself', () => {
    let server: Authoritative;
    beforeAll(async () => {
      server = await start(kind, `${kind}-keys`);
    });
    afterAll(() => server?.kill());

    const provider = async (name: string, secret: string, ownZone = zone) => {
      const tsig = await importTsigKey(name, secret);
      return createRfc2136Provider(deps, { server: server.address, zone: ownZone, tsig, timeoutMs: 2_000 });
    };
    const digest = `sha256:${'a'.repeat(64)}`;
    const next = nextMarker(undefined, { snapshot: 1, digest, writer: 'test', phase: 'warm', activation: 0 });
    const batch = { expected: undefined, next, changes: [] };

    it('says that our secret is wrong', async () => {
      const wrong = await provider(key.name, Buffer.alloc(32).toString('base64'));
      expect(await wrong.apply(batch, signal())).toMatchObject({
        status: 'refused',
        reason: expect.stringContaining('BADSIG'),
      });
      await expect(wrong.read(signal())).rejects.toMatchObject({
        code: 'credential',
        message: expect.stringContaining('BADSIG'),
      });
    });

    it('says that it does not know our key', async () => {
      const unknown = await provider('unknown.test.', key.secret);
      expect(await unknown.apply(batch, signal())).toMatchObject({
        status: 'refused',
        reason: expect.stringContaining('BADKEY'),
      });
    });

    it('times out when it hangs; what arrives late loses to the fence or is seen', async () => {
      const good = await provider(key.name, key.secret);
      server.freeze();
      await expect(good.apply(batch, signal())).rejects.toMatchObject({ code: 'timeout' });
      server.thaw();
      const outcomes: string[] = [];
      while (outcomes.at(-1) !== 'applied' && outcomes.length < 5) {
        const { marker } = await good.read(signal());
        const again = { ...batch, expected: marker, next: { ...nextMarker(marker, next), writer: 'again' } };
        outcomes.push((await good.apply(again, signal())).status);
      }
      expect(outcomes.slice(0, -1).every((outcome) => outcome === 'conflict')).toBe(true);
      expect((await good.read(signal())).marker?.writer).toBe('again');
    });

    if (kind === 'bind')
      it('refuses a set of more than 100 values whole, and we say why', async () => {
        const good = await provider(key.name, key.secret);
        const { marker } = await good.read(signal());
        const values = Array.from({ length: bindLimit + 1 }, (_, i) => `10.0.0.${i}`);
        const after: Rrset = { name: child('big.x.svc', zone), type: 'A', ttlSeconds: 30, values: values.sort() };
        const changes = [{ action: 'create', after }] as const;
        const applied = good.apply({ expected: marker, next: nextMarker(marker, next), changes }, signal());
        await expect(applied).rejects.toThrow('max-records-per-type');
        expect(await good.read(signal())).toEqual({ rrsets: [], marker });
      });

    it('keeps what it confirmed when it is killed', async () => {
      const good = await provider(key.name, key.secret);
      const before = await good.read(signal());
      await server.restart();
      expect(await good.read(signal())).toEqual(before);
    });
  });
});
