// `lifeboat plan`: what a publication would change, without writing anything; over two zone files, or a snapshot and the standby.
import { Command, Option } from 'commander';
import { policySchema } from '../../config/cluster/policy.ts';
import type { Clock } from '../../lib/deps.ts';
import { LifeboatError } from '../../lib/errors.ts';
import { buildPlan } from '../../plan/build.ts';
import { unlimited } from '../../plan/capabilities.ts';
import type { PlanPolicy } from '../../plan/guard-input.ts';
import { noMemory } from '../../plan/memory.ts';
import type { Plan } from '../../plan/plan.ts';
import { renderPlan } from '../../plan/render.ts';
import type { LeftRecord } from '../../records/left-record.ts';
import { child } from '../../records/name.ts';
import { oddities } from '../../snapshot/build.ts';
import { type Dropped, leftOutWords, type Snapshot } from '../../snapshot/snapshot.ts';
import type { Standby } from '../../tasks/cluster/ports.ts';
import { planPublication } from '../../tasks/publish/plan-zone.ts';
import { type CliContext, openCluster, printJsonOfEach } from '../context.ts';
import { exitCodeOfPlan } from '../exit-codes.ts';
import { readZone, snapshotOf, tellLeftOut, type ZoneOnDisk } from '../local/plan-files.ts';
import { chooseSnapshot, publicationRequest } from '../local/publication.ts';
import { clusterOption, jsonOption, wholeNumber } from '../options.ts';

interface PlanOptions {
  readonly desired?: string;
  readonly current?: string;
  readonly zone?: string;
  readonly mustHave: readonly string[];
  readonly maxDeleteShare: number;
  readonly clusterUnhealthy?: boolean;
  readonly cluster?: string;
  readonly snapshot?: number;
  readonly json?: boolean;
}

export function planCommand(context: CliContext): Command {
  return new Command('plan')
    .description('show what a publication would change; writes nothing')
    .option('--desired <file>', 'zone file with what should be (with --current: nothing else is needed)')
    .option('--current <file>', 'zone file with what is')
    .option('--zone <name>', 'origin of zone files that state none')
    .option('--must-have <name...>', 'names that must be there, relative to the zone', ['kubernetes.default.svc'])
    .addOption(
      new Option('--max-delete-share <share>', 'hold deletes back above this share of the zone')
        .argParser(Number)
        .default(policySchema.parse({}).maxDeleteShare),
    )
    .option('--cluster-unhealthy', 'plan as in an outage: every delete is held back')
    .addOption(clusterOption())
    .option('--snapshot <number>', 'this snapshot instead of the newest', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .addOption(jsonOption())
    .action(async (options: PlanOptions) => {
      const fromFiles = options.desired !== undefined && options.current !== undefined;
      const plans = fromFiles ? [await planFiles(context, options)] : await planStandbys(context, options);
      if (options.json) printJsonOfEach(context, plans.map(documentOf));
      else for (const one of plans) showPlan(context, one);
      context.exit(exitCodeOfPlan(worst(plans.map(({ plan }) => plan.status))));
    });
}

interface PlanOf {
  readonly plan: Plan;
  /** undefined: of two files. */
  readonly standby: Pick<Standby, 'id' | 'provider'> | undefined;
}

async function planFiles(context: CliContext, options: PlanOptions): Promise<PlanOf> {
  const desired = await readZone(context, options.desired ?? '', options.zone);
  const current = await readZone(context, options.current ?? '', options.zone);
  if (desired.origin !== current.origin) {
    const reason = `${options.desired} is for ${desired.origin} and ${options.current} for ${current.origin}: both must be the same zone`;
    throw new LifeboatError('input', reason);
  }
  // As a publication of the file would have it: glue told apart, what is not ours left out.
  const wanted = await snapshotOf(desired, options.desired ?? '', '', context.clock.now());
  tellLeftOut(context, options.desired ?? '', leftOutWords(oddities(wanted)));
  tellLeftOut(context, options.current ?? '', leftOutWords(current.left.map(asDropped)));
  return { plan: await planOverFiles(context.clock, wanted, current, options), standby: undefined };
}

function asDropped({ name, type, detail }: LeftRecord): Dropped {
  return { name, type, count: 1, reason: `not read: ${detail}` };
}

async function planOverFiles(clock: Clock, wanted: Snapshot, current: ZoneOnDisk, options: PlanOptions): Promise<Plan> {
  const { zone, rrsets: desired, unread: inSource = [] } = wanted;
  const { mustHave, maxDeleteShare } = options;
  if (!(maxDeleteShare >= 0 && maxDeleteShare <= 1)) {
    throw new LifeboatError('usage', '--max-delete-share: want a number from 0 to 1, like 0.3');
  }
  const { minDeletesToHold, holdExpiresAfterMs } = policySchema.parse({});
  const policy: PlanPolicy = {
    mustHave: mustHave.map((name) => child(name, zone)),
    maxDeleteShare,
    minDeletesToHold,
    holdExpiresAfterMs,
  };
  const { plan } = await buildPlan({
    zone,
    desired,
    current: current.rrsets,
    unread: { inSource },
    policy,
    clusterHealthy: options.clusterUnhealthy !== true,
    capabilities: unlimited,
    // Two files have no past: what they differ in is judged by itself.
    memory: noMemory,
    now: clock.now(),
  });
  return plan;
}

async function planStandbys(context: CliContext, options: PlanOptions): Promise<readonly PlanOf[]> {
  if (options.current !== undefined) {
    throw new LifeboatError(
      'usage',
      '--current needs --desired: without both, the current side is read from the standby',
    );
  }
  const ports = await openCluster(context, options.cluster);
  const plans: PlanOf[] = [];
  const choice = { ...options, ...fileOf(options) };
  const snapshot = await chooseSnapshot(context, ports, choice);
  for (const standby of ports.standbys) {
    const request = await publicationRequest(ports, standby, choice, snapshot);
    const { plan } = await planPublication({ provider: standby.provider, clock: context.clock }, request);
    plans.push({ plan, standby });
  }
  return plans;
}

function fileOf(options: PlanOptions): { readonly file?: string } {
  return options.desired === undefined ? {} : { file: options.desired };
}

function documentOf({ plan, standby }: PlanOf): object {
  return standby === undefined ? plan : { standby: standby.id, ...plan };
}

function showPlan(context: CliContext, { plan, standby }: PlanOf): void {
  if (standby !== undefined) context.terminal.out(`${standby.id} (${standby.provider.label})`);
  for (const line of renderPlan(plan, { now: context.clock.now() })) context.terminal.out(line);
}

const ranking: readonly Plan['status'][] = ['unchanged', 'ready', 'held', 'refused'];

function worst(statuses: readonly Plan['status'][]): Plan['status'] {
  return ranking[Math.max(...statuses.map((status) => ranking.indexOf(status)))] ?? 'unchanged';
}
