// Cases: what an UPDATE does. RFC 2136 section 3.4.
import { expect } from 'vitest';
import { apply, type Cases, held, noerror } from './case.ts';

export const updateCases: Cases = {
  'adds, and counts the serial up by one': async (client) => {
    const before = await client.serial();
    await apply(client, 'u1 30 IN A 10.0.0.1');
    expect(await client.serial()).toBe(before + 1);
    await apply(client, 'u1 30 IN A 10.0.0.1');
    expect(await client.serial()).toBe(before + 1);
    expect(await held(client, 'u1', 'A')).toEqual(['30 A 10.0.0.1']);
  },
  'the TTL of a new value is that of the whole set': async (client) => {
    await apply(client, 'u2 30 IN A 10.0.0.1');
    await apply(client, 'u2 50 IN A 10.0.0.2');
    expect(await held(client, 'u2', 'A')).toEqual(['50 A 10.0.0.1', '50 A 10.0.0.2']);
  },
  'the TTL of a value that was there already is that of the whole set': async (client) => {
    await apply(client, 'u11 30 IN A 10.0.0.1', 'u11 30 IN A 10.0.0.2');
    await apply(client, 'u11 20 IN A 10.0.0.1');
    expect(await held(client, 'u11', 'A')).toEqual(['20 A 10.0.0.1', '20 A 10.0.0.2']);
  },
  'deletes a value, a set, and a name': async (client) => {
    await apply(client, 'u3 30 IN A 10.0.0.1', 'u3 30 IN A 10.0.0.2', 'u3 30 IN TXT "t"', 'u3 30 IN AAAA fd00::1');
    await apply(client, 'u3 0 NONE A 10.0.0.1', 'u3 0 NONE A 10.0.0.9');
    expect(await held(client, 'u3', 'A')).toEqual(['30 A 10.0.0.2']);
    await apply(client, 'u3 0 ANY A');
    expect(await held(client, 'u3', 'A')).toEqual([]);
    expect(await held(client, 'u3', 'AAAA')).toEqual(['30 AAAA fd00::1']);
    await apply(client, 'u3 0 ANY ANY');
    expect(await client.ask('u3 TXT')).toMatchObject({ rcode: 'NXDOMAIN' });
  },
  'carries out one step after the other': async (client) => {
    await apply(client, 'u4 30 IN A 10.0.0.1');
    await apply(client, 'u4 0 ANY A', 'u4 40 IN A 10.0.0.2', 'u4 0 NONE A 10.0.0.2', 'u4 40 IN A 10.0.0.3');
    expect(await held(client, 'u4', 'A')).toEqual(['40 A 10.0.0.3']);
  },
  'ignores an add beside a CNAME, and a CNAME beside others': async (client) => {
    await apply(client, 'u5 30 IN CNAME a.example.', 'u6 30 IN A 10.0.0.1');
    await apply(client, 'u5 30 IN A 10.0.0.1', 'u6 30 IN CNAME a.example.');
    expect(await held(client, 'u5', 'ANY')).toEqual(['30 CNAME a.example.']);
    expect(await held(client, 'u6', 'ANY')).toEqual(['30 A 10.0.0.1']);
  },
  'a CNAME takes the place of a CNAME': async (client) => {
    await apply(client, 'u7 30 IN CNAME a.example.');
    await apply(client, 'u7 40 IN CNAME b.example.');
    expect(await held(client, 'u7', 'CNAME')).toEqual(['40 CNAME b.example.']);
  },
  'a name goes from A to CNAME in one message': async (client) => {
    await apply(client, 'u8 30 IN A 10.0.0.1');
    await apply(client, 'u8 0 ANY A', 'u8 30 IN CNAME a.example.');
    expect(await held(client, 'u8', 'ANY')).toEqual(['30 CNAME a.example.']);
  },
  'names are compared without regard to case': async (client) => {
    await apply(client, 'U9 30 IN A 10.0.0.1');
    await apply(client, 'u9 30 IN A 10.0.0.1', 'u9 0 NONE A 10.0.0.7');
    expect(await held(client, 'u9', 'A')).toEqual(['30 A 10.0.0.1']);
    expect(await client.update([], { given: ['U9 0 ANY A'] })).toMatchObject(noerror);
  },
  'the SOA and the last NS of the apex stay': async (client) => {
    await apply(client, '@ 0 ANY SOA', '@ 0 ANY NS', '@ 0 ANY ANY', '@ 0 NONE NS ns.standby.invalid.');
    expect(await held(client, '@', 'NS')).toEqual(['30 NS ns.standby.invalid.']);
    expect(await held(client, '@', 'SOA')).toHaveLength(1);
  },
  'an NS of the apex goes when it is not the last': async (client) => {
    await apply(client, '@ 30 IN NS second.invalid.');
    await apply(client, '@ 0 NONE NS second.invalid.');
    expect(await held(client, '@', 'NS')).toEqual(['30 NS ns.standby.invalid.']);
  },
  'all of the apex but SOA and NS goes with ANY': async (client) => {
    await apply(client, '@ 30 IN TXT "apex"', '@ 30 IN A 10.0.0.1');
    await apply(client, '@ 0 ANY ANY');
    expect(await held(client, '@', 'TXT')).toEqual([]);
    expect(await held(client, '@', 'NS')).toHaveLength(1);
  },
  'takes a newer SOA as it is, and ignores an older one': async (client) => {
    const serial = await client.serial();
    const soa = (number: number) =>
      `@ 60 IN SOA ns.standby.invalid. hostmaster.standby.invalid. ${number} 7200 1800 86400 20`;
    await apply(client, soa(serial + 10), 's1 30 IN A 10.0.0.1');
    expect(await client.serial()).toBe(serial + 10);
    await apply(client, soa(serial + 5));
    expect(await client.serial()).toBe(serial + 10);
  },
  'an SOA elsewhere than at the apex is ignored': async (client) => {
    await apply(client, 's2 30 IN SOA ns.standby.invalid. hostmaster.standby.invalid. 9 7200 1800 86400 20');
    expect(await client.ask('s2 SOA')).toMatchObject({ rcode: 'NXDOMAIN' });
  },
  'an UPDATE comes over UDP as well': async (client) => {
    const reply = await client.update(['u10 30 IN A 10.0.0.1'], { over: 'udp' });
    expect(reply).toMatchObject({ rcode: 'NOERROR', tsig: 'good' });
    expect(await held(client, 'u10', 'A')).toEqual(['30 A 10.0.0.1']);
  },
  'an UPDATE without any step is NOERROR': async (client) => {
    const before = await client.serial();
    await apply(client);
    expect(await client.serial()).toBe(before);
  },
};
