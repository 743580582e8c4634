// `lifeboat failback`: ends an activation: a fresh capture, published with its deletes, which thaws the standby.
import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { clusterOption, jsonOption, waitOption, yesOption } from '../options.ts';
import { type OrderOptions, runOrder } from '../order.ts';

export function failbackCommand(context: CliContext): Command {
  return new Command('failback')
    .description(
      'end an activation: capture anew, publish, thaw the standby; refused until the API server (after a DNS outage: a replica) has been healthy for policy.healthyRounds. Where no watch has looked for as long, the command does, at the pace of the watch',
    )
    .addOption(clusterOption())
    .option('--why <text>', 'goes into the history and the page', 'by hand')
    .option(
      '--take-over',
      'also what another deployment of this cluster keeps, its freeze included: when that one is gone',
    )
    .option('--force', 'although that is not known: after one good round, or after none; goes into the history')
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .action((options: OrderOptions) => runOrder(context, 'failback', options));
}
