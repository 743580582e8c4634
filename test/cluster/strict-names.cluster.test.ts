// Which names a strict server takes: BIND refuses an update whole for one name that is none of a host, Knot takes it. What a snapshot keeps
// (functions/snapshot/build.ts) must be taken by both.
import { afterAll, expect, it } from 'vitest';
import { sendUpdate } from '../../functions/dnswire/transport.ts';
import { importTsigKey } from '../../functions/dnswire/tsig.ts';
import { createNodeNetwork } from '../../functions/networks/node.ts';
import { child, parseName } from '../../functions/records/name.ts';
import { type DnsRecord, groupRecords, type Rrset } from '../../functions/records/rrset.ts';
import { buildSnapshot } from '../../functions/snapshot/build.ts';
import { formatZoneFile } from '../../functions/snapshot/zone-file.ts';
import { ensureDnsServers } from '../../lab/binaries/dns-servers.ts';
import { type Authoritative, startKnot } from '../../lab/processes/knot.ts';
import { createRunFolder } from '../../lab/processes/run-folder.ts';
import { createTsigKey } from '../../lab/processes/zone.ts';
import { realClock as clock, realRandom as random } from '../fakes/real-deps.ts';
import { startBind } from '../processes/bind.ts';

const system = await ensureDnsServers();
const zone = parseName('cluster.local');
const deps = { network: createNodeNetwork(), clock, random };
const key = createTsigKey('standby.test.');
const apex: readonly Rrset[] = [{ name: zone, type: 'NS', ttlSeconds: 30, values: ['ns.test.'] }];
const soa: Rrset = { name: zone, type: 'SOA', ttlSeconds: 30, values: ['ns.test. me.test. 1 7200 1800 86400 30'] };
const zoneFile = formatZoneFile({ origin: zone, soa, rrsets: apex });

const record = (name: string, type: DnsRecord['type'], value: string): DnsRecord => ({
  name: child(name, zone),
  type,
  ttlSeconds: 5,
  value,
});
/** Each with what BIND 9.18 says of an update that holds it beside a good record. */
const cases: readonly (readonly [DnsRecord, 'NOERROR' | 'REFUSED'])[] = [
  [record('odd-.shop.svc', 'A', '10.0.0.9'), 'REFUSED'],
  [record('_x.shop.svc', 'AAAA', 'fd00::9'), 'REFUSED'],
  [record('has\\046dot.shop.svc', 'A', '10.0.0.9'), 'REFUSED'],
  [record('_h._tcp.web.shop.svc', 'SRV', '0 0 80 odd-.shop.svc.cluster.local.'), 'REFUSED'],
  [record('_h._tcp.web.shop.svc', 'SRV', '0 0 80 web_1.shop.svc.cluster.local.'), 'REFUSED'],
  [record('_g._tcp.web.shop.svc', 'SRV', '0 0 80 web.shop.svc.cluster.local.'), 'NOERROR'],
  [record('_n._tcp.web.shop.svc', 'SRV', '0 0 80 .'), 'NOERROR'],
  [record('2001-db8--5.web.shop.svc', 'AAAA', '2001:db8::5'), 'NOERROR'],
  [record('ext.shop.svc', 'CNAME', 'db_1-.example.com.'), 'NOERROR'],
  [record('_note.shop.svc', 'TXT', '"a"'), 'NOERROR'],
];
const good = record('web.shop.svc', 'A', '10.0.0.1');

const running: Authoritative[] = [];
afterAll(async () => {
  for (const server of running) await server.stop();
});

async function start(kind: 'knot' | 'bind') {
  if (system.status === 'absent') throw new Error(system.reason);
  const options = { runFolder: createRunFolder(), zone: 'cluster.local', key, zoneFile, name: `strict-${kind}` };
  const { knotd, named } = system.servers;
  const server = await (kind === 'knot' ? startKnot({ ...options, knotd }) : startBind({ ...options, named }));
  running.push(server);
  const tsig = await importTsigKey(key.name, key.secret);
  return async (records: readonly DnsRecord[]) => {
    const steps = groupRecords(records).map((set) => ({ step: 'add', ...set }) as const);
    const update = { zone, prerequisites: [], steps };
    const options = { tsig, timeoutMs: 5_000, signal: AbortSignal.timeout(5_000) };
    return (await sendUpdate(deps, server.address, update, options)).message.rcode;
  };
}

it.skipIf(system.status === 'absent')(
  'BIND refuses these, Knot takes them, and a snapshot keeps what both take',
  async () => {
    const [onBind, onKnot] = [await start('bind'), await start('knot')];
    for (const [odd, rcode] of cases) {
      const label = `${odd.name} ${odd.type}`;
      expect(await onBind([good, odd]), label).toBe(rcode);
      expect(await onKnot([good, odd]), label).toBe('NOERROR');
    }
    const origin = { kind: 'axfr', server: '127.0.0.1:53', signed: true } as const;
    const records = [good, ...cases.map(([one]) => one)];
    const { rrsets } = await buildSnapshot({
      cluster: 'prod',
      zone,
      origin,
      freshness: { kind: 'serial', serial: 1 },
      takenAt: 1,
      records,
    });
    const kept = rrsets.flatMap(({ name, type, values }) => values.map((value) => `${name} ${type} ${value}`)).sort();
    const taken = [good, ...cases.filter(([, rcode]) => rcode === 'NOERROR').map(([one]) => one)];
    expect(kept).toEqual(taken.map(({ name, type, value }) => `${name} ${type} ${value}`).sort());
  },
);
