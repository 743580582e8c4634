// `lifeboat release`: ends a hold.
import { Command } from 'commander';
import { type CliContext, openCluster } from '../context.ts';
import { type OperateOptions, runOperation } from '../operation.ts';
import { clusterOption, jsonOption, yesOption } from '../options.ts';

export function releaseCommand(context: CliContext): Command {
  return new Command('release')
    .description('end a hold: watch and act again')
    .addOption(clusterOption())
    .option('--why <text>', 'goes into the history', 'by hand')
    .addOption(yesOption())
    .addOption(jsonOption())
    .action(async (options: OperateOptions) => {
      await runOperation(context, await openCluster(context, options.cluster), 'release', options);
    });
}
