// `lifeboat hold`: stops the machine for a person who works on the cluster or the standby. Probes and pages go on.
import { Command } from 'commander';
import { type CliContext, openCluster } from '../context.ts';
import { type OperateOptions, runOperation } from '../operation.ts';
import { clusterOption, jsonOption, yesOption } from '../options.ts';

export function holdCommand(context: CliContext): Command {
  return new Command('hold')
    .description('stop every capture, write and automatic failover; probes and pages go on')
    .addOption(clusterOption())
    .option('--why <text>', 'goes into the history', 'by hand')
    .addOption(yesOption())
    .addOption(jsonOption())
    .action(async (options: OperateOptions) => {
      await runOperation(context, await openCluster(context, options.cluster), 'hold', options);
    });
}
