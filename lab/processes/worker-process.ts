// The Worker in real workerd: bundled as for a deployment from the product's own wrangler.toml, with another configuration, secrets and state
// folder; then run by `wrangler dev`. It uses nothing of Lifeboat but the program.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, stringify } from 'smol-toml';
import { type Deployment, saidIn, type Watch } from './lifeboat-process.ts';
import { freePort } from './ports.ts';
import { runToEnd, startPart } from './process.ts';

const root = join(import.meta.dirname, '../..');
const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js');
/** No question to a person, no colour, nothing asked of anybody outside, and no file but in this folder. */
function wranglerEnv(folder: string): Readonly<Record<string, string>> {
  const home = join(folder, 'home');
  mkdirSync(join(home, 'tmp'), { recursive: true });
  const quiet = { CI: '1', NO_COLOR: '1', WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' };
  return { ...quiet, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home, TMPDIR: join(home, 'tmp') };
}

export interface WorkerProcess extends Watch {
  /** `http://127.0.0.1:8787` */
  readonly url: string;
  /** Runs the cron handler, as the platform does each minute; wrangler never does by itself. */
  cron(): Promise<void>;
}

/** Starts the Worker with this deployment's configuration and waits until it answers. Its state lies in the deployment's folder. */
export async function startWorker(
  deployment: Deployment,
  options: { readonly port?: number } = {},
): Promise<WorkerProcess> {
  const folder = join(deployment.folder, 'worker');
  mkdirSync(folder, { recursive: true });
  const [port, inspectorPort] = [options.port ?? (await freePort()), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const configFile = join(folder, 'wrangler.toml');
  const env = wranglerEnv(folder);
  const bundle = await bundleOf(deployment, folder, env);
  writeFileSync(configFile, stringify(bundled(documentFor(deployment.configFile), bundle)));
  const secrets = Object.entries(deployment.secrets).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  writeFileSync(join(folder, '.dev.vars'), secrets.join(''), { mode: 0o600 });
  const logFile = join(folder, 'worker.log');
  const ports = ['--ip', '127.0.0.1', '--port', `${port}`, '--inspector-port', `${inspectorPort}`];
  const running = await startPart({
    name: 'worker',
    program: [process.execPath],
    args: [wrangler, 'dev', '--config', configFile, '--persist-to', join(folder, 'state'), ...ports],
    logFile,
    env,
    // Its own word first: whoever else listens on a port that was taken meanwhile would answer as well.
    ready: async () =>
      readFileSync(logFile, 'utf8').includes(`Ready on ${url}`) &&
      (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) })).status < 600,
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

interface WranglerDocument {
  readonly main: string;
  readonly alias: Readonly<Record<string, string>>;
  readonly assets: { readonly directory: string };
  readonly build: { readonly command: string };
}

/** The product's own file, with paths that hold from another folder, and another configuration. */
function documentFor(configFile: string): WranglerDocument {
  const document = parse(readFileSync(join(root, 'wrangler.toml'), 'utf8')) as unknown as WranglerDocument;
  const own = Object.entries(document.alias).map(([name, path]) => [name, join(root, path)]);
  return {
    ...document,
    main: join(root, document.main),
    alias: { ...Object.fromEntries(own), 'lifeboat.config': configFile },
    assets: { ...document.assets, directory: join(root, document.assets.directory) },
    build: { command: `node ${join(root, 'functions/entry/worker/require-config.js')} ${configFile}` },
  };
}

/** What a deployment would upload. Made once: `wrangler dev` would make it anew whenever a source changes in the middle of a test. */
async function bundleOf(
  { configFile }: Deployment,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const [toml, outdir] = [join(folder, 'bundle.toml'), join(folder, 'bundle')];
  const document = documentFor(configFile);
  writeFileSync(toml, stringify(document));
  const args = [wrangler, 'deploy', '--dry-run', '--config', toml, '--outdir', outdir];
  const { code, stdout, stderr } = await runToEnd({ program: [process.execPath], args, env, timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`the Worker cannot be bundled:\n${stdout}\n${stderr}`);
  // It is called as its entry is.
  return join(outdir, `${basename(document.main, '.ts')}.js`);
}

function bundled({ alias: _built, build: _checked, ...document }: WranglerDocument, main: string): object {
  const rules = [{ type: 'CompiledWasm', globs: ['**/*.wasm'], fallthrough: true }];
  return { ...document, main, no_bundle: true, rules };
}
