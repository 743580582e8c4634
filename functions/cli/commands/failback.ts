// `lifeboat failback`: ends an activation: a fresh capture, published with its deletes, which thaws the standby.
import { Command } from 'commander';
import { type CliContext, openCluster } from '../context.ts';
import { type OperateOptions, runOperation } from '../operation.ts';
import { clusterOption, jsonOption, yesOption } from '../options.ts';

export function failbackCommand(context: CliContext): Command {
  return new Command('failback')
    .description('end an activation: capture anew, publish, thaw the standby; refused while the cluster looks bad')
    .addOption(clusterOption())
    .option('--why <text>', 'goes into the history and the page', 'by hand')
    .addOption(yesOption())
    .addOption(jsonOption())
    .action(async (options: OperateOptions) => {
      await runOperation(context, await openCluster(context, options.cluster), 'failback', options);
    });
}
