// What an operator's command would do, in words, before it is given: the machine's answer and the plan of each standby. It changes nothing.
import { assess } from '../../decision/health/assess.ts';
import type { ClusterEvent } from '../../decision/machine/event.ts';
import { standbyAgeMs } from '../../decision/machine/selectors.ts';
import type { ClusterState } from '../../decision/machine/state.ts';
import { step } from '../../decision/machine/step.ts';
import { recovery } from '../../decision/machine/suspicion.ts';
import { duration } from '../../lib/duration.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Intent } from '../../model/intent.ts';
import type { OperatorCommand } from '../../model/outage.ts';
import type { Standing } from '../../model/standing.ts';
import { renderPlan } from '../../plan/render.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { latestSnapshot } from '../capture/snapshots.ts';
import { type ClusterPorts, policyOf, type Standby } from '../cluster/ports.ts';
import { readRecord } from '../cluster/record.ts';
import { readMemory } from '../publish/holds.ts';
import { planPublication } from '../publish/plan-zone.ts';
import { type PublicationWanted, requestFor, standingAt } from '../publish/publication.ts';

/** Lines of one plan at most. */
const maxPlanLines = 10;

/** Does the command capture and publish? Then a look and a plan come before it. */
export function movesRecords(command: OperatorCommand): boolean {
  return command === 'failover' || command === 'failback';
}

/** What each standby would be brought to. `brought`: a snapshot that a person has in hand; else the newest kept one. */
export async function previewPlans(
  ports: ClusterPorts,
  { command, takeOver = false }: { readonly command: OperatorCommand; readonly takeOver?: boolean },
  brought?: Snapshot,
): Promise<readonly string[]> {
  if (!movesRecords(command)) return [];
  const { machine } = (await readRecord(ports)).record;
  const snapshot = brought ?? (await latestSnapshot(ports.store, ports.cluster.id)).snapshot;
  if (snapshot === undefined) return ['no snapshot is kept: only a last capture can give one, or --file'];
  const source = brought === undefined ? `snapshot ${snapshot.number}` : 'the file';
  const intent: Intent =
    command === 'failover' ? { kind: 'activate', activation: machine.lastActivation + 1 } : { kind: 'failback' };
  const plans = await Promise.all(
    ports.standbys.map((standby) => {
      const known = standingAt(ports, machine, standby.id, intent);
      const standing: Standing = takeOver ? { ...known, takeOver: { by: 'order' } } : known;
      return planLines(ports, standby, { snapshot, intent, standing, source });
    }),
  );
  return plans.flat();
}

async function planLines(
  ports: ClusterPorts,
  standby: Standby,
  {
    source,
    ...wanted
  }: Pick<PublicationWanted, 'intent' | 'standing'> & { readonly snapshot: Snapshot; readonly source: string },
): Promise<readonly string[]> {
  const { clock } = ports;
  const { id, provider } = standby;
  try {
    const memory = await readMemory(ports, id);
    const clusterHealthy = wanted.intent.kind === 'failback';
    const request = requestFor(ports, standby, { ...wanted, clusterHealthy, memory, whyStop: goesOn });
    const { plan, fence } = await planPublication({ provider, clock }, request);
    if (fence.status !== 'ok' && fence.status !== 'adopt') return [`${id} would not be written: ${fence.reason}`];
    const lines = renderPlan(plan, { now: clock.now(), maxLines: maxPlanLines });
    return [`${id}, with ${source} (a fresh capture may add to it):`, ...lines.map((line) => `  ${line}`)];
  } catch (error) {
    return [`${id}: cannot be read now: ${messageOf(error)}`];
  }
}

/** Nothing is written: there is nothing to stop. */
const goesOn = async () => undefined;

/** What is known of the end of the outage, for whoever thinks of a failback. */
export async function knownBefore(ports: ClusterPorts, command: OperatorCommand): Promise<readonly string[]> {
  if (command !== 'failback') return [];
  const now = ports.clock.now();
  const policy = policyOf(ports);
  const { machine } = (await readRecord(ports)).record;
  // What has grown too old is not known any more.
  return [`known now: ${recovery(assess(machine, { kind: 'tick' }, policy, now), policy, now).words}`];
}

export type OperatorOrder = Omit<Extract<ClusterEvent, { kind: 'operator' }>, 'kind'>;

/** `canForce`: the command would be refused, but not with `force`. */
export interface PreviewedAnswer {
  readonly words: readonly string[];
  readonly canForce: boolean;
}

/** The answer that the machine would give to the command now, and what would follow. */
export async function previewAnswer(ports: ClusterPorts, order: OperatorOrder): Promise<PreviewedAnswer> {
  const now = ports.clock.now();
  const { machine } = (await readRecord(ports)).record;
  const { effects } = step(machine, { ...order, kind: 'operator' }, policyOf(ports), now);
  const reply = effects.find((effect) => effect.kind === 'reply');
  const words =
    reply === undefined
      ? 'no answer'
      : `${reply.status === 'accepted' ? 'would be accepted' : 'would be refused'}: ${reply.reason}`;
  return {
    words: [`${order.command} ${words}`, ...(await knownBefore(ports, order.command)), ...standbyAges(machine, now)],
    canForce: reply?.status === 'refused' && reply.canForce,
  };
}

function standbyAges(machine: ClusterState, now: number): readonly string[] {
  return Object.entries(machine.standbys).map(([id, standby]) => {
    const age = standbyAgeMs(standby, now);
    return age === null
      ? `${id}: nothing was ever published`
      : `${id}: holds snapshot ${standby.snapshot}, ${duration(age)} old`;
  });
}
