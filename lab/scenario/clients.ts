// Resolver clients: ask one DNS server for names at a steady rate, as glibc does, and write down what came. They judge nothing.
import { addressesOf, type DnsAddress, type DnsReply, queryUdp } from '../processes/dns-client.ts';
import type { Lookup } from './judge.ts';
import type { SeededRandom } from './random.ts';

export interface ClientsOptions {
  readonly server: DnsAddress;
  /** What may be asked now; asked again before each lookup. Nothing is asked while it is empty. */
  readonly names: () => readonly string[];
  readonly perSecond: number;
  readonly random: SeededRandom;
  /** How long each try waits; default 5,000 ms as in resolv.conf(5). */
  readonly timeoutMs?: number;
  /** Tries; default 2 as in resolv.conf(5). glibc tries again after silence, SERVFAIL and REFUSED alike. */
  readonly attempts?: number;
}

export interface Clients {
  readonly server: DnsAddress;
  /** Those that have ended since they were taken last; they are forgotten. */
  take(): readonly Lookup[];
  /** Waits for those that are under way now (at most timeoutMs x attempts); asking goes on. */
  settled(): Promise<void>;
  /** Asks no more, waits for what is under way (at most timeoutMs x attempts), and returns what was not taken. */
  stop(): Promise<readonly Lookup[]>;
}

const maxUnderWay = 2_000;

/** Starts asking; lookups do not wait for each other, so that a hanging server does not slow the rate. */
export function startClients(options: ClientsOptions): Clients {
  const done: Lookup[] = [];
  const underWay = new Set<Promise<void>>();
  const ask = (): void => {
    const names = options.names();
    if (names.length === 0) return;
    if (underWay.size >= maxUnderWay) throw new Error(`${maxUnderWay} lookups under way: lower perSecond or timeoutMs`);
    const one = lookUp(options, options.random.pick(names)).then((lookup) => {
      done.push(lookup);
      underWay.delete(one);
    });
    underWay.add(one);
  };
  const timer = setInterval(ask, 1_000 / options.perSecond);
  return {
    server: options.server,
    take: () => done.splice(0),
    settled: async () => void (await Promise.all([...underWay])),
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      return done;
    },
  };
}

async function lookUp(options: ClientsOptions, name: string): Promise<Lookup> {
  const { server, timeoutMs = 5_000, attempts = 2 } = options;
  const atMs = Date.now();
  let reply: DnsReply;
  let tries = 0;
  do reply = await queryUdp(server, name, 'A', timeoutMs);
  while (++tries < attempts && worthAnother(reply));
  return { atMs, name, rcode: reply.rcode, addresses: addressesOf(reply), tookMs: Date.now() - atMs };
}

function worthAnother({ rcode }: DnsReply): boolean {
  return ['TIMEOUT', 'UNREACHABLE', 'SERVFAIL', 'REFUSED'].includes(rcode);
}
