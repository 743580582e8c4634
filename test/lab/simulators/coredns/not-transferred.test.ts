// What CoreDNS answers in peace and a standby made from its transfer does not: README.md ("What it cannot do") and docs/wiring.md say so.
// Both sides were had of the real CoreDNS: the answers (questions.ts) and the transfer (cases/transfer.ts).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { child, parseName } from '../../../../functions/records/name.ts';
import { buildSnapshot } from '../../../../functions/snapshot/build.ts';
import { parseZoneFile } from '../../../../functions/snapshot/zone-file.ts';
import { transferRecords } from './cases/transfer.ts';
import { questions } from './questions.ts';

const zone = parseName('cluster.local');

async function standbySets(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { records } = parseZoneFile(transferRecords.join('\n'), { origin: zone });
  const origin = { kind: 'axfr', server: '127.0.0.1:53', signed: true } as const;
  const { rrsets } = await buildSnapshot({
    cluster: 'prod',
    zone,
    origin,
    freshness: { kind: 'serial', serial: 1 },
    takenAt: 1,
    records,
  });
  const types = new Map<string, Set<string>>();
  for (const { name, type } of rrsets) types.set(name, (types.get(name) ?? new Set()).add(type));
  return types;
}

it('is names of pods behind a ClusterIP Service, SRV of a bare headless Service, and forms that nobody spells', async () => {
  const held = await standbySets();
  const services = child('svc', zone);
  const lacking = questions.flatMap(({ text, rcode, answers }) => {
    const [name = '', type = ''] = text.toLowerCase().split(' ');
    if (rcode !== 'NOERROR' || answers.length === 0 || !name.endsWith(services)) return [];
    const types = held.get(name);
    if (types?.has(type.toUpperCase()) || types?.has('CNAME')) return [];
    return [
      `${name.slice(0, -services.length - 1)} ${type.toUpperCase()} ${types === undefined ? 'NXDOMAIN' : 'NODATA'}`,
    ];
  });
  expect(lacking).toEqual([
    'http.tcp.web.shop SRV NXDOMAIN',
    '_http._tcp.web.shop A NODATA',
    '_._tcp.unnamed.shop SRV NXDOMAIN',
    '10-244-1-1.web.shop A NXDOMAIN',
    '10-244-1-1.web.shop SRV NXDOMAIN',
    'mirrored.web.shop A NXDOMAIN',
    'fd00-1--5.db.shop SRV NODATA',
    'twins.shop SRV NODATA',
    'plain.shop SRV NODATA',
    '_._tcp.plain.shop SRV NXDOMAIN',
    // An ExternalName Service with two ports comes as two CNAMEs, which no zone may hold.
    'named.shop A NXDOMAIN',
    'named.shop CNAME NXDOMAIN',
  ]);
});

it.each(['README.md', 'docs/wiring.md'])('is said in %s', (file) => {
  const text = readFileSync(join(import.meta.dirname, '../../../..', file), 'utf8').replace(/\s+/g, ' ');
  expect(/names of pods behind a ClusterIP Service.{0,250}NXDOMAIN/.test(text), 'pod names').toBe(true);
  expect(/SRV of a bare headless Service name.{0,250}NODATA/.test(text), 'SRV').toBe(true);
});
