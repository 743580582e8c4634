// `lifeboat failover`: the break-glass switch: a last capture where one can be had, its adds and changes published, the standby frozen.
import { Command } from 'commander';
import { type CliContext, openCluster } from '../context.ts';
import { type OperateOptions, runOperation } from '../operation.ts';
import { clusterOption, jsonOption, yesOption } from '../options.ts';
import { snapshotFromFile } from '../publication.ts';

interface FailoverOptions extends OperateOptions {
  readonly file?: string;
}

export function failoverCommand(context: CliContext): Command {
  return new Command('failover')
    .description('record an activation, page, capture once more, publish adds and changes, freeze the standby')
    .addOption(clusterOption())
    .option('--file <file>', 'keep this zone file or snapshot document first, for when no snapshot is kept here')
    .option('--why <text>', 'goes into the history and the page', 'by hand')
    .addOption(yesOption())
    .addOption(jsonOption())
    .action(async (options: FailoverOptions) => {
      const ports = await openCluster(context, options.cluster);
      const brought = options.file === undefined ? undefined : await snapshotFromFile(context, ports, options.file);
      await runOperation(context, ports, 'failover', { ...options, ...(brought === undefined ? {} : { brought }) });
    });
}
