// `lifeboat failback`: ends an activation: a fresh capture, published with its deletes, which thaws the standby.
import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { clusterOption, jsonOption, waitOption, yesOption } from '../options.ts';
import { type OrderOptions, runOrder } from '../order.ts';

export function failbackCommand(context: CliContext): Command {
  return new Command('failback')
    .description('end an activation: capture anew, publish, thaw the standby; refused while the cluster looks bad')
    .addOption(clusterOption())
    .option('--why <text>', 'goes into the history and the page', 'by hand')
    .option(
      '--take-over',
      'also what another deployment of this cluster keeps, its freeze included: when that one is gone',
    )
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .action((options: OrderOptions) => runOrder(context, 'failback', options));
}
