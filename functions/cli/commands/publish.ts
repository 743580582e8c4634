// `lifeboat publish`: brings the standby zones to a snapshot by hand: shows the plan, asks, applies, reads back.
import { Command } from 'commander';
import { renderPlan } from '../../plan/render.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { ClusterPorts } from '../../tasks/ports.ts';
import { type PublishOutcome, planPublication, publishSnapshot } from '../../tasks/publish.ts';
import { keepHeld } from '../../tasks/publish-effect.ts';
import { keepSnapshot } from '../../tasks/snapshots.ts';
import { type CliContext, openCluster, printJson } from '../context.ts';
import { type ExitCode, exitCodeOfPlan, exitCodes } from '../exit-codes.ts';
import { clusterOption, jsonOption, wholeNumber, yesOption } from '../options.ts';
import { chooseSnapshot, type PublicationOptions, publicationRequest } from '../publication.ts';

interface PublishOptions extends PublicationOptions {
  readonly cluster?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function publishCommand(context: CliContext): Command {
  return new Command('publish')
    .description('bring the standby zones to a snapshot: shows the plan and asks first')
    .addOption(clusterOption())
    .option('--snapshot <number>', 'this snapshot instead of the newest', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--file <file>', 'a zone file, or a snapshot document (.json), instead of a kept snapshot')
    .option('--approve <checksum>', 'apply only the plan with this checksum (as plan --json prints it)')
    .option('--release-deletes', 'let through deletes that a guard holds back for their number')
    .addOption(yesOption())
    .addOption(jsonOption())
    .action(async (options: PublishOptions) => {
      const ports = await openCluster(context, options.cluster);
      let snapshot = await chooseSnapshot(context, ports, options);
      if (snapshot.number === 0) snapshot = await keepSnapshot(ports.store, snapshot, 1);
      const codes: ExitCode[] = [];
      for (const provider of ports.providers) codes.push(await publishTo(context, ports, provider, snapshot, options));
      context.exit(codes.find((code) => code !== exitCodes.fine) ?? exitCodes.fine);
    });
}

async function publishTo(
  context: CliContext,
  ports: ClusterPorts,
  provider: Provider,
  snapshot: Snapshot,
  options: PublishOptions,
): Promise<ExitCode> {
  const { terminal, clock } = context;
  const deps = { provider, clock };
  const request = await publicationRequest(ports, provider, options, snapshot);
  const { plan } = await planPublication(deps, request);
  if (!options.json) {
    terminal.out(`${provider.label}: snapshot ${snapshot.number} of ${new Date(snapshot.takenAt).toISOString()}`);
    for (const line of renderPlan(plan, { now: clock.now() })) terminal.out(line);
  }
  const ask = plan.changes.length > 0 && options.yes !== true;
  if (ask && !(await terminal.confirm(`Apply ${plan.changes.length} changes to ${provider.label}?`))) {
    terminal.err('nothing was written: not confirmed (use --yes in scripts)');
    return exitCodes.guarded;
  }
  const outcome = await publishSnapshot(deps, {
    ...request,
    approvedChecksum: options.approve ?? plan.checksum,
    onProgress: (done, all) => {
      if (terminal.interactive && all > 1) terminal.err(`batch ${done} of ${all}`);
    },
  });
  if (outcome.status === 'published') await keepHeld(ports, provider.label, outcome.plan);
  if (options.json)
    printJson(context, { standby: provider.label, snapshot: snapshot.number, ...withoutChanges(outcome) });
  else terminal.out(outcomeLine(provider, outcome));
  return exitCodeOf(outcome);
}

function withoutChanges(outcome: PublishOutcome): object {
  if (!('plan' in outcome)) return outcome;
  const { plan, ...rest } = outcome;
  return { ...rest, plan: { ...plan, changes: plan.changes.length, held: plan.held } };
}

function outcomeLine(provider: Provider, outcome: PublishOutcome): string {
  if (outcome.status !== 'published') return `${provider.label}: ${outcome.status}: ${outcome.reason}`;
  const held = outcome.plan.held.length === 0 ? '' : `, ${outcome.plan.held.length} deletes held back`;
  const what =
    outcome.batches === 0
      ? 'nothing to write'
      : `${outcome.plan.changes.length} changes in ${outcome.batches} updates, read back`;
  return `${provider.label}: ${what}${held}; generation ${outcome.marker.generation}, ${outcome.marker.phase}`;
}

function exitCodeOf(outcome: PublishOutcome): ExitCode {
  switch (outcome.status) {
    case 'published':
      return exitCodeOfPlan(outcome.plan.status);
    case 'mismatch':
      return exitCodes.failed;
    default:
      return exitCodes.guarded;
  }
}
