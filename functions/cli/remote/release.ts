// Has the Worker let held deletes out (publish --release-deletes --remote): shows them by name, asks, and orders exactly those.
import { type CliContext, printJson, unconfirmed } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Remote } from './client.ts';

interface ReleaseOptions {
  readonly why: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export async function runRemoteRelease(
  context: CliContext,
  remote: Remote,
  { why, yes = false, json = false }: ReleaseOptions,
): Promise<void> {
  const { terminal } = context;
  const command = 'release-deletes';
  const { held } = await remote.view();
  const ends: object[] = [];
  for (const [standby, { digest, changes }] of Object.entries(held)) {
    if (!changes.some(({ release }) => release === 'possible')) continue;
    // The digest of the view, before the names are shown: what comes in between is refused.
    const planned = await remote.order({ command, standby, digest, why, dryRun: true });
    if (!json && planned.status === 'planned') for (const line of planned.words) terminal.out(line);
    if (!yes && !(await terminal.confirm(`Let these out to ${standby}?`))) {
      terminal.err(`${standby}: nothing was done: ${unconfirmed}`);
      ends.push({ standby, status: 'unconfirmed', reason: unconfirmed });
      continue;
    }
    const outcome = await remote.order({ command, standby, digest, why, dryRun: false });
    const reason = outcome.status === 'planned' ? 'it was only planned' : outcome.reason;
    if (!json) terminal.out(`${standby}: ${outcome.status}: ${reason}`);
    ends.push({ standby, status: outcome.status, reason });
  }
  const isDone = ends.every((end) => 'status' in end && end.status === 'accepted');
  context.exit(isDone ? exitCodes.fine : exitCodes.guarded);
  if (json) return printJson(context, ends);
  if (ends.length === 0) terminal.out(`no guard holds anything back at ${remote.origin}`);
}
