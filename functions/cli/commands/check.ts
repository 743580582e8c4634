// `lifeboat check`: does everything work, before it must? Looks at each target, the transfer, the standby and the alert channels once.
import { Command } from 'commander';
import type { CheckResult } from '../../config/check-result.ts';
import { checkCluster } from '../../tasks/control/check.ts';
import { type CliContext, pickCluster, printJson } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { clusterOption, jsonOption } from '../options.ts';
import { paint, type Tone } from '../terminal.ts';

/** The colour of each status; what it does to the exit code is below. */
export const checkTones: Readonly<Record<CheckResult['status'], Tone>> = {
  ok: 'good',
  warn: 'warn',
  fail: 'bad',
  unknown: 'warn',
  note: 'bold',
};

interface CheckCommandOptions {
  readonly cluster?: string;
  readonly corednsVersion?: string;
  readonly json?: boolean;
}

export function checkCommand(context: CliContext): Command {
  return new Command('check')
    .description('check configuration, credentials, probes, transfer and standby once, and say what is wrong')
    .addOption(clusterOption())
    .option('--coredns-version <text>', 'the version of CoreDNS, where it cannot be asked: v1.15.0, or its image')
    .addOption(jsonOption())
    .action(async (options: CheckCommandOptions) => {
      const given = options.corednsVersion === undefined ? {} : { corednsVersion: options.corednsVersion };
      const runtime = await context.open();
      const chosen =
        options.cluster === undefined
          ? runtime.clusters
          : [pickCluster(runtime.clusters, (ports) => ports.cluster.id, options.cluster)];
      const results: (CheckResult & { readonly cluster: string })[] = [];
      for (const ports of chosen) {
        for (const result of await checkCluster(ports, given)) results.push({ cluster: ports.cluster.id, ...result });
      }
      for (const { cluster } of chosen) {
        for (const detail of runtime.lacking)
          results.push({ cluster: cluster.id, subject: 'alerts', status: 'fail', detail });
      }
      context.exit(exitCodeOfChecks(results));
      if (options.json) return printJson(context, results);
      const { terminal } = context;
      for (const { cluster, status, subject, detail } of results) {
        terminal.out(`${paint(terminal, checkTones[status], status.padEnd(7))} ${cluster} ${subject}: ${detail}`);
      }
    });
}

export function exitCodeOfChecks(results: readonly CheckResult[]): ExitCode {
  const has = (status: CheckResult['status']) => results.some((result) => result.status === status);
  if (has('fail')) return exitCodes.down;
  if (has('unknown')) return exitCodes.unknown;
  return has('warn') ? exitCodes.degraded : exitCodes.fine;
}
