// Cases: signatures, transfers, and octets that are no message. RFC 8945, 5936, 1995.
import { expect } from 'vitest';
import { apply, type Cases, caseZone as zone } from './case.ts';

export const accessCases: Cases = {
  'without a signature an UPDATE is REFUSED': async (client) => {
    const reply = await client.update(['t1 30 IN A 10.0.0.1'], { key: undefined });
    expect(reply).toMatchObject({ rcode: 'REFUSED', tsig: 'none' });
    expect(await client.ask('t1 A')).toMatchObject({ rcode: 'NXDOMAIN' });
  },
  'a wrong secret is NOTAUTH with BADSIG, unsigned': async (client, key) => {
    const wrong = { ...key, secretBase64: Buffer.alloc(32).toString('base64') };
    const reply = await client.update(['t2 30 IN A 10.0.0.1'], { key: wrong });
    expect(reply).toMatchObject({ rcode: 'NOTAUTH', tsig: 'error 16' });
    expect(await client.ask('deep.below.nothing A', { key: wrong })).toMatchObject({
      rcode: 'NOTAUTH',
      tsig: 'error 16',
    });
    expect(await client.ask('t2 A')).toMatchObject({ rcode: 'NXDOMAIN' });
  },
  'an unknown key is NOTAUTH with BADKEY': async (client, key) => {
    const reply = await client.update(['t3 30 IN A 10.0.0.1'], { key: { ...key, name: 'unknown.test.' } });
    expect(reply).toMatchObject({ rcode: 'NOTAUTH', tsig: 'error 17' });
  },
  'a clock that is wrong is NOTAUTH with BADTIME, signed': async (client, key) => {
    for (const signedSecondsLater of [-400, 400]) {
      const reply = await client.update(['t4 30 IN A 10.0.0.1'], { key, signedSecondsLater });
      expect(reply).toMatchObject({ rcode: 'NOTAUTH', tsig: 'error 18' });
    }
    expect(await client.update([], { signedSecondsLater: 250, key })).toMatchObject({ rcode: 'NOERROR', tsig: 'good' });
    expect(await client.ask('t4 A')).toMatchObject({ rcode: 'NXDOMAIN' });
  },
  'a MAC that is cut is NOTAUTH with BADTRUNC': async (client, key) => {
    const reply = await client.update(['t5 30 IN A 10.0.0.1'], { key, macCut: 10 });
    expect(reply).toMatchObject({ rcode: 'NOTAUTH', tsig: 'error 22' });
    expect(await client.ask('t5 A')).toMatchObject({ rcode: 'NXDOMAIN' });
  },
  'a MAC that is cut below half is FORMERR': async (client, key) => {
    expect(await client.update([], { key, macCut: 20 })).toMatchObject({ rcode: 'FORMERR' });
  },
  'transfers everything over TCP with the key, SOA first and last': async (client) => {
    const reply = await client.transfer('AXFR');
    expect(reply).toMatchObject({ rcode: 'NOERROR', tsig: 'good' });
    expect(reply.answers.filter((line) => line.includes(' SOA '))).toHaveLength(2);
    expect(reply.answers).toContain(`deep.below.nothing.${zone} 30 A 192.0.2.9`);
  },
  'transfers a large zone in several signed messages': async (client) => {
    for (let batch = 0; batch < 5; batch++) {
      const lines = Array.from({ length: 1000 }, (_, i) => `m${i}.b${batch} 30 IN A 10.${batch}.${i >> 8}.${i & 255}`);
      await apply(client, ...lines);
    }
    const reply = await client.transfer('AXFR');
    expect(reply).toMatchObject({ rcode: 'NOERROR', tsig: 'good' });
    expect(reply.messages).toBeGreaterThan(1);
    expect(reply.answers.filter((line) => /^m\d+\.b\d\./.test(line))).toHaveLength(5000);
  },
  'an IXFR with the current serial or a later one is one SOA': async (client) => {
    const serial = await client.serial();
    for (const has of [serial, serial + 1]) {
      const { answers, tsig } = await client.transfer('IXFR', has);
      expect(answers).toHaveLength(1);
      expect(answers[0]).toContain(` ${serial} `);
      expect(tsig).toBe('good');
    }
  },
  'an IXFR with an old serial is the whole zone': async (client) => {
    const { answers } = await client.transfer('IXFR', 1);
    expect(answers).toContain(`deep.below.nothing.${zone} 30 A 192.0.2.9`);
  },
  'a transfer without the key is REFUSED': async (client) => {
    expect(await client.ask('@ AXFR', { over: 'tcp' })).toMatchObject({ rcode: 'REFUSED', answers: [] });
  },
  'a transfer over UDP is REFUSED': async (client, key) => {
    expect(await client.ask('@ AXFR', { over: 'udp', key })).toMatchObject({ rcode: 'REFUSED', answers: [] });
  },
  'a transfer of another zone is NOTAUTH': async (client, key) => {
    for (const name of ['example.', 'below.nothing'])
      expect(await client.ask(`${name} AXFR`, { over: 'tcp', key })).toMatchObject({ rcode: 'NOTAUTH' });
  },
  'drops what is no question': async (client) => {
    for (const bytes of [header(0x8000, 1, [0, 0, 1, 0, 1]), Uint8Array.of(1, 2, 3)])
      expect(await client.raw(bytes, 'udp', 200)).toBeUndefined();
  },
  'a message that cannot be read is FORMERR': async (client) => {
    for (const bytes of [header(0, 1), header(0, 1, [63, 97]), header(0, 2, [0, 0, 1, 0, 1]), header(5 << 11, 1)]) {
      const reply = await client.raw(bytes, 'udp', 1_000);
      expect(reply?.readUInt16BE(0)).toBe(0x0707);
      expect(rcodeOf(reply)).toBe(1);
    }
  },
  'another opcode is NOTIMP': async (client) => {
    expect(rcodeOf(await client.raw(header(2 << 11, 0), 'udp'))).toBe(4);
  },
};

function header(flags: number, questions: number, rest: readonly number[] = []): Uint8Array {
  return Uint8Array.of(7, 7, flags >> 8, flags & 255, 0, questions, 0, 0, 0, 0, 0, 0, ...rest);
}

function rcodeOf(reply: Buffer | undefined): number {
  return (reply?.[3] ?? 0) & 15;
}
