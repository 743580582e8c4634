// The Worker in real workerd: `wrangler dev` on the product's own wrangler.toml, with another configuration, secrets and state folder. It uses
// nothing of Lifeboat but the program.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'smol-toml';
import { type Deployment, saidIn, type Watch } from './lifeboat-process.ts';
import { freePort } from './ports.ts';
import { startPart } from './process.ts';

const root = join(import.meta.dirname, '../../..');
const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js');

export interface WorkerProcess extends Watch {
  /** `http://127.0.0.1:8787` */
  readonly url: string;
  /** Runs the cron handler, as the platform does each minute; wrangler never does by itself. */
  cron(): Promise<void>;
}

/** Starts the Worker with this deployment's configuration and waits until it answers. Its state lies in the deployment's folder. */
export async function startWorker(deployment: Deployment): Promise<WorkerProcess> {
  const folder = join(deployment.folder, 'worker');
  mkdirSync(folder, { recursive: true });
  const [port, inspectorPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const configFile = join(folder, 'wrangler.toml');
  writeFileSync(configFile, wranglerToml(deployment.configFile));
  const secrets = Object.entries(deployment.secrets).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  writeFileSync(join(folder, '.dev.vars'), secrets.join(''), { mode: 0o600 });
  const logFile = join(folder, 'worker.log');
  const ports = ['--ip', '127.0.0.1', '--port', `${port}`, '--inspector-port', `${inspectorPort}`];
  const running = await startPart({
    name: 'worker',
    command: process.execPath,
    args: [wrangler, 'dev', '--config', configFile, '--persist-to', join(folder, 'state'), ...ports],
    logFile,
    env: { CI: '1', NO_COLOR: '1', WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
    ready: async () => (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) })).status < 600,
    readyTimeoutMs: 60_000,
  });
  return Object.assign(running, {
    ...saidIn(logFile),
    url,
    async cron() {
      const response = await fetch(`${url}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`);
      if (!response.ok) throw new Error(`cron answered ${response.status}: ${await response.text()}`);
    },
  });
}

/** The product's own file, with paths that hold from another folder, and another configuration. */
function wranglerToml(configFile: string): string {
  const document = parse(readFileSync(join(root, 'wrangler.toml'), 'utf8')) as {
    main: string;
    alias: Record<string, string>;
    assets?: { directory: string };
  };
  const alias = { lifeboat: join(root, 'functions/config/index.ts'), 'lifeboat.config': configFile };
  const assets = document.assets && { ...document.assets, directory: join(root, document.assets.directory) };
  return stringify({
    ...document,
    main: join(root, document.main),
    alias: { ...document.alias, ...alias },
    ...(assets === undefined ? {} : { assets }),
  });
}
