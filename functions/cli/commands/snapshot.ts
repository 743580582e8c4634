// `lifeboat snapshot take|show|list|export`: the kept copies of a cluster's service discovery. It publishes nothing.
import { Argument, Command, Option } from 'commander';
import { usableSources } from '../../decision/machine/sources.ts';
import { duration } from '../../lib/duration.ts';
import { LifeboatError } from '../../lib/errors.ts';
import { visibleJson } from '../../lib/visible.ts';
import { oddities } from '../../snapshot/build.ts';
import { encodeSnapshot, storedForm } from '../../snapshot/codec.ts';
import { freshnessWords, leftOutWords, originWords, type Snapshot } from '../../snapshot/snapshot.ts';
import { formatZoneFile } from '../../snapshot/zone-file.ts';
import { takeSnapshot } from '../../tasks/capture/capture.ts';
import { listSnapshots, readSnapshot } from '../../tasks/capture/snapshots.ts';
import { policyOf } from '../../tasks/cluster/ports.ts';
import { look } from '../../tasks/control/observe.ts';
import { type CliContext, openCluster, printJson } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { chooseSnapshot } from '../local/publication.ts';
import { clusterOption, jsonOption } from '../options.ts';
import { openRemote, type Remote } from '../remote/client.ts';
import { eachLine } from '../terminal.ts';

interface Options {
  readonly cluster?: string;
  readonly json?: boolean;
}

export function snapshotCommand(context: CliContext): Command {
  return new Command('snapshot')
    .description('take, show, list and export snapshots of the cluster DNS')
    .addCommand(takeCommand(context))
    .addCommand(showCommand(context))
    .addCommand(listCommand(context))
    .addCommand(exportCommand(context));
}

function takeCommand(context: CliContext): Command {
  return new Command('take')
    .description('capture the zone now, by zone transfer from a good CoreDNS replica: no API request')
    .addOption(clusterOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const ports = await openCluster(context, options.cluster);
      const good = usableSources((await look(ports)).state, policyOf(ports));
      const { terminal } = context;
      const outcome = await takeSnapshot(ports, good, {
        urgent: true,
        onProgress: ({ place, records }) => {
          if (terminal.interactive) terminal.err(`${place}: ${records} records`);
        },
      });
      if ('reason' in outcome) {
        if (options.json) printJson(context, outcome);
        else terminal.err(`no snapshot was taken: ${outcome.reason}`);
        return context.exit(exitCodes.guarded);
      }
      if (options.json) return printJson(context, { status: outcome.status, ...headOf(outcome.snapshot) });
      const what = outcome.status === 'unchanged' ? 'nothing has changed since' : 'took';
      terminal.out(`${what} ${lineOf(outcome.snapshot, context.clock.now())}`);
      for (const line of leftOutWords(oddities(outcome.snapshot))) terminal.err(line);
    });
}

function showCommand(context: CliContext): Command {
  return new Command('show')
    .description('what a snapshot holds: counts, where it came from, what was left out and why')
    .addArgument(numberArgument())
    .addOption(clusterOption())
    .addOption(jsonOption())
    .action(async (number: number | undefined, options: Options) => {
      const snapshot = await pick(context, number, options);
      if (options.json) return printJson(context, headOf(snapshot));
      const { terminal } = context;
      terminal.out(lineOf(snapshot, context.clock.now()));
      terminal.out(`zone ${snapshot.zone}, ${freshnessWords(snapshot.freshness)}, ${snapshot.digest}`);
      terminal.out(`from ${originWords(snapshot.origin)}`);
      terminal.out(`by type: ${countsText(snapshot.counts.byType)}`);
      terminal.out(`by namespace: ${countsText(snapshot.counts.byNamespace)}`);
      for (const line of leftOutWords(snapshot.dropped, Number.POSITIVE_INFINITY)) terminal.out(line);
    });
}

function listCommand(context: CliContext): Command {
  return new Command('list')
    .description('the kept snapshots, newest first')
    .addOption(clusterOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const remote = await openRemote(context, options.cluster);
      if (remote !== undefined) return listRemote(context, remote, options.json === true);
      const ports = await openCluster(context, options.cluster);
      const numbers = [...(await listSnapshots(ports.store, ports.cluster.id))].reverse();
      const rows: object[] = [];
      for (const number of numbers) {
        const snapshot = await readSnapshot(ports.store, ports.cluster.id, number).catch((error) => {
          if (!(error instanceof LifeboatError)) throw error;
          return error;
        });
        if (snapshot === undefined) continue;
        if (options.json)
          rows.push(snapshot instanceof LifeboatError ? { number, damaged: snapshot.message } : headOf(snapshot));
        else if (snapshot instanceof LifeboatError)
          context.terminal.out(`snapshot ${number}: damaged: ${snapshot.message}`);
        else context.terminal.out(lineOf(snapshot, context.clock.now()));
      }
      if (options.json) return printJson(context, rows);
      if (numbers.length === 0) context.terminal.out('no snapshot is kept yet: lifeboat snapshot take');
    });
}

function exportCommand(context: CliContext): Command {
  return new Command('export')
    .description('write a snapshot as a zone file (RFC 1035) or as a document that publish --file reads back')
    .addArgument(numberArgument())
    .option('-o, --output <file>', 'where to; default: standard output')
    .addOption(new Option('--format <format>', 'how').choices(['zone', 'json']).default('zone'))
    .option('--force', 'replace the file when it is there')
    .addOption(clusterOption())
    .addOption(jsonOption())
    .action(
      async (
        number: number | undefined,
        options: Options & { readonly output?: string; readonly format: 'zone' | 'json'; readonly force?: boolean },
      ) => {
        const snapshot = await pick(context, number, options);
        const asDocument = options.format === 'json' || (options.json === true && options.output === undefined);
        const text = asDocument ? await encodeSnapshot(snapshot) : zoneText(snapshot);
        if (options.output === undefined) {
          const shown = asDocument ? visibleJson(text.trimEnd()) : text;
          return eachLine(shown, context.terminal.out);
        }
        await context.files.write(options.output, text, { overwrite: options.force === true });
        if (options.json) return printJson(context, { written: options.output, ...headOf(snapshot) });
        context.terminal.out(`wrote ${lineOf(snapshot, context.clock.now())} to ${options.output}`);
      },
    );
}

function numberArgument(): Argument {
  return new Argument('[number]', 'which one; default: the newest').argParser((text) => {
    const number = Number(text);
    if (Number.isSafeInteger(number) && number > 0) return number;
    throw new LifeboatError(
      'usage',
      `snapshot number: got ${text}, want a whole number from 1 up: see lifeboat snapshot list`,
    );
  });
}

async function pick(context: CliContext, number: number | undefined, options: Options): Promise<Snapshot> {
  const remote = await openRemote(context, options.cluster);
  if (remote !== undefined) return remote.snapshot(number);
  const ports = await openCluster(context, options.cluster);
  return chooseSnapshot(context, ports, number === undefined ? {} : { snapshot: number });
}

/** Numbers only, but for the newest: each document may be large. */
async function listRemote(context: CliContext, remote: Remote, json: boolean): Promise<void> {
  const { numbers, latest } = await remote.snapshots();
  const rows = numbers.toReversed().map((number) => (number === latest?.number ? latest : { number }));
  if (json) return printJson(context, rows);
  for (const { number } of rows) {
    const words =
      number === latest?.number
        ? ` of ${whenText(latest.takenAt, context.clock.now())}: ${latest.counts.records} records in ${latest.counts.rrsets} sets`
        : '';
    context.terminal.out(`snapshot ${number}${words}`);
  }
  if (rows.length === 0) context.terminal.out('the Worker keeps no snapshot yet');
}

/** Everything but the records. */
function headOf({ rrsets: _records, ...head }: Snapshot) {
  return storedForm(head);
}

function lineOf(snapshot: Snapshot, now: number): string {
  const { number, takenAt, counts } = snapshot;
  return `snapshot ${number} of ${whenText(takenAt, now)}: ${counts.records} records in ${counts.rrsets} sets, ${originWords(snapshot.origin)}`;
}

function whenText(takenAt: number, now: number): string {
  return `${new Date(takenAt).toISOString()} (${duration(now - takenAt)} ago)`;
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 20)
    .map(([key, count]) => `${key} ${count}`)
    .join(', ');
}

function zoneText(snapshot: Snapshot): string {
  const { number, cluster, takenAt, digest, zone, rrsets } = snapshot;
  const comments = [`snapshot ${number} of cluster ${cluster}, taken ${new Date(takenAt).toISOString()}`, digest];
  return formatZoneFile({ origin: zone, rrsets, comments });
}
