// Which zone files are taken, and what is said of the others.
import { describe, expect, it } from 'vitest';
import { parseName } from '../../../../functions/records/name.ts';
import { emptyZone } from '../../../../lab/processes/zone.ts';
import { readZoneText } from '../../../../lab/simulators/standby/zone-source.ts';

const apex = parseName('cluster.local');
const empty = emptyZone('cluster.local');

describe('a zone file', () => {
  it('is read into sets', () => {
    const sets = readZoneText(`${empty}a.svc 30 IN A 10.0.0.1\na.svc 30 IN A 10.0.0.2\n`, apex);
    expect(sets.map(({ name, type, values }) => `${name} ${type} ${values.length}`)).toEqual([
      'cluster.local. SOA 1',
      'cluster.local. NS 1',
      'a.svc.cluster.local. A 2',
    ]);
  });

  it.each([
    ['cluster.local. 30 IN A 10.0.0.1\n', 'there is no SOA'],
    [emptyZone('other.local'), 'the SOA is of other.local., not of cluster.local.'],
    [`${empty}*.x 30 IN A 10.0.0.1\n`, '*.x.cluster.local. A: wildcards are not supported'],
    [
      `${empty}x 30 IN NS ns.example.\n`,
      'x.cluster.local. NS: NS records below the apex (delegations) are not supported',
    ],
    [`${empty}x 30 IN MX 10 a.example.\n`, 'line 5: records of type MX are not supported'],
    [`${empty}www.example. 30 IN A 10.0.0.1\n`, 'www.example. is not in the zone cluster.local.'],
    [`${empty}x 30 IN CNAME a.\nx 30 IN A 10.0.0.1\n`, 'x.cluster.local. has a CNAME and other records'],
    [`${empty}x 30 IN CNAME a.\nx 30 IN CNAME b.\n`, 'x.cluster.local. CNAME has 2 values, the limit is 1'],
    [`${empty}x 30 IN A 10.0.0.256\n`, 'line 5, column 11: "10.0.0.256" is not an IPv4 address'],
  ])('that cannot be held is refused with the reason', (text, reason) => {
    expect(() => readZoneText(text, apex)).toThrow(reason);
  });
});
