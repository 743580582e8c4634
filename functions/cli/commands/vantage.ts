// `lifeboat vantage`: looks at clusters from inside the network and reports to the Worker, until stopped; `keygen` makes its key.
import { Command } from 'commander';
import { assertNever } from '../../lib/assert.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Sent } from '../../vantage/agent/link.ts';
import type { VantageActivity, VantagePorts } from '../../vantage/agent/ports.ts';
import { reportOnce, runVantage } from '../../vantage/agent/run-loop.ts';
import { createVantageKeys } from '../../vantage/protocol/keys.ts';
import { type CliContext, printJson } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { jsonOption } from '../options.ts';

interface VantageOptions {
  readonly id?: string;
  readonly cluster?: string;
  readonly once?: boolean;
  readonly json?: boolean;
}

export function vantageCommand(context: CliContext): Command {
  const keygen = new Command('keygen')
    .description(
      'make a key pair: the private key for the secret LIFEBOAT_VANTAGE_KEY, the public one for the configuration',
    )
    .action(async (_own: object, command: Command) => {
      const { id = 'rack', json } = command.optsWithGlobals<VantageOptions>();
      await printKeys(context, id, json === true);
    });
  return new Command('vantage')
    .description(
      'look at clusters from inside the network and report to the Worker (at api.url, or --remote): until stopped',
    )
    .option('--id <id>', 'which vantage of the configuration this is; not needed when there is one only')
    .option('--cluster <id>', 'for this cluster only')
    .option('--once', 'one round and one report; exit code 0 when it was taken, 3 when it was refused')
    .addOption(jsonOption())
    .addCommand(keygen)
    .action(async ({ once, json, ...which }: VantageOptions) => {
      // An empty text: the configured address.
      const remote = context.remote() || undefined;
      const all = await context.openVantage({ ...which, ...(remote === undefined ? {} : { remote }) });
      const view = createView(context, json === true);
      if (once === true) return reportAllOnce(context, all, view);
      for (const ports of all) view.begin(ports);
      await Promise.all(
        all.map((ports) => {
          const { id: cluster } = ports.cluster;
          const onActivity = (activity: VantageActivity) => view.show(cluster, activity);
          const onFault = (what: string, error: unknown) => view.fault(cluster, what, error);
          return runVantage(ports, { onActivity, onFault }, context.signal);
        }),
      );
    });
}

const exitCodeOf: Readonly<Record<Sent['status'], ExitCode>> = {
  taken: exitCodes.fine,
  refused: exitCodes.guarded,
  failed: exitCodes.failed,
};

async function reportAllOnce(context: CliContext, all: readonly VantagePorts[], view: View): Promise<void> {
  const sent = await Promise.all(
    all.map(async (ports) => {
      const one = await reportOnce(ports, context.signal);
      view.sent(ports.cluster.id, one);
      return one.status;
    }),
  );
  const worst = (['failed', 'refused', 'taken'] as const).find((status) => sent.includes(status)) ?? 'failed';
  context.exit(exitCodeOf[worst]);
}

interface View {
  begin(ports: VantagePorts): void;
  show(cluster: string, activity: VantageActivity): void;
  fault(cluster: string, what: string, error: unknown): void;
  sent(cluster: string, sent: Sent): void;
}

function createView(context: CliContext, json: boolean): View {
  const { terminal, clock } = context;
  if (json) {
    const print = (cluster: string, members: object) => printJson(context, { cluster, at: clock.now(), ...members });
    return {
      begin: ({ cluster, vantage }) =>
        print(cluster.id, { kind: 'begins', vantage: vantage.id, targets: vantage.targets }),
      show: (cluster, activity) => isWorthALine(activity) && print(cluster, activity),
      fault: (cluster, what, error) => print(cluster, { kind: 'fault', fault: what, reason: messageOf(error) }),
      sent: (cluster, sent) => print(cluster, sent),
    };
  }
  const stamp = (cluster: string) => `${new Date(clock.now()).toISOString()} ${cluster}`;
  return {
    begin: ({ cluster, vantage }) =>
      terminal.out(
        `${stamp(cluster.id)} vantage ${vantage.id} looks at ${vantage.targets.join(' and ')} every ${cluster.probe.intervalMs} ms`,
      ),
    show: (cluster, activity) => {
      if (!isWorthALine(activity)) return;
      const isBad = activity.kind !== 'captured' && !(activity.kind === 'delivered' && activity.dropped === undefined);
      terminal[isBad ? 'err' : 'out'](`${stamp(cluster)} ${wordsOf(activity)}`);
    },
    fault: (cluster, what, error) => terminal.err(`${stamp(cluster)} fault in ${what}: ${messageOf(error)}`),
    sent: (cluster, sent) =>
      sent.status === 'taken'
        ? terminal.out(`${cluster}: taken${sent.dropped === undefined ? '' : ` in part: ${sent.dropped}`}`)
        : terminal.err(`${cluster}: ${sent.status === 'refused' ? `refused as ${sent.refusal}: ` : ''}${sent.reason}`),
  };
}

/** A report that was taken like the one before is no news. */
function isWorthALine(activity: VantageActivity): boolean {
  return activity.kind !== 'delivered' || activity.isChange;
}

function wordsOf(activity: VantageActivity): string {
  switch (activity.kind) {
    case 'delivered':
      return activity.dropped === undefined
        ? `reports are taken (${activity.observations} observations in ${activity.tookMs} ms)`
        : `reports are taken in part: ${activity.dropped}`;
    case 'undelivered':
      return `not delivered: ${activity.reason}; again in ${activity.waitMs} ms`;
    case 'captured':
      return `snapshot ${activity.number}: ${activity.records} records from ${activity.from} (${activity.tookMs} ms)`;
    case 'not-captured':
      return `snapshot ${activity.number} not captured: ${activity.reason}`;
    case 'untold':
      return `that snapshots ${activity.numbers.join(', ')} were not captured is not told: ${activity.reason}`;
    default:
      return assertNever(activity, 'activity');
  }
}

async function printKeys(context: CliContext, id: string, json: boolean): Promise<void> {
  const { privateKey, publicKey } = await createVantageKeys(context.random.bytes(32));
  if (json) return printJson(context, { privateKey, publicKey });
  const { terminal } = context;
  terminal.out(
    `Private key, shown this once: put it into the secret LIFEBOAT_VANTAGE_KEY where the vantage runs, or into a file.`,
  );
  terminal.out(`  ${privateKey}`);
  terminal.out('Into vantages of the cluster, in the configuration of both the Worker and the vantage:');
  terminal.out(`  { kind: 'inside', id: '${id}', group: 'dc', publicKey: '${publicKey}' },`);
}
