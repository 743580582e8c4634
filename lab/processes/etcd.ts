// A real etcd of one member on loopback, without TLS: the API server's store.
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { type Program, type Running, startPart } from './process.ts';
import { partFolder } from './run-folder.ts';

export interface Etcd extends Running {
  /** For `--etcd-servers`. */
  readonly url: string;
}

/** Starts etcd with an empty store that is never synced to disk: it outlives its process, not the machine. */
export async function startEtcd(options: { readonly program: Program; readonly runFolder: string }): Promise<Etcd> {
  const folder = partFolder(options.runFolder, 'etcd');
  const url = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const running = await startPart({
    name: 'etcd',
    program: options.program,
    args: [
      '--name=default',
      `--data-dir=${join(folder, 'data')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    logFile: join(folder, 'log'),
    ready: async () => (await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) })).ok,
    readyTimeoutMs: 20_000,
  });
  return Object.assign(running, { url });
}
