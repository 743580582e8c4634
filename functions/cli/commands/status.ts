// `lifeboat status`: what the watch last knew, and what the standby zones really hold now. It changes nothing.
import { Command } from 'commander';
import { assess } from '../../decision/health/assess.ts';
import { worstCondition } from '../../decision/machine/summary.ts';
import { duration } from '../../lib/duration.ts';
import { messageOf } from '../../lib/errors.ts';
import { markerName } from '../../plan/marker.ts';
import { type ClusterPorts, policyOf } from '../../tasks/cluster/ports.ts';
import { readRecord } from '../../tasks/cluster/record.ts';
import { recordSummary } from '../../tasks/cluster/summary.ts';
import { viewHolds } from '../../tasks/publish/holds.ts';
import { type CliContext, openCluster, printJson } from '../context.ts';
import { exitCodeOfVerdict } from '../exit-codes.ts';
import { clusterOption, jsonOption } from '../options.ts';
import { openRemote } from '../remote/client.ts';
import { alertLines, heldLines } from '../render/record-view.ts';
import { showRemoteStatus } from '../render/remote-view.ts';
import { standbyLines, verdictLines } from '../render/state-view.ts';
import { paint } from '../terminal.ts';

export function statusCommand(context: CliContext): Command {
  return new Command('status')
    .description(
      'what is known: phase, verdicts with evidence, snapshot, standby zones; the exit code is the worst verdict',
    )
    .addOption(clusterOption())
    .option('--offline', 'do not ask the standby servers for their markers')
    .addOption(jsonOption())
    .action(async (options: { readonly cluster?: string; readonly offline?: boolean; readonly json?: boolean }) => {
      const remote = await openRemote(context, options.cluster);
      if (remote !== undefined) return showRemoteStatus(context, remote, options.json === true);
      const ports = await openCluster(context, options.cluster);
      const now = ports.clock.now();
      const [{ record }, held] = await Promise.all([readRecord(ports), viewHolds(ports)]);
      // Verdicts of a watch that has stopped are too old to count: judge again with the age of what was seen.
      const state = assess(record.machine, { kind: 'tick' }, policyOf(ports), now);
      const markers = options.offline === true ? [] : await readMarkers(ports);
      context.exit(exitCodeOfVerdict(worstCondition(state)));
      if (options.json)
        return printJson(context, { ...recordSummary({ ...record, machine: state }, held, now), markers });
      const { terminal } = context;
      const tone = state.phase === 'watching' ? 'good' : 'warn';
      terminal.out(
        `${paint(terminal, 'bold', state.cluster)}: ${paint(terminal, tone, state.phase)} for ${duration(now - state.since)}: ${state.reason}`,
      );
      for (const line of verdictLines(state, now)) terminal.out(line);
      for (const line of standbyLines(state, now)) terminal.out(line);
      for (const line of heldLines(held, now)) terminal.out(line);
      for (const line of alertLines(record.outbox)) terminal.out(line);
      for (const { standby, words } of markers) terminal.out(`${standby}: ${words}`);
    });
}

interface MarkerLine {
  readonly standby: string;
  readonly words: string;
}

function readMarkers(ports: ClusterPorts): Promise<readonly MarkerLine[]> {
  return Promise.all(
    ports.standbys.map(async ({ id: standby, provider, timeoutMs, zone }): Promise<MarkerLine> => {
      try {
        const { marker, rrsets } = await provider.readZone(AbortSignal.timeout(timeoutMs));
        if (marker === undefined) return { standby, words: `no marker at ${markerName(zone)}: never published to` };
        const { generation, snapshot, writer, phase, activation } = marker;
        const words = `holds ${rrsets.length} record sets now, marker ${phase}, generation ${generation}, snapshot ${snapshot} by ${writer}, activation ${activation}`;
        return { standby, words };
      } catch (error) {
        return { standby, words: `cannot be read now: ${messageOf(error)}` };
      }
    }),
  );
}
