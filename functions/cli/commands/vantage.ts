// `lifeboat vantage`: looks at clusters from inside the network and reports to the Worker, until stopped; `keygen` makes its key.
import { Command } from 'commander';
import { assertNever } from '../../lib/assert.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Sent } from '../../tasks/vantage-link.ts';
import type { VantageHappening, VantagePorts } from '../../tasks/vantage-ports.ts';
import { reportOnce, runVantage } from '../../tasks/vantage-watch.ts';
import { createVantageKeys } from '../../vantage/keys.ts';
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
          const onlooker = (happening: VantageHappening) => view.show(cluster, happening);
          const onFault = (what: string, error: unknown) => view.fault(cluster, what, error);
          return runVantage(ports, { onlooker, onFault }, context.signal);
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
  show(cluster: string, happening: VantageHappening): void;
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
      show: (cluster, happening) => isWorthALine(happening) && print(cluster, happening),
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
    show: (cluster, happening) => {
      if (!isWorthALine(happening)) return;
      const isBad =
        happening.kind !== 'captured' && !(happening.kind === 'delivered' && happening.dropped === undefined);
      terminal[isBad ? 'err' : 'out'](`${stamp(cluster)} ${wordsOf(happening)}`);
    },
    fault: (cluster, what, error) => terminal.err(`${stamp(cluster)} fault in ${what}: ${messageOf(error)}`),
    sent: (cluster, sent) =>
      sent.status === 'taken'
        ? terminal.out(`${cluster}: taken${sent.dropped === undefined ? '' : ` in part: ${sent.dropped}`}`)
        : terminal.err(`${cluster}: ${sent.status === 'refused' ? `refused as ${sent.refusal}: ` : ''}${sent.reason}`),
  };
}

/** A report that was taken like the one before is no news. */
function isWorthALine(happening: VantageHappening): boolean {
  return happening.kind !== 'delivered' || happening.isChange;
}

function wordsOf(happening: VantageHappening): string {
  switch (happening.kind) {
    case 'delivered':
      return happening.dropped === undefined
        ? `reports are taken (${happening.observations} observations in ${happening.tookMs} ms)`
        : `reports are taken in part: ${happening.dropped}`;
    case 'undelivered':
      return `not delivered: ${happening.reason}; again in ${happening.waitMs} ms`;
    case 'captured':
      return `snapshot ${happening.number}: ${happening.records} records from ${happening.from} (${happening.tookMs} ms)`;
    case 'not-captured':
      return `snapshot ${happening.number} not captured: ${happening.reason}`;
    case 'untold':
      return `that snapshots ${happening.numbers.join(', ')} were not captured is not told: ${happening.reason}`;
    default:
      return assertNever(happening, 'happening');
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
