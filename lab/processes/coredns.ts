// A real CoreDNS with any Corefile: plain as a cluster has it, wired to a standby, or as a node cache. It writes the Corefile that it is
// given or asked for, and judges nothing.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answersSoa, type DnsAddress } from './dns-client.ts';
import { freePort } from './ports.ts';
import { type Program, type Running, startPart } from './process.ts';
import { partFolder } from './run-folder.ts';
import type { TsigKey } from './zone.ts';

export interface CorednsOptions {
  readonly program: Program;
  readonly runFolder: string;
  /** Unique in the run: folder and log are named after it. */
  readonly name: string;
  /** Default 127.0.0.1; any loopback address that the Corefile binds. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Of the `ready` plugin on 127.0.0.1. Default: a free one. */
  readonly readyPort?: number;
  /** The zone whose SOA is asked to see whether it answers. */
  readonly zone: string;
  /** The text of the Corefile; `readyPort` is free and meant for the `ready` plugin. */
  readonly corefile: (own: {
    readonly address: DnsAddress;
    readonly readyPort: number;
    readonly folder: string;
  }) => string;
  /**
   * `synced`: it answers and /ready is 200 (needs `ready 127.0.0.1:<readyPort>` in the Corefile); `answering`: a query gets any answer; `nothing`: do not
   * wait. Default `synced`. `restart` waits for the same.
   */
  readonly until?: 'synced' | 'answering' | 'nothing';
}

export interface Coredns extends Running {
  readonly address: DnsAddress;
  readonly corefile: string;
  /** HTTP status of the `ready` plugin, undefined when nothing answers. */
  readyStatus(): Promise<number | undefined>;
}

/** Starts CoreDNS; throws when the Corefile is bad, with the end of the log. */
export async function startCoredns(options: CorednsOptions): Promise<Coredns> {
  const folder = partFolder(options.runFolder, options.name);
  const host = options.host ?? '127.0.0.1';
  const address = { host, port: options.port ?? (await freePort(host)) };
  const readyPort = options.readyPort ?? (await freePort());
  const text = options.corefile({ address, readyPort, folder });
  const corefile = join(folder, 'Corefile');
  writeFileSync(corefile, text, { mode: 0o600 });
  const readyStatus = async (): Promise<number | undefined> => {
    const url = `http://127.0.0.1:${readyPort}/ready`;
    return fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
      (response) => response.status,
      () => undefined,
    );
  };
  const until = options.until ?? 'synced';
  const running = await startPart(
    {
      name: options.name,
      program: options.program,
      args: ['-conf', corefile],
      logFile: join(folder, 'log'),
      ready: async () =>
        (await answersSoa(address, options.zone)) && (until !== 'synced' || (await readyStatus()) === 200),
      readyTimeoutMs: 20_000,
    },
    { wait: until !== 'nothing' },
  );
  return Object.assign(running, { address, corefile: text, readyStatus });
}

/** What a cluster's CoreDNS looks like, plus transfers. */
export interface PlainCorefile {
  readonly zone: string;
  readonly address: DnsAddress;
  readonly readyPort: number;
  readonly kubeconfig: string;
  /** With it AXFR and IXFR need this key; without it anybody may transfer. */
  readonly transferKey?: TsigKey;
  /** Default 30. */
  readonly ttlSeconds?: number;
}

/** The Corefile of a CoreDNS as it comes, with `pods insecure` and transfers, and no way to a standby. */
export function plainCorefile(options: PlainCorefile): string {
  const { zone, address, transferKey } = options;
  const tsig = transferKey
    ? `    tsig {\n        secret ${transferKey.name} ${transferKey.secret}\n        require AXFR IXFR\n    }\n`
    : '';
  return `${zone}:${address.port} in-addr.arpa:${address.port} ip6.arpa:${address.port} {
    bind ${address.host}
    errors
    ready 127.0.0.1:${options.readyPort}
${tsig}    kubernetes ${zone} in-addr.arpa ip6.arpa {
        kubeconfig ${options.kubeconfig} test
        pods insecure
        ttl ${options.ttlSeconds ?? 30}
    }
    transfer {
        to *
    }
}
`;
}
