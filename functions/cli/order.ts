// Where an operator's command is carried out: by this very process, or by the Worker that --remote names. The one place that chooses.

import { LifeboatError } from '../lib/errors.ts';
import type { OperatorCommand } from '../model/outage.ts';
import { type CliContext, openCluster } from './context.ts';
import { runOperation } from './local/operation.ts';
import { snapshotFromFile } from './local/publication.ts';
import { openRemote } from './remote/client.ts';
import { type RemoteOperateOptions, runRemoteOperation } from './remote/operation.ts';

export interface OrderOptions extends RemoteOperateOptions {
  /** A zone file or snapshot document to bring along. */
  readonly file?: string;
}

export async function runOrder(context: CliContext, command: OperatorCommand, options: OrderOptions): Promise<void> {
  const { file } = options;
  if (file !== undefined && context.remote() !== undefined)
    throw new LifeboatError('usage', '--file is for a failover without --remote: the Worker has snapshots of its own');
  const remote = await openRemote(context, options.cluster);
  if (remote !== undefined) return runRemoteOperation(context, remote, command, options);
  const ports = await openCluster(context, options.cluster);
  const brought = file === undefined ? {} : { brought: await snapshotFromFile(context, ports, file) };
  await runOperation(context, ports, command, { ...options, ...brought });
}
