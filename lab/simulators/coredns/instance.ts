// One CoreDNS from one Corefile: its blocks as chains of plugins, its HTTP endpoints, its listeners; started and stopped in the real one's
// order. The list of plugins is here, and nowhere else.

import { answerOctets, type Zones } from './answering.ts';
import {
  type Address,
  addressText,
  durationMs,
  expectArgs,
  expectNoBlock,
  listenAddress,
  loopback,
  oneArg,
  unknownOption,
} from './arguments.ts';
import { CorefileError, type Directive, parseCorefile, type ServerBlock } from './corefile.ts';
import {
  createReadiness,
  type HttpEndpoint,
  type HttpEndpoints,
  healthAnswer,
  metricsAnswer,
  startHttpEndpoints,
} from './http-endpoints.ts';
import { type Listener, listen } from './listener.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { zoneName } from './names.ts';
import { createChain, type Next, type Plugin } from './plugin.ts';
import { readAcl } from './plugins/acl.ts';
import { readCache } from './plugins/cache.ts';
import { type Forward, readForward } from './plugins/forward.ts';
import { type Kubernetes, readKubernetes } from './plugins/kubernetes.ts';
import { readLoadbalance } from './plugins/loadbalance.ts';
import { readErrors, readLog } from './plugins/logging.ts';
import { readTsig, type Signatures } from './plugins/signatures.ts';
import { readTransfer } from './plugins/transfer.ts';

export interface Instance {
  /** Listens, after it has seen the cluster or waited for it as long as the Corefile says. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A server block, read. */
interface Block {
  /** What it answers for, and where. */
  readonly serves: readonly { readonly zone: string; readonly address: Address }[];
  readonly chain: Next;
  readonly signatures: Signatures | undefined;
  readonly forward: Forward | undefined;
  readonly kubernetes: Kubernetes | undefined;
  readonly readyAt: Address | undefined;
  readonly endpoints: readonly HttpEndpoint[];
}

/** Every directive that may stand in a block. `loop` and `reload` are taken and do nothing; so is `health`'s `lameduck`. */
const known =
  'acl bind cache errors forward health kubernetes loadbalance log loop prometheus ready reload transfer tsig'.split(
    ' ',
  );
const repeatable = ['acl', 'transfer', 'bind'];
const defaultPort = 53;

/** Throws `CorefileError`. */
export function createInstance(corefile: string): Instance {
  const metrics = createMetrics();
  const blocks = parseCorefile(corefile).map((block) => readBlock(block, metrics));
  const servers = groupByAddress(blocks, metrics);
  const listeners: Listener[] = [];
  let http: HttpEndpoints | undefined;
  return {
    async start() {
      http = await startHttpEndpoints(endpointsOf(blocks));
      await Promise.all(blocks.map(({ kubernetes }) => kubernetes?.start()));
      for (const { address, zones } of servers) {
        listeners.push(
          await listen(address, (octets, transport, client) => answerOctets(zones, octets, transport, client)),
        );
      }
    },
    async stop() {
      for (const { forward, kubernetes } of blocks) {
        forward?.close();
        kubernetes?.close();
      }
      http?.close();
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
}

function readBlock(block: ServerBlock, metrics: Metrics): Block {
  const keys = block.keys.map((key) => readKey(block, key));
  const zones = keys.map(({ zone }) => zone);
  const byName = directivesOf(block);
  const one = <T>(name: string, read: (directive: Directive) => T): T | undefined => {
    const [directive] = byName.get(name) ?? [];
    return directive === undefined ? undefined : read(directive);
  };
  const signatures = one('tsig', (directive) => readTsig(directive, zones));
  const kubernetes = one('kubernetes', (directive) => readKubernetes(directive, zones));
  const forward = one('forward', (directive) => readForward(directive, metrics));
  for (const name of ['loop', 'reload']) one(name, expectNoBlock);
  const transfers = byName.get('transfer');
  const rules = byName.get('acl');
  // The order of CoreDNS's directives (core/dnsserver/zdirectives.go).
  const plugins: readonly (Plugin | undefined)[] = [
    one('errors', readErrors),
    one('log', readLog),
    one('loadbalance', readLoadbalance),
    signatures?.plugin,
    rules && readAcl(rules, zones),
    one('cache', (directive) => readCache(directive, zones, metrics)),
    transfers && readTransfer(transfers, zones, kubernetes ? [kubernetes.transfer] : []),
    kubernetes?.plugin,
    forward?.plugin,
  ];
  const hosts = (byName.get('bind') ?? []).flatMap(readBind);
  return {
    serves: (hosts.length === 0 ? ['127.0.0.1'] : hosts).flatMap((host) =>
      keys.map(({ zone, port }) => ({ zone, address: { host, port } })),
    ),
    chain: createChain(plugins.filter((plugin) => plugin !== undefined)),
    signatures,
    forward,
    kubernetes,
    readyAt: one('ready', readReady),
    endpoints: [one('health', readHealth), one('prometheus', (directive) => readPrometheus(directive, metrics))].filter(
      (endpoint) => endpoint !== undefined,
    ),
  };
}

function directivesOf({ directives }: ServerBlock): ReadonlyMap<string, readonly Directive[]> {
  const byName = Map.groupBy(directives, ({ name }) => name);
  for (const [name, own] of byName) {
    const [first, second] = own;
    if (!known.includes(name))
      throw new CorefileError(first?.line ?? 0, `the plugin "${name}" is not supported: ${known.join(' ')}`);
    if (second !== undefined && !repeatable.includes(name))
      throw new CorefileError(second.line, `"${name}" is there twice in one block`);
  }
  return byName;
}

/** `cluster.local:53`, `dns://.:53` */
function readKey({ line }: ServerBlock, key: string): { readonly zone: string; readonly port: number } {
  const [, zone = '', port = String(defaultPort)] = /^(?:dns:\/\/)?([^:/]+)(?::(\d+))?$/.exec(key) ?? [];
  if (zone === '') throw new CorefileError(line, `"${key}" is not zone:port, or a transport other than plain DNS`);
  const number = Number(port);
  if (number < 1 || number > 65_535) throw new CorefileError(line, `"${key}": port ${port}, allowed are 1 to 65535`);
  try {
    return { zone: zoneName(zone), port: number };
  } catch (error) {
    throw new CorefileError(line, (error as Error).message);
  }
}

function readBind(directive: Directive): readonly string[] {
  expectNoBlock(directive);
  return expectArgs(directive, 1, 20).map((host) => loopback(directive, host));
}

function readReady(directive: Directive): Address {
  expectNoBlock(directive);
  return listenAddress(directive, expectArgs(directive, 0, 1)[0] ?? ':8181');
}

function readHealth(directive: Directive): HttpEndpoint {
  for (const option of directive.options) {
    if (option.name !== 'lameduck') throw unknownOption(directive, option);
    durationMs(option, oneArg(option), 0, 3_600_000);
  }
  const address = listenAddress(directive, expectArgs(directive, 0, 1)[0] ?? ':8080');
  return { address, path: '/health', answer: healthAnswer };
}

function readPrometheus(directive: Directive, metrics: Metrics): HttpEndpoint {
  expectNoBlock(directive);
  const address = listenAddress(directive, expectArgs(directive, 0, 1)[0] ?? 'localhost:9153');
  return { address, path: '/metrics', answer: () => metricsAnswer(metrics) };
}

function endpointsOf(blocks: readonly Block[]): readonly HttpEndpoint[] {
  const readyAnswer = createReadiness(
    blocks.flatMap(({ readyAt, kubernetes }) => (readyAt && kubernetes ? [kubernetes] : [])),
  );
  const ready = blocks.flatMap(({ readyAt }): HttpEndpoint[] =>
    readyAt === undefined ? [] : [{ address: readyAt, path: '/ready', answer: readyAnswer }],
  );
  return [...blocks.flatMap(({ endpoints }) => endpoints), ...ready];
}

/** One server for each address, with the chains of every block on it. */
function groupByAddress(
  blocks: readonly Block[],
  metrics: Metrics,
): readonly { readonly address: Address; readonly zones: Zones }[] {
  const servers = new Map<string, { address: Address; chains: Map<string, Next>; own: Block[] }>();
  for (const block of blocks) {
    for (const { zone, address } of block.serves) {
      const text = addressText(address);
      const server = servers.get(text) ?? { address, chains: new Map<string, Next>(), own: [] as Block[] };
      servers.set(text, server);
      if (server.chains.has(zone)) throw new Error(`cannot serve ${zone} on ${text}: it is already defined`);
      server.chains.set(zone, block.chain);
      server.own.push(block);
    }
  }
  return [...servers.values()].map(({ address, chains, own }) => ({
    address,
    zones: {
      chains,
      secrets: new Map(own.flatMap(({ signatures }) => [...(signatures?.secrets ?? [])])),
      allowsOtherClasses: own.some(({ forward }) => forward !== undefined),
      metrics,
    },
  }));
}
