// Every wiring that CoreDNS reads, started on the real one with IPv4, IPv6 and both, and asked a question through: it starts, and one question
// stays one. Then options at odds with each other: what the generators print must start as well.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { formatEndpoint } from '../../functions/lib/endpoint.ts';
import { LifeboatError } from '../../functions/lib/errors.ts';
import { child, parseName } from '../../functions/records/name.ts';
import { wiringCoreDns } from '../../functions/wiring/coredns.ts';
import { wiringNodeLocal } from '../../functions/wiring/nodelocal.ts';
import { ensureParts } from '../../lab/binaries/build.ts';
import { type Coredns, startCoredns } from '../../lab/processes/coredns.ts';
import { addressesOf, queryUdp } from '../../lab/processes/dns-client.ts';
import { freePort } from '../../lab/processes/ports.ts';
import type { Program } from '../../lab/processes/process.ts';
import { createRunFolder } from '../../lab/processes/run-folder.ts';
import { createSeededRandom } from '../../lab/scenario/random.ts';
import { type FakeDnsServer, type FakeReply, refused, startDnsServer } from '../fakes/dns-server.ts';

const built = await ensureParts();
const zone = parseName('cluster.local');
const families: readonly (readonly [string, readonly string[]])[] = [
  ['IPv4', ['127.0.0.1']],
  ['several of IPv4', ['127.0.0.2', '127.0.0.3']],
  ['IPv6', ['::1']],
  ['both', ['::1', '127.0.0.1']],
];
/** No API server is there: CoreDNS starts unsynced and says SERVFAIL, after a second. */
const withoutApi = ['endpoint http://127.0.0.1:1', 'startup_timeout 1s'];

describe.skipIf(built.status === 'absent')('a generated Corefile', () => {
  const runFolder = createRunFolder();
  let program: Program;
  let count = 0;
  const running: { stop(): Promise<unknown> }[] = [];
  const own = <T extends { stop(): Promise<unknown> }>(part: T): T => {
    running.push(part);
    return part;
  };

  beforeAll(() => {
    if (built.status === 'ready') program = built.parts.coredns;
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((part) => part.stop()));
  });
  afterAll(async () => {
    await Promise.all(running.splice(0).map((part) => part.stop()));
  });

  const says =
    (value: string) =>
    ({ name, type }: { readonly name: string; readonly type: string }): FakeReply =>
      type === 'A'
        ? { messages: [{ answers: [{ name: parseName(name), type: 'A', ttlSeconds: 30, value }] }] }
        : { messages: [{ rcode: 'NXDOMAIN' }] };
  const serve = async (host: string, value: string): Promise<FakeDnsServer> => {
    const server = await startDnsServer(says(value), { host });
    own({ stop: () => server.close() });
    return server;
  };
  const start = async (host: string, port: number, text: string): Promise<Coredns> =>
    own(
      await startCoredns({
        program,
        runFolder,
        name: `wired-${++count}`,
        zone: 'cluster.local',
        host,
        port,
        corefile: () => text,
        until: 'answering',
      }),
    );
  /** A name of its own for each question keeps the cache out of it. */
  const freshName = () => child(`web-${++count}.shop.svc`, zone);
  const askedFor = (server: FakeDnsServer, name: string) =>
    server.queries.filter((query) => query.name === name).length;

  it.each(families)('for a node cache asks once and fails over once: %s', async (_, bind) => {
    const [first = ''] = bind;
    const [kubeDns, standby, rest] = [
      await serve(first, '10.1.1.1'),
      await serve(first, '10.2.2.2'),
      await serve(first, '10.3.3.3'),
    ];
    const [port, health, metrics] = [await freePort(first), await freePort(first), await freePort(first)];
    const { text } = wiringNodeLocal({
      zone,
      kubeDns: [kubeDns.endpoint],
      standby: [standby.endpoint],
      bind,
      servePort: port,
      upstream: [formatEndpoint(rest.endpoint)],
      http: {
        health: formatEndpoint({ host: first, port: health }),
        metrics: formatEndpoint({ host: first, port: metrics }),
      },
    });
    await start(first, port, text);
    const healthy = await fetch(`http://${formatEndpoint({ host: first, port: health })}/health`);
    expect(healthy.status).toBe(200);
    for (const host of bind) {
      kubeDns.behave(says('10.1.1.1'));
      const name = freshName();
      expect(addressesOf(await queryUdp({ host, port }, name, 'A', 4_000))).toEqual(['10.1.1.1']);
      expect([askedFor(kubeDns, name), askedFor(standby, name), askedFor(rest, name)]).toEqual([1, 0, 0]);
      kubeDns.behave(() => refused);
      const other = freshName();
      expect(addressesOf(await queryUdp({ host, port }, other, 'A', 4_000))).toEqual(['10.2.2.2']);
      expect([askedFor(kubeDns, other), askedFor(standby, other), askedFor(rest, other)]).toEqual([1, 1, 0]);
      const outside = `www-${++count}.example.org.`;
      expect(addressesOf(await queryUdp({ host, port }, outside, 'A', 4_000))).toEqual(['10.3.3.3']);
      expect([askedFor(kubeDns, outside), askedFor(standby, outside), askedFor(rest, outside)]).toEqual([0, 0, 1]);
    }
  });

  it.each(families)('for CoreDNS itself fails over once: %s', async (_, bind) => {
    const [first = ''] = bind;
    const [standby, rest] = [await serve(first, '10.2.2.2'), await serve(first, '10.3.3.3')];
    const ports = await Promise.all(Array.from({ length: 5 }, () => freePort(first)));
    const [port = 0, listenPort = 0, health = 0, ready = 0, metrics = 0] = ports;
    const at = (number: number) => formatEndpoint({ host: first, port: number });
    const { text } = wiringCoreDns({
      zone,
      standby: [standby.endpoint],
      bind,
      servePort: port,
      listenPort,
      upstream: [formatEndpoint(rest.endpoint)],
      kubernetesOptions: withoutApi,
      http: { health: at(health), ready: at(ready), metrics: at(metrics) },
    });
    await start(first, port, text);
    for (const host of bind) {
      const name = freshName();
      expect(addressesOf(await queryUdp({ host, port }, name, 'A', 4_000))).toEqual(['10.2.2.2']);
      expect([askedFor(standby, name), askedFor(rest, name)]).toEqual([1, 0]);
      expect((await queryUdp({ host, port: listenPort }, freshName(), 'A', 4_000)).rcode).toBe('SERVFAIL');
      const outside = `www-${++count}.example.org.`;
      expect(addressesOf(await queryUdp({ host, port }, outside, 'A', 4_000))).toEqual(['10.3.3.3']);
      expect(askedFor(rest, outside)).toBe(1);
    }
  });

  it('is printed only when it starts and one question stays one, whatever the options', async () => {
    const seed = Number(process.env.LIFEBOAT_SEED ?? Date.now() % 1_000_000);
    console.log(`options at odds: LIFEBOAT_SEED=${seed}`);
    const random = createSeededRandom(seed);
    const { pick } = random;
    const hosts = ['127.0.0.1', '127.0.0.2', '::1'];
    const kubeDns = await serve('127.0.0.1', '10.1.1.1');
    const standby = await serve('::1', '10.2.2.2');
    const ports = await Promise.all(Array.from({ length: 4 }, () => freePort()));
    let [printed, refusals] = [0, 0];
    while (printed < 10 || refusals < 10) {
      const bind = pick([[pick(hosts)], [pick(hosts), pick(hosts)]]);
      const target = { host: pick(hosts), port: pick(ports) };
      const http = {
        health: formatEndpoint({ host: pick(hosts), port: pick(ports) }),
        metrics: `127.0.0.1:${pick(ports)}`,
      };
      const servePort = pick(ports);
      const shared = { zone, bind, servePort, http, upstream: [formatEndpoint(pick([target, standby.endpoint]))] };
      const cluster = pick([kubeDns.endpoint, kubeDns.endpoint, target]);
      const generate = () =>
        pick([true, false])
          ? wiringNodeLocal({ ...shared, kubeDns: [cluster], standby: [standby.endpoint] })
          : wiringCoreDns({
              ...shared,
              standby: [pick([standby.endpoint, cluster])],
              listenPort: pick(ports),
              kubernetesOptions: withoutApi,
              http: { ...http, ready: `127.0.0.1:${pick(ports)}` },
            });
      let text = '';
      try {
        text = generate().text;
      } catch (error) {
        expect(error).toBeInstanceOf(LifeboatError);
        refusals += 1;
        continue;
      }
      printed += 1;
      const [host = ''] = bind;
      const started = await start(host, servePort, text).catch((error) => {
        throw new Error(`seed ${seed}: ${error.message}\n${text}`);
      });
      const name = freshName();
      await queryUdp({ host, port: servePort }, name, 'A', 4_000);
      expect(askedFor(kubeDns, name), text).toBeLessThanOrEqual(1);
      expect(askedFor(standby, name), text).toBeLessThanOrEqual(1);
      await started.stop();
    }
    console.log(`${printed} files were printed and started, ${refusals} refused`);
  });
});
