// The command line: the list of commands, global options, and how errors end. Each command is a file in commands/.
import { Command, CommanderError } from 'commander';
import { codeOf, type ErrorCode, LifeboatError, messageOf } from '../lib/errors.ts';
import { alertsCommand } from './commands/alerts.ts';
import { checkCommand } from './commands/check.ts';
import { deployCommand } from './commands/deploy.ts';
import { failbackCommand } from './commands/failback.ts';
import { failoverCommand } from './commands/failover.ts';
import { holdCommand } from './commands/hold.ts';
import { initCommand } from './commands/init.ts';
import { planCommand } from './commands/plan.ts';
import { publishCommand } from './commands/publish.ts';
import { releaseCommand } from './commands/release.ts';
import { snapshotCommand } from './commands/snapshot.ts';
import { statusCommand } from './commands/status.ts';
import { tokenCommand } from './commands/token.ts';
import { vantageCommand } from './commands/vantage.ts';
import { watchCommand } from './commands/watch.ts';
import { wiringCommand } from './commands/wiring.ts';
import { type CliContext, printJson } from './context.ts';
import { type ExitCode, exitCodeOfError, exitCodes } from './exit-codes.ts';
import { carefully, eachLine, paint } from './terminal.ts';

/** Options that stand before or after any command. */
export interface GlobalOptions {
  readonly config: string;
  readonly color: boolean;
  /** Empty: the address of the configuration. */
  readonly remote?: string;
}

const exitCodeHelp = `
Exit codes: 0 fine, 1 Lifeboat itself failed, 2 bad usage, configuration or input, 3 a guard refused or held something back,
4 degraded or stale, 5 down, 6 unknown.`;

/** Runs one command line (without the first two words of argv) and resolves with the exit code. */
export async function runCli(
  argv: readonly string[],
  version: string,
  createContext: (options: () => GlobalOptions, exit: (code: ExitCode) => void) => CliContext,
): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.fine;
  const program = new Command('lifeboat');
  const given = createContext(
    () => program.opts<GlobalOptions>(),
    (code) => {
      exitCode = code;
    },
  );
  const context = { ...given, terminal: carefully(given.terminal) };
  const { out, err } = context.terminal;
  program
    .description('Keeps the workloads of a Kubernetes cluster finding each other when its control plane is down.')
    .version(version, '-V, --version', 'print the version')
    .option('-c, --config <file>', 'the configuration', 'lifeboat.config.ts')
    .option('--no-color', 'no colour, even on a terminal')
    .option('--remote [url]', 'speak to the Worker there, or at api.url (token: LIFEBOAT_TOKEN)')
    .hook('preAction', (_program, command) => checkRemote(program, command))
    .addHelpText('after', exitCodeHelp)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => eachLine(text, out),
      writeErr: (text) => eachLine(text, err),
    });
  for (const command of commands(context)) program.addCommand(inherit(command, program));
  try {
    await program.parseAsync(withPlainRemote(argv), { from: 'user' });
    return exitCode;
  } catch (error) {
    const json = argv.includes('--json');
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.fine;
      // People have been told by commander itself.
      if (json) printJson(context, errorDocument('usage', error.message.replace(/^error: /, '')));
      return exitCodes.usage;
    }
    printError(context, error, json);
    return exitCodeOfError(error);
  }
}

function commands(context: CliContext): readonly Command[] {
  return [
    initCommand(context),
    checkCommand(context),
    deployCommand(context),
    watchCommand(context),
    vantageCommand(context),
    statusCommand(context),
    snapshotCommand(context),
    planCommand(context),
    publishCommand(context),
    failoverCommand(context),
    failbackCommand(context),
    holdCommand(context),
    releaseCommand(context),
    alertsCommand(context),
    wiringCommand(context),
    tokenCommand(context),
  ];
}

/** The commands that the Worker can carry out as well, and the one that reports to it. */
const remoteCommands = new Set([
  'status',
  'failover',
  'failback',
  'hold',
  'release',
  'publish',
  'snapshot list',
  'snapshot show',
  'snapshot export',
  'vantage',
]);

/** `--remote status`: only an address can be its value, never the command behind it. */
function withPlainRemote(argv: readonly string[]): string[] {
  return argv.map((word, i) => (word === '--remote' && !/^https?:/i.test(argv[i + 1] ?? '') ? '--remote=' : word));
}

/** A command must not act here when it was told to act there. */
function checkRemote(program: Command, command: Command): void {
  if (program.opts<GlobalOptions>().remote === undefined) return;
  const { parent } = command;
  const name = parent === null || parent === program ? command.name() : `${parent.name()} ${command.name()}`;
  if (!remoteCommands.has(name))
    throw new LifeboatError('usage', `${name} knows no --remote: ${[...remoteCommands].join(', ')} do`);
}

function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const sub of command.commands) inherit(sub, command);
  return command;
}

function printError(context: CliContext, error: unknown, json: boolean): void {
  const { terminal } = context;
  const code = codeOf(error);
  if (json) printJson(context, errorDocument(code, messageOf(error)));
  const words = `${paint(terminal, 'bad', 'lifeboat:')} ${messageOf(error)}`;
  // The problems of a configuration stand on lines of their own; other messages may hold words of others.
  if (code === 'config') eachLine(words, terminal.err);
  else terminal.err(words);
  if (code === 'internal' && error instanceof Error && error.stack !== undefined) eachLine(error.stack, terminal.err);
}

function errorDocument(code: ErrorCode, message: string): object {
  return { error: { code, message } };
}
