// `lifeboat publish`: brings the standby zones to a snapshot by hand: shows the plan, asks, applies, reads back.
import { Command } from 'commander';
import { messageOf } from '../../lib/errors.ts';
import { renderPlan } from '../../plan/render.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { ClusterPorts } from '../../tasks/ports.ts';
import { type PublishOutcome, planPublication, publishSnapshot } from '../../tasks/publish.ts';
import { keepHeld } from '../../tasks/publish-effect.ts';
import { keepSnapshot } from '../../tasks/snapshots.ts';
import { type CliContext, openCluster, printJsonOfEach, unconfirmed } from '../context.ts';
import { type ExitCode, exitCodeOfError, exitCodeOfPlan, exitCodes } from '../exit-codes.ts';
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
      const ends: PublishEnd[] = [];
      for (const provider of ports.providers) {
        const end = publishTo(context, ports, provider, snapshot, options);
        // One standby that cannot be reached keeps the others from nothing.
        ends.push(await end.catch((error) => endOfFault(context, provider, error)));
      }
      context.exit(ends.find(({ code }) => code !== exitCodes.fine)?.code ?? exitCodes.fine);
      if (options.json) {
        const documents = ends.map(({ document }) => ({ snapshot: snapshot.number, ...document }));
        printJsonOfEach(context, documents);
      }
    });
}

interface PublishEnd {
  readonly code: ExitCode;
  readonly document: object;
}

async function publishTo(
  context: CliContext,
  ports: ClusterPorts,
  provider: Provider,
  snapshot: Snapshot,
  options: PublishOptions,
): Promise<PublishEnd> {
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
    terminal.err(`${provider.label}: nothing was written: ${unconfirmed}`);
    return {
      code: exitCodes.guarded,
      document: { standby: provider.label, status: 'unconfirmed', reason: unconfirmed },
    };
  }
  const outcome = await publishSnapshot(deps, {
    ...request,
    approvedChecksum: options.approve ?? plan.checksum,
    onProgress: (done, all) => {
      if (terminal.interactive && all > 1) terminal.err(`batch ${done} of ${all}`);
    },
  });
  if (outcome.status === 'published') await keepHeld(ports, provider.label, outcome.plan);
  if (!options.json) terminal.out(outcomeLine(provider, outcome));
  return { code: exitCodeOf(outcome), document: { standby: provider.label, ...withoutChanges(outcome) } };
}

function endOfFault({ terminal }: CliContext, provider: Provider, error: unknown): PublishEnd {
  const reason = messageOf(error);
  terminal.err(`${provider.label}: ${reason}`);
  return { code: exitCodeOfError(error), document: { standby: provider.label, status: 'fault', reason } };
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
