// Cases: what is answered to a question. RFC 1034, 2181, 2308, 6891.
import { expect } from 'vitest';
import { apply, type Cases, held, isNegative, noerror, caseZone as zone } from './case.ts';

export const questionCases: Cases = {
  'answers with authority, and the name as it was asked': async (client) => {
    await apply(client, 'q1 30 IN A 10.0.0.1', 'q1 30 IN A 10.0.0.2');
    const reply = await client.ask('Q1 A');
    expect(reply).toMatchObject({ rcode: 'NOERROR', aa: true, tc: false, question: `Q1.${zone} A` });
    expect(reply.answers.map((line) => line.toLowerCase())).toEqual([
      `q1.${zone} 30 a 10.0.0.1`,
      `q1.${zone} 30 a 10.0.0.2`,
    ]);
  },
  'a name that is not there is NXDOMAIN with the SOA': async (client) => {
    const reply = await client.ask('nobody A');
    expect(reply).toMatchObject({ rcode: 'NXDOMAIN', aa: true });
    isNegative(reply);
  },
  'another type of a name that is there is NODATA with the SOA': async (client) => {
    const reply = await client.ask('deep.below.nothing AAAA');
    expect(reply).toMatchObject({ rcode: 'NOERROR', aa: true });
    isNegative(reply);
  },
  'an empty non-terminal is NODATA, below it is NXDOMAIN': async (client) => {
    for (const name of ['below.nothing', 'nothing']) {
      const reply = await client.ask(`${name} A`);
      expect(reply).toMatchObject(noerror);
      isNegative(reply);
    }
    expect(await client.ask('other.nothing A')).toMatchObject({ rcode: 'NXDOMAIN' });
  },
  'an empty non-terminal goes with the last name below it': async (client) => {
    await apply(client, 'a.ent 30 IN A 10.0.0.1', 'b.ent 30 IN A 10.0.0.1');
    await apply(client, 'a.ent 0 ANY ANY');
    expect(await client.ask('ent A')).toMatchObject(noerror);
    await apply(client, 'b.ent 0 ANY A');
    expect(await client.ask('ent A')).toMatchObject({ rcode: 'NXDOMAIN' });
  },
  'follows aliases inside the zone, and shows those that lead out': async (client) => {
    await apply(client, 'c1 30 IN CNAME c2', 'c2 40 IN CNAME c3', 'c3 50 IN A 10.0.0.3', 'c4 30 IN CNAME www.example.');
    expect((await client.ask('c1 A')).answers).toEqual([
      `c1.${zone} 30 CNAME c2.${zone}`,
      `c2.${zone} 40 CNAME c3.${zone}`,
      `c3.${zone} 50 A 10.0.0.3`,
    ]);
    expect((await client.ask('c1 CNAME')).answers).toEqual([`c1.${zone} 30 CNAME c2.${zone}`]);
    expect(await client.ask('c4 A')).toMatchObject({
      rcode: 'NOERROR',
      answers: [`c4.${zone} 30 CNAME www.example.`],
      authorities: [],
    });
  },
  'an alias of nothing is NXDOMAIN, one without the type is NODATA': async (client) => {
    await apply(client, 'c5 30 IN CNAME c6', 'c7 30 IN CNAME deep.below.nothing');
    expect(await client.ask('c5 A')).toMatchObject({ rcode: 'NXDOMAIN', answers: [`c5.${zone} 30 CNAME c6.${zone}`] });
    const nodata = await client.ask('c7 AAAA');
    expect(nodata).toMatchObject({ rcode: 'NOERROR', answers: [`c7.${zone} 30 CNAME deep.below.nothing.${zone}`] });
    expect(nodata.authorities[0]).toMatch(/ 20 SOA /);
  },
  'a circle of aliases ends': async (client) => {
    await apply(client, 'c8 30 IN CNAME c9', 'c9 30 IN CNAME c8');
    expect(await client.ask('c8 A')).toMatchObject({
      rcode: 'NOERROR',
      answers: [`c8.${zone} 30 CNAME c9.${zone}`, `c9.${zone} 30 CNAME c8.${zone}`],
    });
  },
  'outside the zone is REFUSED': async (client) => {
    for (const name of ['example.', 'local.', 'xcluster.local.', '.'])
      expect(await client.ask(`${name} A`)).toMatchObject({ rcode: 'REFUSED', aa: false });
  },
  'answers ANY with everything over TCP': async (client) => {
    await apply(client, 'q2 30 IN A 10.0.0.1', 'q2 30 IN TXT "t"');
    expect(await held(client, 'q2', 'ANY')).toEqual(['30 A 10.0.0.1', '30 TXT "t"']);
  },
  'all types come back as they went in': async (client) => {
    const lines = {
      A: '10.0.0.1',
      AAAA: 'fd00::1',
      SRV: `0 50 5432 a.db.${zone}`,
      TXT: '"one" "two words"',
      PTR: 'else.example.',
    };
    await apply(client, ...Object.entries(lines).map(([type, value]) => `all 30 IN ${type} ${value}`));
    for (const [type, value] of Object.entries(lines))
      expect(await held(client, 'all', type)).toEqual([`30 ${type} ${value}`]);
  },
  'takes EDNS, and says BADVERS to a later version': async (client) => {
    expect(await client.ask('deep.below.nothing A', { ednsBytes: 1232 })).toMatchObject({ ...noerror, ednsRcode: 0 });
    expect(await client.ask('deep.below.nothing A')).toMatchObject({ ...noerror, ednsRcode: undefined });
    expect(await client.ask('deep.below.nothing A', { ednsBytes: 1232, ednsVersion: 1 })).toMatchObject({
      ednsRcode: 1,
    });
  },
  'sets TC where UDP is too small, and has all over TCP': async (client) => {
    await apply(client, ...Array.from({ length: 60 }, (_, i) => `big 30 IN A 10.0.1.${i}`));
    const plain = await client.ask('big A');
    expect(plain).toMatchObject({ rcode: 'NOERROR', tc: true });
    expect(plain.octets).toBeLessThanOrEqual(512);
    const edns = await client.ask('big A', { ednsBytes: 1232 });
    expect(edns).toMatchObject({ tc: false });
    expect(edns.answers).toHaveLength(60);
    expect((await client.ask('big A', { over: 'tcp' })).answers).toHaveLength(60);
  },
  'signs its answer to a signed question': async (client, key) => {
    expect(await client.ask('deep.below.nothing A', { key })).toMatchObject({ ...noerror, tsig: 'good' });
  },
};
