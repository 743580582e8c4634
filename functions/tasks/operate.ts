// What an operator asks for by hand: failover, failback, hold, release. The machine says yes or no; then the work is done.

import type { Effect } from '../decision/effect.ts';
import type { OperatorCommand } from '../decision/event.ts';
import type { Observation } from '../decision/observation.ts';
import type { ClusterState } from '../decision/state.ts';
import { readRecord } from './cluster-record.ts';
import { deliverDue, type Turn } from './deliver.ts';
import { dispatch, type Onlooker, workToRest } from './drive.ts';
import { readMarkers } from './markers.ts';
import type { ClusterPorts } from './ports.ts';

export interface OperateOutcome {
  readonly status: 'accepted' | 'refused';
  /** The machine's answer in words. */
  readonly reason: string;
  /** The state when the work was done. */
  readonly state: ClusterState;
}

export interface OperateRequest {
  readonly command: OperatorCommand;
  /** Go into the history and the page. */
  readonly who: string;
  readonly why: string;
  /** What was seen just now, so that the machine knows where to capture from even when no watch is running; not needed to hold and release. */
  readonly observations?: readonly Observation[];
  /** A kept snapshot that a person brought along: it stands in for a capture. */
  readonly snapshot?: number;
  /** Of a failback: also what another deployment of this cluster keeps. */
  readonly takeOver?: boolean;
}

/**
 * Records the command, pages, and carries out what follows: a failover captures, publishes and freezes; a failback captures, publishes
 * and thaws.
 */
export async function operate(
  ports: ClusterPorts,
  { command, who, why, observations, snapshot, takeOver = false }: OperateRequest,
  onlooker: Onlooker,
): Promise<OperateOutcome> {
  const { id: vantage, group } = ports.config.vantage;
  const effects: Effect[] = [];
  if (snapshot !== undefined) {
    // Of what a person brings along nobody knows how the cluster was: it adds and changes.
    const askedAt = ports.clock.now();
    const effect = { kind: 'capture', final: false, activation: 0, from: [], askedAt, healthy: false } as const;
    effects.push(...(await dispatch(ports, { kind: 'captured', effect, snapshot }, onlooker)));
  }
  if (observations !== undefined) {
    effects.push(...(await readMarkers(ports, onlooker)));
    effects.push(...(await dispatch(ports, { kind: 'observed', vantage, group, observations }, onlooker)));
  }
  effects.push(...(await dispatch(ports, { kind: 'operator', command, who, why, takeOver }, onlooker)));
  const reply = effects.find((effect) => effect.kind === 'reply');
  await Promise.all([deliverDue(ports, turnOf(ports)), workToRest(ports, effects, onlooker)]);
  await deliverDue(ports, turnOf(ports));
  const { record } = await readRecord(ports);
  return {
    status: reply?.status ?? 'refused',
    reason: reply?.reason ?? 'the machine gave no answer',
    state: record.machine,
  };
}

/** A command ends: what a watch has not been able to send for hours it does not wait for. The most urgent goes first. */
const deliverForMs = 10_000;

function turnOf({ clock }: ClusterPorts): Turn {
  const until = clock.now() + deliverForMs;
  return { seat: 'command', goesOn: () => clock.now() < until };
}
