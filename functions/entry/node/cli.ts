// The process of the CLI: reads argv, the environment and signals, wires everything, sets the exit code. No decisions.
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { runCli } from '../../cli/main.ts';
import { createClock, createRandom } from '../platform-deps.ts';
import { createNodeFiles } from './files.ts';
import { loadConfig } from './load-config.ts';
import { createEnvironmentSecrets } from './secrets.ts';
import { createNodeTerminal } from './terminal.ts';
import { wireNode } from './wire.ts';
import { wireVantage } from './wire-vantage.ts';
import { runWrangler } from './wrangler.ts';

const manifest: { readonly version: string } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'),
);

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // The first one ends the work in order, the second one at once.
  process.on(signal, () => (stop.signal.aborted ? process.exit(130) : stop.abort()));
}
// A reader that goes away (`lifeboat watch | head`) is no fault, and cuts no failover in the middle: it asks for the end as Ctrl-C does.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    stop.abort();
  });
}

const argv = process.argv.slice(2);
const clock = createClock();
const secrets = createEnvironmentSecrets(process.env);
const terminal = createNodeTerminal({ color: !argv.includes('--no-color') });
process.exitCode = await runCli(argv, manifest.version, (options, exit) => ({
  terminal,
  clock,
  random: createRandom(),
  files: createNodeFiles(),
  fetch: (url, init) => fetch(url, init),
  secrets,
  signal: stop.signal,
  remote: () => options().remote,
  loadConfig: () => loadConfig(options().config),
  open: async () => wireNode(await loadConfig(options().config), options().config, secrets, clock),
  openVantage: async (choice) =>
    wireVantage(await loadConfig(options().config), options().config, secrets, clock, choice),
  deployTool: runWrangler,
  isConfigFile: (path, from) => resolve(dirname(from), path) === resolve(options().config),
  exit,
}));
