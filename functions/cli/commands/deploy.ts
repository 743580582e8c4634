// `lifeboat deploy check`: is everything there that a deployment to Workers needs? It deploys nothing; `npx wrangler deploy` does.
import { Command } from 'commander';
import { parse } from 'smol-toml';
import type { CheckResult } from '../../config/check-result.ts';
import { checkDeployment } from '../../deployment/workers/check.ts';
import { clip } from '../../lib/clip.ts';
import { LifeboatError, messageOf } from '../../lib/errors.ts';
import { withoutStyles } from '../../lib/visible.ts';
import { type CliContext, printJson, type ToolRun } from '../context.ts';
import { jsonOption } from '../options.ts';
import { paint } from '../terminal.ts';
import { checkTones, exitCodeOfChecks } from './check.ts';

const maxReasonCharacters = 300;

interface DeployCheckOptions {
  readonly wrangler: string;
  readonly offline?: boolean;
  readonly json?: boolean;
}

export function deployCommand(context: CliContext): Command {
  const check = new Command('check')
    .description('look over wrangler.toml, secrets and limits before a deployment, and say what is missing')
    .option('--wrangler <file>', "wrangler's configuration", 'wrangler.toml')
    .option('--offline', 'do not ask Cloudflare which secrets are set')
    .addOption(jsonOption())
    .action(async (options: DeployCheckOptions) => {
      const results = await lookOver(context, options);
      context.exit(exitCodeOfChecks(results));
      if (options.json) return printJson(context, results);
      const { terminal } = context;
      for (const { status, subject, detail } of results) {
        terminal.out(`${paint(terminal, checkTones[status], status.padEnd(7))} ${subject}: ${detail}`);
      }
    });
  return new Command('deploy').description('before a deployment to Cloudflare Workers').addCommand(check);
}

async function lookOver(
  context: CliContext,
  { wrangler: file, offline }: DeployCheckOptions,
): Promise<readonly CheckResult[]> {
  const config = await context.loadConfig();
  const wrangler = readToml(file, await context.files.read(file));
  const [secrets, bundleBytes] = await Promise.all([
    offline === true ? 'not asked (--offline)' : listSecrets(context, file),
    measureBundle(context, file),
  ]);
  const isOwnConfig = (path: string) => context.isConfigFile(path, file);
  return checkDeployment({ config, wrangler, isOwnConfig, secrets, bundleBytes });
}

function readToml(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new LifeboatError('input', `${file} is no TOML: ${messageOf(error)}`);
  }
}

async function listSecrets(context: CliContext, file: string): Promise<readonly string[] | string> {
  const run = await runPlainly(context, ['secret', 'list', '--config', file, '--format', 'json']);
  if (run.code !== 0) return `Cloudflare could not be asked (${lastLine(run)}): npx wrangler login, or --offline`;
  try {
    const listed: unknown = JSON.parse(run.stdout.slice(run.stdout.indexOf('[')));
    if (Array.isArray(listed))
      return listed.flatMap((one: { name?: unknown }) => (typeof one.name === 'string' ? [one.name] : []));
  } catch {
    // Told below.
  }
  return 'the list of secrets could not be read';
}

/** Bundles without deploying; what wrangler says of the size is read back. */
async function measureBundle(context: CliContext, file: string): Promise<number | string> {
  const run = await runPlainly(context, ['deploy', '--dry-run', '--config', file]);
  if (run.code !== 0) return `the Worker cannot be bundled: ${lastLine(run)}`;
  const size = /gzip: ([\d.]+) (KiB|MiB)/.exec(run.stdout);
  if (size === null) return 'wrangler did not say how large the bundle is';
  return Math.round(Number(size[1]) * (size[2] === 'MiB' ? 1_048_576 : 1_024));
}

/** Its words without the colours that it prints whether or not there is a terminal. */
async function runPlainly({ deployTool }: CliContext, args: readonly string[]): Promise<ToolRun> {
  const { code, stdout, stderr } = await deployTool(args);
  return { code, stdout: withoutStyles(stdout), stderr: withoutStyles(stderr) };
}

function lastLine({ stdout, stderr }: ToolRun): string {
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim());
  const line = lines.find((one) => /error/i.test(one)) ?? lines.findLast((one) => one !== '') ?? 'no reason';
  return clip(line, maxReasonCharacters);
}
