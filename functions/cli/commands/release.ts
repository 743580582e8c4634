// `lifeboat release`: ends a hold.
import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { clusterOption, jsonOption, waitOption, yesOption } from '../options.ts';
import { type OrderOptions, runOrder } from '../order.ts';

export function releaseCommand(context: CliContext): Command {
  return new Command('release')
    .description('end a hold: watch and act again')
    .addOption(clusterOption())
    .option('--why <text>', 'goes into the history', 'by hand')
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .action((options: OrderOptions) => runOrder(context, 'release', options));
}
