// Forwarding, failover and the cache of the embedded CoreDNS, on upstreams that misbehave.
import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import type { Name } from '../../../../functions/records/name.ts';
import type { DnsAddress } from '../../../../lab/processes/dns-client.ts';
import { freePort } from '../../../../lab/processes/ports.ts';
import { createInstance, type Instance } from '../../../../lab/simulators/coredns/instance.ts';
import { type FakeAnswer, type FakeDnsServer, refused, silent, startDnsServer } from '../../../fakes/dns-server.ts';
import { ask } from './cases/ask.ts';

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.close();
});

const text = 'web.shop.svc.cluster.local. A';
const owner = 'web.shop.svc.cluster.local.' as Name;
const soa = {
  name: 'cluster.local.' as Name,
  type: 'SOA',
  ttlSeconds: 30,
  value: 'ns.invalid. h.invalid. 1 1 1 1 30',
} as const;

function saying(address: string, ttlSeconds = 60): FakeAnswer {
  return () => ({ messages: [{ answers: [{ name: owner, type: 'A', ttlSeconds, value: address }] }] });
}

async function upstream(answer: FakeAnswer): Promise<FakeDnsServer> {
  const server = await startDnsServer(answer);
  running.push(server);
  return server;
}

async function node(upstreams: readonly DnsAddress[], options: readonly string[], more = ''): Promise<DnsAddress> {
  const port = await freePort();
  const to = upstreams.map(({ host, port: at }) => `${host}:${at}`).join(' ');
  const instance: Instance = createInstance(
    `.:${port} {\n  bind 127.0.0.1\n  ${more}\n  forward . ${to} {\n    ${options.join('\n    ')}\n  }\n}\n`,
  );
  await instance.start();
  running.push({ close: () => instance.stop() });
  return { host: '127.0.0.1', port };
}

const generated = [
  'policy sequential',
  'failover SERVFAIL REFUSED',
  'prefer_udp',
  'max_fails 1',
  'health_check 0.5s no_rec domain cluster.local',
];
const last = (lines: readonly string[]): readonly (string | undefined)[] => lines.map((line) => line.split(' ').at(-1));

describe('failover', () => {
  it.each([
    ['SERVFAIL', { messages: [{ rcode: 'SERVFAIL' }] }],
    ['REFUSED', refused],
  ])('passes %s on to the standby', async (_, reply) => {
    const [first, standby] = [await upstream(() => reply), await upstream(saying('10.9.9.9'))];
    const shown = await ask(await node([first.endpoint, standby.endpoint], generated), text);
    expect(last(shown.answers)).toEqual(['10.9.9.9']);
  });

  it('leaves an NXDOMAIN as it is, and asks no standby', async () => {
    const first = await upstream(() => ({ messages: [{ rcode: 'NXDOMAIN', authorities: [soa] }] }));
    const standby = await upstream(saying('10.9.9.9'));
    expect((await ask(await node([first.endpoint, standby.endpoint], generated), text)).rcode).toBe('NXDOMAIN');
    expect(standby.queries).toHaveLength(0);
  });

  it('takes the last upstream at its word', async () => {
    const servers = [await upstream(() => refused), await upstream(() => ({ messages: [{ rcode: 'SERVFAIL' }] }))];
    const shown = await ask(
      await node(
        servers.map(({ endpoint }) => endpoint),
        generated,
      ),
      text,
    );
    expect(shown.rcode).toBe('SERVFAIL');
    expect(servers.map(({ queries }) => queries.length)).toEqual([1, 1]);
  });

  it('goes on at once where nobody listens', async () => {
    const nobody = { host: '127.0.0.1', port: await freePort() };
    const standby = await upstream(saying('10.9.9.9'));
    const server = await node([nobody, standby.endpoint], generated);
    const startedAt = performance.now();
    expect(last((await ask(server, text)).answers)).toEqual(['10.9.9.9']);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('waits 2 s for a silent one, and after two failed checks no more', async () => {
    const first = await upstream(() => silent);
    const standby = await upstream(saying('10.9.9.9'));
    const server = await node([first.endpoint, standby.endpoint], generated);
    const timed = async (): Promise<number> => {
      const startedAt = performance.now();
      expect(last((await ask(server, text, { timeoutMs: 4_000 })).answers)).toEqual(['10.9.9.9']);
      return performance.now() - startedAt;
    };
    const took = await timed();
    expect(took).toBeGreaterThan(1_900);
    expect(took).toBeLessThan(2_600);
    expect(first.queries.some(({ type, packet }) => type === 'NS' && packet.flag_rd === false)).toBe(true);
    await expect.poll(timed, { timeout: 8_000, interval: 500 }).toBeLessThan(200);
    first.behave(saying('10.1.1.1'));
    await expect.poll(async () => last((await ask(server, text)).answers), { timeout: 4_000 }).toEqual(['10.1.1.1']);
  }, 20_000);

  it('asks by TCP what UDP cut off', async () => {
    const first = await upstream((query) =>
      query.protocol === 'udp' ? { messages: [{ tc: true }] } : saying('10.1.1.1')(query),
    );
    const shown = await ask(await node([first.endpoint], generated), text);
    expect(shown).toMatchObject({ rcode: 'NOERROR', flags: 'aa' });
    expect(first.queries.map(({ protocol }) => protocol)).toEqual(['udp', 'tcp']);
  });

  it('turns away an answer to another question', async () => {
    const first = await upstream(() => ({ messages: [{ question: 'other.example.' }] }));
    expect((await ask(await node([first.endpoint], generated), text)).rcode).toBe('FORMERR');
  });

  it('ignores an answer with another id', async () => {
    const socket = createSocket('udp4');
    const port = await freePort();
    await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve));
    running.push({ close: async () => void socket.close() });
    socket.on('message', (query, from) => {
      const answer = Buffer.from(query);
      answer.writeUInt16BE(0x8400, 2);
      answer.writeUInt16BE((query.readUInt16BE(0) + 1) & 0xffff, 0);
      socket.send(answer, from.port, from.address);
      answer.writeUInt16BE(query.readUInt16BE(0), 0);
      socket.send(answer, from.port, from.address);
    });
    expect((await ask(await node([{ host: '127.0.0.1', port }], generated), text)).rcode).toBe('NOERROR');
  });

  it('refuses more than max_concurrent at once', async () => {
    const first = await upstream(() => ({ ...silent }));
    const server = await node([first.endpoint], ['max_concurrent 1']);
    const waiting = ask(server, text, { timeoutMs: 300 }).catch(() => undefined);
    await expect.poll(() => first.queries.length, { timeout: 8_000 }).toBe(1);
    expect((await ask(server, text)).rcode).toBe('REFUSED');
    await waiting;
  });
});

describe('the cache', () => {
  const cache = 'cache {\n success 9984 20\n denial 9984 5\n servfail 0s\n }';

  it('answers from what it has, with less time each second, at most and at least as long as it may', async () => {
    const first = await upstream(saying('10.1.1.1', 60));
    const server = await node([first.endpoint], generated, cache);
    expect((await ask(server, text)).answers[0]).toContain(' 20 A ');
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect((await ask(server, text.replace('web', 'WEB'))).answers[0]).toMatch(/ 19 A 10\.1\.1\.1$/);
    expect(first.queries).toHaveLength(1);
    first.behave(saying('10.1.1.1', 1));
    expect((await ask(server, text, { udpSize: 1232, flags: 0x0110 })).answers[0]).toContain(' 5 A ');
  });

  it('keeps a denial by its SOA, not without one, and no failure where that is asked for', async () => {
    const first = await upstream(() => ({ messages: [{ rcode: 'NXDOMAIN', authorities: [soa] }] }));
    const server = await node([first.endpoint], generated, cache);
    expect((await ask(server, text)).authorities[0]).toContain('cluster.local. 5 SOA');
    expect((await ask(server, text)).rcode).toBe('NXDOMAIN');
    expect(first.queries).toHaveLength(1);
    first.behave(() => ({ messages: [{ rcode: 'NXDOMAIN' }] }));
    for (const _ of [1, 2]) await ask(server, text.replace('web', 'a'));
    expect(first.queries).toHaveLength(3);
    first.behave(() => ({ messages: [{ rcode: 'SERVFAIL' }] }));
    for (const _ of [1, 2]) await ask(server, text.replace('web', 'b'));
    expect(first.queries).toHaveLength(5);
  });

  it('keeps a failure for 5 s by default', async () => {
    const first = await upstream(() => ({ messages: [{ rcode: 'SERVFAIL' }] }));
    const server = await node([first.endpoint], generated, 'cache 30');
    for (const _ of [1, 2, 3]) expect((await ask(server, text)).rcode).toBe('SERVFAIL');
    expect(first.queries).toHaveLength(1);
  });
});

describe('acl', () => {
  it('blocks types with an extended error, and lets others pass', async () => {
    const first = await upstream(saying('10.1.1.1'));
    const server = await node([first.endpoint], [], 'acl {\n block type AXFR IXFR\n }');
    expect((await ask(server, 'cluster.local. AXFR', { transport: 'tcp' })).rcode).toBe('REFUSED');
    expect((await ask(server, text)).rcode).toBe('NOERROR');
    expect(first.queries).toHaveLength(1);
  });
});
