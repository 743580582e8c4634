// `lifeboat hold`: stops the machine for a person who works on the cluster or the standby. Probes and pages go on.
import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { clusterOption, jsonOption, waitOption, yesOption } from '../options.ts';
import { type OrderOptions, runOrder } from '../order.ts';

export function holdCommand(context: CliContext): Command {
  return new Command('hold')
    .description('stop every capture, write and automatic failover; probes and pages go on')
    .addOption(clusterOption())
    .option('--why <text>', 'goes into the history', 'by hand')
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .action((options: OrderOptions) => runOrder(context, 'hold', options));
}
