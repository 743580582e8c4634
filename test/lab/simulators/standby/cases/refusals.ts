// Cases: what an UPDATE asks for first, and when it is refused. RFC 2136 section 3.1 to 3.4.1.
import { expect } from 'vitest';
import { apply, type Cases, noerror, caseZone as zone } from './case.ts';

export const refusalCases: Cases = {
  'prerequisites: a set exists, whatever it holds': async (client) => {
    await apply(client, 'p1 30 IN A 10.0.0.1');
    expect(await client.update([], { given: ['p1 0 ANY A'] })).toMatchObject({ rcode: 'NOERROR' });
    expect(await client.update([], { given: ['p1 0 ANY TXT'] })).toMatchObject({ rcode: 'NXRRSET', tsig: 'good' });
    expect(await client.update([], { given: ['p1-none 0 ANY A'] })).toMatchObject({ rcode: 'NXRRSET' });
  },
  'prerequisites: a set holds exactly these values': async (client) => {
    await apply(client, 'p2 30 IN A 10.0.0.1', 'p2 30 IN A 10.0.0.2');
    const given = (...values: readonly string[]) => ({ given: values.map((value) => `p2 0 IN A ${value}`) });
    expect(await client.update([], given('10.0.0.2', '10.0.0.1'))).toMatchObject({ rcode: 'NOERROR' });
    expect(await client.update([], given('10.0.0.1'))).toMatchObject({ rcode: 'NXRRSET' });
    expect(await client.update([], given('10.0.0.1', '10.0.0.2', '10.0.0.3'))).toMatchObject({ rcode: 'NXRRSET' });
    expect(await client.update([], given('10.0.0.1', '10.0.0.3'))).toMatchObject({ rcode: 'NXRRSET' });
    expect(await client.update([], { given: ['p2-none 0 IN A 10.0.0.1'] })).toMatchObject({ rcode: 'NXRRSET' });
  },
  'prerequisites: a set does not exist': async (client) => {
    await apply(client, 'p3 30 IN A 10.0.0.1');
    expect(await client.update([], { given: ['p3 0 NONE A'] })).toMatchObject({ rcode: 'YXRRSET' });
    expect(await client.update([], { given: ['p3 0 NONE TXT', 'p3-none 0 NONE A'] })).toMatchObject({
      rcode: 'NOERROR',
    });
  },
  'prerequisites: a name is in use, and is not': async (client) => {
    await apply(client, 'x.p4 30 IN A 10.0.0.1');
    expect(await client.update([], { given: ['x.p4 0 ANY ANY', 'p4-none 0 NONE ANY'] })).toMatchObject(noerror);
    expect(await client.update([], { given: ['p4-none 0 ANY ANY'] })).toMatchObject({ rcode: 'NXDOMAIN' });
    expect(await client.update([], { given: ['x.p4 0 NONE ANY'] })).toMatchObject({ rcode: 'YXDOMAIN' });
  },
  'prerequisites: an empty non-terminal is not in use': async (client) => {
    await apply(client, 'x.p5 30 IN A 10.0.0.1');
    expect(await client.update([], { given: ['p5 0 NONE ANY'] })).toMatchObject({ rcode: 'NOERROR' });
    expect(await client.update([], { given: ['p5 0 ANY ANY'] })).toMatchObject({ rcode: 'NXDOMAIN' });
  },
  'prerequisites: a type that nobody holds is not there': async (client) => {
    expect(await client.update([], { given: ['p6 0 NONE TYPE65280'] })).toMatchObject({ rcode: 'NOERROR' });
    expect(await client.update([], { given: ['p6 0 ANY TYPE65280'] })).toMatchObject({ rcode: 'NXRRSET' });
    expect(await client.update([], { given: ['p6 0 IN TYPE65280 \\# 00'] })).toMatchObject({ rcode: 'NXRRSET' });
  },
  'nothing is done when a prerequisite fails': async (client) => {
    const before = await client.serial();
    const reply = await client.update(['p7 30 IN A 10.0.0.1'], { given: ['p7 0 ANY A'] });
    expect(reply).toMatchObject({ rcode: 'NXRRSET', tsig: 'good' });
    expect(await client.ask('p7 A')).toMatchObject({ rcode: 'NXDOMAIN' });
    expect(await client.serial()).toBe(before);
  },
  'malformed prerequisites are FORMERR': async (client) => {
    for (const given of ['f1 30 ANY A', 'f1 0 ANY A 10.0.0.1', 'f1 0 NONE A 10.0.0.1', 'f1 0 CH A 10.0.0.1'])
      expect(await client.update([], { given: [given] }), given).toMatchObject({ rcode: 'FORMERR' });
  },
  'malformed updates are FORMERR, and nothing is done': async (client) => {
    const malformed = ['f2 0 ANY A 10.0.0.1', 'f2 0 NONE ANY', 'f2 30 IN ANY', 'f2 0 CH A 10.0.0.1'];
    for (const line of malformed)
      expect(await client.update(['f2-good 30 IN A 10.0.0.1', line]), line).toMatchObject({ rcode: 'FORMERR' });
    expect(await client.ask('f2-good A')).toMatchObject({ rcode: 'NXDOMAIN' });
  },
  'a delete with a TTL is FORMERR': async (client) => {
    for (const line of ['f5 30 ANY A', 'f5 30 NONE A 10.0.0.1'])
      expect(await client.update([line]), line).toMatchObject({ rcode: 'FORMERR' });
  },
  'data that do not fit their type are FORMERR': async (client) => {
    for (const line of ['f3 30 IN A \\# 0a0000', 'f3 30 IN A \\# 0a00000101', 'f3 30 IN SRV \\# 000000'])
      expect(await client.update([line]), line).toMatchObject({ rcode: 'FORMERR' });
  },
  'names outside the zone are NOTZONE, and nothing is done': async (client) => {
    const outside = 'www.example. 30 IN A 10.0.0.1';
    expect(await client.update(['f4 30 IN A 10.0.0.1', outside])).toMatchObject({ rcode: 'NOTZONE', tsig: 'good' });
    expect(await client.update([], { given: ['www.example. 0 ANY A'] })).toMatchObject({ rcode: 'NOTZONE' });
    expect(await client.ask('f4 A')).toMatchObject({ rcode: 'NXDOMAIN' });
  },
  'another zone is NOTAUTH, and a zone section of another type FORMERR': async (client) => {
    expect(await client.update([], { zoneSection: { name: 'example.' } })).toMatchObject({ rcode: 'NOTAUTH' });
    expect(await client.update([], { zoneSection: { type: 1 } })).toMatchObject({ rcode: 'FORMERR' });
  },
  'a name below the apex as the zone is NOTAUTH': async (client) => {
    expect(await client.update([], { zoneSection: { name: `deep.below.nothing.${zone}` } })).toMatchObject({
      rcode: 'NOTAUTH',
    });
  },
  'what the lab does not need is REFUSED whole: other types, wildcards, delegations': async (client) => {
    const refused = [
      'r1 30 IN MX \\# 000a00',
      '*.r1 30 IN A 10.0.0.1',
      'a.*.r1 30 IN A 10.0.0.1',
      'r1 30 IN NS a.example.',
    ];
    for (const line of refused)
      expect(await client.update(['r2 30 IN A 10.0.0.1', line]), line).toMatchObject({
        rcode: 'REFUSED',
        tsig: 'good',
      });
    expect(await client.ask('r2 A')).toMatchObject({ rcode: 'NXDOMAIN' });
    await apply(client, 'r1 0 ANY MX', '*.r1 0 ANY A', 'r1 0 NONE NS a.example.');
  },
};
