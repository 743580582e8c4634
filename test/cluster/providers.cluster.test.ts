// The provider cases on Knot, on BIND and on the embedded server, what only a server can show, and the cases of the DNS between them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transfer } from '../../functions/dnswire/axfr.ts';
import { importTsigKey } from '../../functions/dnswire/tsig.ts';
import { createNodeNetwork } from '../../functions/networks/node.ts';
import { nextMarker } from '../../functions/plan/fence.ts';
import { createRfc2136Provider } from '../../functions/providers/rfc2136/rfc2136.ts';
import { child } from '../../functions/records/name.ts';
import { groupRecords, type Rrset } from '../../functions/records/rrset.ts';
import { formatZoneFile } from '../../functions/snapshot/zone-file.ts';
import { ensureDnsServers } from '../../lab/binaries/dns-servers.ts';
import { type Authoritative, startKnot } from '../../lab/processes/knot.ts';
import { startLabStandby } from '../../lab/processes/lab-standby.ts';
import { runToEnd } from '../../lab/processes/process.ts';
import { createRunFolder } from '../../lab/processes/run-folder.ts';
import { createTsigKey } from '../../lab/processes/zone.ts';
import { describeProvider, foreign, conformanceZone as zone } from '../conformance/provider.ts';
import { realClock as clock, realRandom as random } from '../fakes/real-deps.ts';
import { caseZoneFile, type Differences, describeServer } from '../lab/simulators/standby/cases/index.ts';
import { startBind } from '../processes/bind.ts';

const system = await ensureDnsServers();
const deps = { network: createNodeNetwork(), clock, random };
const key = createTsigKey('standby.test.');
/** BIND's default since 9.18.28 (`max-records-per-type`); what it says beyond is shown below. */
const bindLimit = 100;
const signal = () => AbortSignal.timeout(10_000);

const soa: Rrset = { name: zone, type: 'SOA', ttlSeconds: 30, values: ['ns.test. me.test. 1 7200 1800 86400 30'] };
const ns: Rrset = { name: zone, type: 'NS', ttlSeconds: 30, values: ['ns.test.'] };
const zoneFile = formatZoneFile({ origin: zone, soa, rrsets: [ns, ...foreign] });

type Kind = 'knot' | 'bind' | 'embedded';

/** Only the embedded server does not hold these. */
const full = ['what the lab does not need is REFUSED whole: other types, wildcards, delegations'];

/** What Knot 3.2 and BIND 9.18 do otherwise than the embedded server, which does what the RFC says where it says it. */
const differences: Readonly<Record<Kind, Differences>> = {
  knot: [
    { reason: 'Knot holds them', cases: full },
    { reason: 'Knot answers ANY with one set, RFC 8482 section 4.1', cases: ['answers ANY with everything over TCP'] },
    {
      reason: 'Knot ignores an add of what is there, whatever its TTL',
      cases: ['the TTL of a value that was there already is that of the whole set'],
    },
    { reason: 'Knot does not look at the TTL of a delete', cases: ['a delete with a TTL is FORMERR'] },
    {
      reason: 'Knot says NOTAUTH to who has no key',
      cases: ['without a signature an UPDATE is REFUSED', 'a transfer without the key is REFUSED'],
    },
    {
      reason: 'Knot says BADSIG to any cut MAC',
      cases: ['a MAC that is cut is NOTAUTH with BADTRUNC', 'a MAC that is cut below half is FORMERR'],
    },
    { reason: 'Knot says NOTIMP', cases: ['a transfer over UDP is REFUSED'] },
    { reason: 'Knot drops a message whose question is cut', cases: ['a message that cannot be read is FORMERR'] },
  ],
  bind: [
    { reason: 'BIND holds them', cases: full },
    { reason: 'BIND says SERVFAIL', cases: ['a circle of aliases ends'] },
    { reason: 'BIND says FORMERR', cases: ['a transfer over UDP is REFUSED'] },
  ],
  embedded: [],
};

function start(server: Kind, name: string, text = zoneFile): Promise<Authoritative> {
  const options = { runFolder: createRunFolder(), zone: 'cluster.local', key, zoneFile: text, name };
  if (server === 'embedded') return startLabStandby(options);
  if (system.status === 'absent') throw new Error(system.reason);
  const { knotd, named } = system.servers;
  return server === 'knot' ? startKnot({ ...options, knotd }) : startBind({ ...options, named });
}

const isAbsent = (kind: Kind) => kind !== 'embedded' && system.status === 'absent';
const kinds: readonly Kind[] = ['knot', 'bind', 'embedded'];

for (const kind of kinds) describe.skipIf(isAbsent(kind))(kind, () => declare(kind));

function declare(kind: Kind): void {
  describeServer({
    name: kind,
    key,
    differs: differences[kind],
    start: () => start(kind, `${kind}-cases`, caseZoneFile),
  });

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
    const next = nextMarker(undefined, {
      snapshot: 1,
      digest,
      cluster: 'test',
      writer: 'test',
      phase: 'warm',
      activation: 0,
    });
    const batch = { expected: undefined, next, changes: [] };

    it('says that our secret is wrong', async () => {
      const wrong = await provider(key.name, Buffer.alloc(32).toString('base64'));
      expect(await wrong.apply(batch, signal())).toMatchObject({
        status: 'refused',
        reason: expect.stringContaining('BADSIG'),
      });
      await expect(wrong.readZone(signal())).rejects.toMatchObject({
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
        const { marker } = await good.readMarker(signal());
        const again = { ...batch, expected: marker, next: { ...nextMarker(marker, next), writer: 'again' } };
        outcomes.push((await good.apply(again, signal())).status);
      }
      expect(outcomes.slice(0, -1).every((outcome) => outcome === 'conflict')).toBe(true);
      expect((await good.readMarker(signal())).marker?.writer).toBe('again');
    });

    if (system.status === 'ready')
      it("does with BIND's nsupdate and dig what they ask for, and they believe its signatures", async () => {
        const folder = createRunFolder();
        const [keyFile, script] = [join(folder, 'key'), join(folder, 'script')];
        writeFileSync(keyFile, `key "${key.name}" { algorithm ${key.algorithm}; secret "${key.secret}"; };\n`);
        const { host, port } = server.address;
        const nsupdate = async (...lines: readonly string[]) => {
          writeFileSync(script, [`server ${host} ${port}`, `zone ${zone}`, ...lines, 'send'].join('\n'));
          return runToEnd({ program: ['nsupdate'], args: ['-k', keyFile, script], timeoutMs: 10_000 });
        };
        const name = `by-nsupdate.${zone}`;
        const add = [`prereq nxdomain ${name}`, `update add ${name} 30 A 10.0.0.1`, `update add ${name} 30 TXT "a b"`];
        expect(await nsupdate(...add)).toMatchObject({ code: 0, stderr: '' });
        expect((await nsupdate(...add)).stderr).toContain('YXDOMAIN');
        const args = ['-k', keyFile, `@${host}`, '-p', String(port), '+tcp', zone, 'AXFR'];
        const { code, stdout } = await runToEnd({ program: [system.servers.dig], args, timeoutMs: 10_000 });
        expect(code).toBe(0);
        expect(stdout).toMatch(/^by-nsupdate\.cluster\.local\.\s+30\s+IN\s+A\s+10\.0\.0\.1$/m);
        expect(stdout).toContain('"a b"');
        expect(stdout).not.toMatch(/Couldn't verify signature|Transfer failed/);
      });

    if (kind === 'bind')
      it('refuses a set of more than 100 values whole, and we say why', async () => {
        const good = await provider(key.name, key.secret);
        const { marker } = await good.readMarker(signal());
        const values = Array.from({ length: bindLimit + 1 }, (_, i) => `10.0.0.${i}`);
        const after: Rrset = { name: child('big.x.svc', zone), type: 'A', ttlSeconds: 30, values: values.sort() };
        const changes = [{ action: 'create', after }] as const;
        const applied = good.apply({ expected: marker, next: nextMarker(marker, next), changes }, signal());
        await expect(applied).rejects.toThrow('max-records-per-type');
        expect(await good.readZone(signal())).toEqual({ rrsets: [], marker });
      });

    it('keeps what it confirmed when it is killed', async () => {
      const good = await provider(key.name, key.secret);
      const before = await good.readZone(signal());
      await server.restart();
      expect(await good.readZone(signal())).toEqual(before);
    });
  });
}
