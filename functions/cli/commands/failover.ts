// `lifeboat failover`: the break-glass switch: a last capture where one can be had, its adds and changes published, the standby frozen.
import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { clusterOption, jsonOption, waitOption, yesOption } from '../options.ts';
import { type OrderOptions, runOrder } from '../order.ts';

export function failoverCommand(context: CliContext): Command {
  return new Command('failover')
    .description('record an activation, page, capture once more, publish adds and changes, freeze the standby')
    .addOption(clusterOption())
    .option('--file <file>', 'keep this zone file or snapshot document first, for when no snapshot is kept here')
    .option('--why <text>', 'goes into the history and the page', 'by hand')
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .action((options: OrderOptions) => runOrder(context, 'failover', options));
}
