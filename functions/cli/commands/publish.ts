// `lifeboat publish`: brings the standby zones to a snapshot by hand: shows the plan, asks, applies, reads back.

import { Command } from 'commander';
import { LifeboatError, messageOf } from '../../lib/errors.ts';
import type { HoldMemory } from '../../plan/memory.ts';
import { releasable, release, releaseDigest } from '../../plan/release.ts';
import { renderPlan } from '../../plan/render.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { keepSnapshot } from '../../tasks/capture/snapshots.ts';
import type { ClusterPorts, Standby } from '../../tasks/cluster/ports.ts';
import { keepHolds, readMemory, releaseHolds } from '../../tasks/publish/holds.ts';
import { type PlannedZone, planPublication } from '../../tasks/publish/plan-zone.ts';
import { publishSnapshot } from '../../tasks/publish/publish.ts';
import type { PublishOutcome, PublishRequest } from '../../tasks/publish/request.ts';
import { keepSample } from '../../tasks/publish/standby-expectations.ts';
import { type CliContext, openCluster, printJsonOfEach, unconfirmed } from '../context.ts';
import { type ExitCode, exitCodeOfError, exitCodeOfPlan, exitCodes } from '../exit-codes.ts';
import { operator } from '../local/operation.ts';
import { chooseSnapshot, type PublicationOptions, publicationRequest } from '../local/publication.ts';
import { clusterOption, jsonOption, wholeNumber, yesOption } from '../options.ts';
import { openRemote } from '../remote/client.ts';
import { runRemoteRelease } from '../remote/release.ts';

interface PublishOptions extends PublicationOptions {
  readonly cluster?: string;
  readonly releaseDeletes?: boolean;
  readonly why: string;
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
    .option('--release-deletes', 'let out what the guards hold back now, as it is shown; nothing that comes later')
    .option('--why <text>', 'why it is let out: goes into the plan', 'by hand')
    .addOption(yesOption())
    .addOption(jsonOption())
    .action(async (options: PublishOptions) => {
      const remote = await openRemote(context, options.cluster);
      if (remote !== undefined) {
        if (options.releaseDeletes !== true)
          throw new LifeboatError(
            'usage',
            'the Worker publishes by itself: with --remote publish takes --release-deletes only',
          );
        return runRemoteRelease(context, remote, options);
      }
      const ports = await openCluster(context, options.cluster);
      let snapshot = await chooseSnapshot(context, ports, options);
      if (snapshot.number === 0) snapshot = await keepSnapshot(ports.store, snapshot, 1);
      const ends: PublishEnd[] = [];
      for (const standby of ports.standbys) {
        const end = publishTo(context, ports, standby, snapshot, options);
        // One standby that cannot be reached keeps the others from nothing.
        ends.push(await end.catch((error) => endOfFault(context, standby, error)));
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
  standby: Standby,
  snapshot: Snapshot,
  options: PublishOptions,
): Promise<PublishEnd> {
  const { terminal, clock } = context;
  const { id } = standby;
  const deps = { provider: standby.provider, clock };
  const request = await publicationRequest(ports, standby, options, snapshot);
  const first = await planPublication(deps, request);
  const isReleasing = options.releaseDeletes === true && isWritable(first) && releasable(first.memory).size > 0;
  const by = { at: clock.now(), who: operator, why: options.why };
  const { plan } = isReleasing ? await planPublication(deps, { ...request, memory: release(first.memory, by) }) : first;
  if (!options.json) {
    terminal.out(
      `${id} (${standby.provider.label}): snapshot ${snapshot.number} of ${new Date(snapshot.takenAt).toISOString()}`,
    );
    for (const line of renderPlan(plan, { now: clock.now() })) terminal.out(line);
  }
  const ask = (plan.changes.length > 0 || isReleasing) && options.yes !== true;
  const out = isReleasing ? `, ${releasable(first.memory).size} of them held back until now,` : '';
  if (ask && !(await terminal.confirm(`Apply ${plan.changes.length} changes${out} to ${id}?`))) {
    terminal.err(`${id}: nothing was written: ${unconfirmed}`);
    return {
      code: exitCodes.guarded,
      document: { standby: id, status: 'unconfirmed', reason: unconfirmed },
    };
  }
  const isMeant = options.approve === undefined || options.approve === plan.checksum;
  const outcome = await publishSnapshot(deps, {
    ...(isReleasing && isMeant ? await released(ports, standby, request, first.memory, by) : request),
    approvedChecksum: options.approve ?? plan.checksum,
    onProgress: (done, all) => {
      if (terminal.interactive && all > 1) terminal.err(`batch ${done} of ${all}`);
    },
  });
  if (outcome.status === 'published') await keepSample(ports, id, request.snapshot, outcome.plan);
  if (!options.json) terminal.out(outcomeLine(standby, outcome));
  return { code: exitCodeOf(outcome), document: { standby: id, ...withoutChanges(outcome) } };
}

/** What is not written now must not go out later, with a publication that nobody looks at. */
function isWritable({ plan, fence }: PlannedZone): boolean {
  return plan.status !== 'refused' && (fence.status === 'ok' || fence.status === 'adopt');
}

/** Keeps what was shown as held, releases exactly that, and goes on with it. */
async function released(
  ports: ClusterPorts,
  standby: Standby,
  request: PublishRequest,
  shown: HoldMemory,
  { who, why }: { readonly who: string; readonly why: string },
): Promise<PublishRequest> {
  const digest = await releaseDigest(shown);
  const kept = await keepHolds(ports, standby.id, request.memory, shown);
  const outcome = kept === 'kept' ? await releaseHolds(ports, { standby: standby.id, digest, who, why }) : undefined;
  if (outcome?.status === 'released') return { ...request, memory: await readMemory(ports, standby.id) };
  const changed = 'what is held back was changed meanwhile: look at the plan again';
  const reason = outcome?.status === 'refused' ? outcome.reason : changed;
  throw new LifeboatError('refused', reason);
}

function endOfFault({ terminal }: CliContext, { id }: Standby, error: unknown): PublishEnd {
  const reason = messageOf(error);
  terminal.err(`${id}: ${reason}`);
  return { code: exitCodeOfError(error), document: { standby: id, status: 'fault', reason } };
}

function withoutChanges(outcome: PublishOutcome): object {
  if (!('plan' in outcome)) return outcome;
  const { plan, ...rest } = outcome;
  return { ...rest, plan: { ...plan, changes: plan.changes.length, held: plan.held } };
}

function outcomeLine({ id }: Standby, outcome: PublishOutcome): string {
  if (outcome.status !== 'published') return `${id}: ${outcome.status}: ${outcome.reason}`;
  const held = outcome.plan.held.length === 0 ? '' : `, ${outcome.plan.held.length} changes held back`;
  const what =
    outcome.batches === 0
      ? 'nothing to write'
      : `${outcome.plan.changes.length} changes in ${outcome.batches} updates, read back`;
  return `${id}: ${what}${held}; generation ${outcome.marker.generation}, ${outcome.marker.phase}`;
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
