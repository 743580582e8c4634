// `lifeboat alerts test`: does an alert really arrive? A marked alert through each channel, triggered and resolved, past the outbox.
import { Command, Option } from 'commander';
import type { Alert } from '../../alerts/alert.ts';
import { duration } from '../../lib/duration.ts';
import { LifeboatError } from '../../lib/errors.ts';
import { severities } from '../../model/severity.ts';
import { sendTestAlerts, type TestResult } from '../../tasks/alert/test-alerts.ts';
import type { ClusterPorts } from '../../tasks/cluster/ports.ts';
import { type CliContext, openCluster, printJson } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { clusterOption, jsonOption, wholeNumber } from '../options.ts';
import { paint, type Tone } from '../terminal.ts';

interface TestOptions {
  readonly cluster?: string;
  readonly channel?: string;
  readonly severity: Alert['severity'];
  readonly resolveAfter: number;
  readonly json?: boolean;
}

export function alertsCommand(context: CliContext): Command {
  return new Command('alerts')
    .description('try the alert channels; alerts that wait or were given up: lifeboat status')
    .addCommand(testCommand(context));
}

const maxWaitSeconds = 3600;

function testCommand(context: CliContext): Command {
  return new Command('test')
    .description(
      'send a marked test alert through each channel and resolve it; exit code 0 when everything was delivered',
    )
    .addOption(clusterOption())
    .option('--channel <id>', 'through this channel only')
    .addOption(
      new Option('--severity <severity>', 'how loud: a pager may ring for critical only')
        .choices(severities.toReversed())
        .default('info'),
    )
    .option('--resolve-after <seconds>', 'wait before it is resolved', wholeNumber(0, maxWaitSeconds), 5)
    .addOption(jsonOption())
    .action(async (options: TestOptions) => {
      const ports = await openCluster(context, options.cluster);
      const channels = pickChannels(ports, options.channel);
      const { terminal } = context;
      const show = (result: TestResult) => terminal.out(lineOf(terminal, result));
      if (!options.json) {
        const wait = options.resolveAfter === 0 ? '' : `, resolved after ${duration(options.resolveAfter * 1000)}`;
        terminal.err(`a test alert of cluster ${ports.cluster.id}, severity ${options.severity}${wait}`);
      }
      const results = await sendTestAlerts(
        ports,
        channels,
        { severity: options.severity, resolveAfterMs: options.resolveAfter * 1000, signal: context.signal },
        options.json ? () => {} : show,
      );
      context.exit(exitCodeOf(results));
      if (options.json) printJson(context, results);
    });
}

function pickChannels({ channels }: ClusterPorts, id: string | undefined): ClusterPorts['channels'] {
  if (channels.length === 0) throw new LifeboatError('config', 'alerts.channels is empty: nobody would be paged');
  if (id === undefined) return channels;
  const chosen = channels.filter((channel) => channel.id === id);
  if (chosen.length > 0) return chosen;
  const ids = channels.map((channel) => channel.id).join(', ');
  throw new LifeboatError('usage', `there is no channel "${id}": name one of ${ids}`);
}

/** A rejection is for the configuration to mend; what can be tried again failed on the way. */
function exitCodeOf(results: readonly TestResult[]): ExitCode {
  if (results.some(({ status }) => status === 'rejected')) return exitCodes.usage;
  return results.some(({ status }) => status === 'retry') ? exitCodes.failed : exitCodes.fine;
}

const tones: Readonly<Record<TestResult['status'], Tone>> = {
  delivered: 'good',
  retry: 'warn',
  rejected: 'bad',
  skipped: 'dim',
};

function lineOf(terminal: CliContext['terminal'], result: TestResult): string {
  const { channel, action, status } = result;
  const wait = status === 'retry' && result.afterMs !== undefined ? ` (it asks for ${duration(result.afterMs)})` : '';
  const why = status === 'delivered' ? '' : `: ${result.reason}${wait}`;
  return `${paint(terminal, tones[status], status.padEnd(9))} ${channel} ${action}${why}`;
}
