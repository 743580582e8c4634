// Runs command lines against a made-up cluster: what was printed, asked and written, and the exit code.
import type { CliContext } from '../../functions/cli/context.ts';
import { runCli } from '../../functions/cli/main.ts';
import { LifeboatError } from '../../functions/lib/errors.ts';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { createFakeCluster, type FakeCluster } from './cluster.ts';
import { realRandom } from './real-deps.ts';

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What standard output holds as JSON. */
  json(): unknown;
}

export interface FakeCli {
  readonly fake: FakeCluster;
  readonly files: Map<string, string>;
  /** The answer to the next questions; default no. */
  yes: boolean;
  readonly questions: string[];
  readonly secrets: Map<string, string>;
  /** What stands in for the cluster's own ports. */
  ports: Partial<ClusterPorts>;
  /** What a vantage is wired from; default: the configuration has none inside. */
  vantage: CliContext['openVantage'];
  /** What wrangler answers; default: it is not there. */
  deployTool: CliContext['deployTool'];
  run(...argv: readonly string[]): Promise<CliRun>;
}

export function createFakeCli(fake: FakeCluster = createFakeCluster()): FakeCli {
  const cli: FakeCli = {
    fake,
    files: new Map(),
    yes: false,
    questions: [],
    secrets: new Map(),
    ports: {},
    vantage: async () => {
      throw new LifeboatError('usage', 'no vantage inside');
    },
    deployTool: async () => ({ code: 1, stdout: '', stderr: 'no wrangler' }),
    async run(...argv) {
      const out: string[] = [];
      const err: string[] = [];
      const code = await runCli(argv, '1.2.3', (options, exit) => ({
        terminal: {
          out: (line) => void out.push(line),
          err: (line) => void err.push(line),
          interactive: false,
          color: false,
          columns: 80,
          confirm: async (question) => {
            cli.questions.push(question);
            return cli.yes;
          },
          repaint: () => {},
        },
        clock: fake.ports.clock,
        random: realRandom,
        files: filesOf(cli.files),
        fetch: (url, init) => fetch(url, init),
        secrets: (name) => cli.secrets.get(name),
        remote: () => options().remote,
        signal: new AbortController().signal,
        loadConfig: async () => fake.ports.config,
        open: async () => ({ config: fake.ports.config, lacking: [], clusters: [{ ...fake.ports, ...cli.ports }] }),
        openVantage: async (choice) => cli.vantage(choice),
        deployTool: (args) => cli.deployTool(args),
        isConfigFile: (path) => path === './lifeboat.config.ts',
        exit,
      }));
      const text = out.join('\n');
      return { code, out: text, err: err.join('\n'), json: () => JSON.parse(text) };
    },
  };
  return cli;
}

function filesOf(files: Map<string, string>) {
  return {
    read: async (path: string) => {
      const text = files.get(path);
      if (text === undefined) throw new LifeboatError('input', `cannot read ${path}: not there`);
      return text;
    },
    write: async (path: string, text: string, { overwrite }: { readonly overwrite: boolean }) => {
      if (!overwrite && files.has(path)) throw new LifeboatError('input', `${path} is there already`);
      files.set(path, text);
    },
  };
}
