// What an operator wants published: the newest snapshot, one by its number, or a file brought along. Builds the request, no writes.
import { knownActivation, phaseAt } from '../../decision/machine/selectors.ts';
import type { ClusterState } from '../../decision/machine/state.ts';
import { LifeboatError } from '../../lib/errors.ts';
import { oddities } from '../../snapshot/build.ts';
import { decodeSnapshot } from '../../snapshot/codec.ts';
import { checkCompleteness } from '../../snapshot/completeness.ts';
import { leftOutWords, type Snapshot } from '../../snapshot/snapshot.ts';
import { latestSnapshot, readSnapshot } from '../../tasks/capture/snapshots.ts';
import type { ClusterPorts, Standby } from '../../tasks/cluster/ports.ts';
import { readRecord } from '../../tasks/cluster/record.ts';
import { look } from '../../tasks/control/observe.ts';
import { readMemory } from '../../tasks/publish/holds.ts';
import { requestFor, standingAt } from '../../tasks/publish/publication.ts';
import type { PublishRequest } from '../../tasks/publish/request.ts';
import type { CliContext } from '../context.ts';
import { readZone, snapshotOf, tellLeftOut } from './plan-files.ts';

export interface SnapshotChoice {
  /** A zone file, or a snapshot document as `snapshot export --format json` writes it. */
  readonly file?: string;
  readonly snapshot?: number;
}

export interface PublicationOptions extends SnapshotChoice {
  readonly approve?: string;
  readonly clusterUnhealthy?: boolean;
}

/** The snapshot that the options name; `input` says what is missing and how to get one. */
export async function chooseSnapshot(
  context: CliContext,
  ports: ClusterPorts,
  choice: SnapshotChoice,
): Promise<Snapshot> {
  const { store, cluster } = ports;
  if (choice.file !== undefined) return snapshotFromFile(context, ports, choice.file);
  if (choice.snapshot !== undefined) {
    const snapshot = await readSnapshot(store, cluster.id, choice.snapshot);
    if (snapshot !== undefined) return snapshot;
    throw new LifeboatError(
      'input',
      `snapshot ${choice.snapshot} of ${cluster.id} is not kept: see lifeboat snapshot list`,
    );
  }
  const { snapshot, damaged } = await latestSnapshot(store, cluster.id);
  for (const line of damaged) context.terminal.err(`passed over: ${line}`);
  if (snapshot !== undefined) return snapshot;
  throw new LifeboatError(
    'input',
    `there is no snapshot of ${cluster.id} yet: run lifeboat snapshot take, or name a file with --file`,
  );
}

/** Reads a snapshot document or a zone file of this cluster's zone, and tells what it leaves out. Number 0: it is not kept yet. */
export async function snapshotFromFile(context: CliContext, ports: ClusterPorts, path: string): Promise<Snapshot> {
  const { cluster } = ports;
  const snapshot = path.endsWith('.json')
    ? { ...(await decodeSnapshot(await context.files.read(path))), number: 0 }
    : await fromZoneFile(context, ports, path);
  tellLeftOut(context, path, leftOutWords(oddities(snapshot)));
  if (snapshot.zone !== cluster.zone) {
    throw new LifeboatError(
      'input',
      `${path} holds ${snapshot.zone}, the zone of cluster ${cluster.id} is ${cluster.zone}`,
    );
  }
  // Most clusters have the same zone: only the name tells whose Services these are.
  if (snapshot.cluster !== cluster.id) {
    throw new LifeboatError(
      'input',
      `${path} is a snapshot of the cluster ${snapshot.cluster}, not of ${cluster.id}; when that is meant, export it as a zone file`,
    );
  }
  const completeness = checkCompleteness(snapshot, cluster.snapshot.mustHave);
  if (completeness.status === 'refused') throw new LifeboatError('refused', `${path}: ${completeness.evidence}`);
  return snapshot;
}

async function fromZoneFile(context: CliContext, ports: ClusterPorts, path: string): Promise<Snapshot> {
  const { cluster, clock } = ports;
  return snapshotOf(await readZone(context, path, cluster.zone), path, cluster.id, clock.now());
}

/** A person publishes whatever the phase is; what comes up meanwhile ends it. */
function whyStopByHand(now: ClusterState, before: ClusterState, takesAway: boolean): string | undefined {
  if (now.phase === 'held' && before.phase !== 'held') return `the cluster is held: ${now.reason}`;
  if (now.lastActivation > before.lastActivation) return `activation ${now.lastActivation} is open`;
  return takesAway && now.phase !== before.phase ? `the cluster is ${now.phase}: ${now.reason}` : undefined;
}

/** Was the cluster healthy when it was captured? Of what the watch did not capture itself its phase then says so. */
function capturedInHealth(machine: ClusterState, { number, takenAt }: Snapshot): boolean {
  if (number === machine.capture.snapshot) return machine.capture.healthy;
  return phaseAt(machine, takenAt) === 'watching';
}

/** The request of an ordinary publication by hand. What would be lost is let go only when a look at the cluster, now, says healthy. */
export async function publicationRequest(
  ports: ClusterPorts,
  standby: Standby,
  options: PublicationOptions,
  snapshot: Snapshot,
): Promise<PublishRequest> {
  const { machine } = (await readRecord(ports)).record;
  const mayBeHealthy =
    options.clusterUnhealthy !== true && machine.activation === null && capturedInHealth(machine, snapshot);
  const intent = { kind: 'publish', knownActivation: knownActivation(machine, standby.id) } as const;
  return requestFor(ports, standby, {
    snapshot,
    intent,
    standing: standingAt(ports, machine, standby.id, intent),
    clusterHealthy: mayBeHealthy && (await look(ports)).healthy,
    memory: await readMemory(ports, standby.id),
    whyStop: async (takesAway) => whyStopByHand((await readRecord(ports)).record.machine, machine, takesAway),
    ...(options.approve === undefined ? {} : { approvedChecksum: options.approve }),
  });
}
