// What an operator asks for by hand: failover, failback, hold, release. The machine says yes or no; then the work is done.

import type { Observation } from '../../decision/health/observation.ts';
import type { Effect } from '../../decision/machine/effect.ts';
import { hasToGiveBack } from '../../decision/machine/selectors.ts';
import type { ClusterState } from '../../decision/machine/state.ts';
import { recovery } from '../../decision/machine/suspicion.ts';
import type { OperatorCommand } from '../../model/outage.ts';
import { deliverDue, type Turn } from '../alert/deliver.ts';
import { type ClusterPorts, policyOf } from '../cluster/ports.ts';
import { readRecord } from '../cluster/record.ts';
import { type ActivityListener, dispatch, workToRest } from '../loop/dispatch.ts';
import { readMarkers } from '../loop/read-markers.ts';

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
  /** Of a failback: although it is not known that the outage is over. */
  readonly force?: boolean;
  /** Of a hold: it ends by itself after so many milliseconds. */
  readonly forMs?: number;
}

/** Of a failback that has to look for more than one round. */
export interface LookingOn {
  /** Cuts it short. */
  readonly signal?: AbortSignal;
  /** Told what is known after each round. */
  readonly onLooked?: (words: string) => void;
}

/**
 * Records the command, pages, and carries out what follows: a failover captures, publishes and freezes; a failback captures, publishes
 * and thaws. Where no watch has looked for long enough, a failback that is not forced looks itself before it is asked of the machine: round
 * after round at the pace of the watch, as long as each is healthy and more are needed.
 */
export async function operate(
  ports: ClusterPorts,
  { command, who, why, observations, snapshot, takeOver = false, force = false, forMs }: OperateRequest,
  onActivity: ActivityListener,
  looking: LookingOn = {},
): Promise<OperateOutcome> {
  const effects: Effect[] = [];
  if (snapshot !== undefined) {
    // Of what a person brings along nobody knows how the cluster was: it adds and changes.
    const askedAt = ports.clock.now();
    const effect = { kind: 'capture', final: false, activation: 0, from: [], askedAt, healthy: false } as const;
    effects.push(...(await dispatch(ports, { kind: 'captured', effect, snapshot }, onActivity)));
  }
  if (observations !== undefined) {
    effects.push(...(await readMarkers(ports, onActivity)));
    effects.push(...(await observed(ports, observations, onActivity)));
    if (command === 'failback' && !force) effects.push(...(await lookOn(ports, onActivity, looking)));
  }
  const order = { command, who, why, takeOver, force, ...(forMs === undefined ? {} : { forMs }) };
  effects.push(...(await dispatch(ports, { kind: 'operator', ...order }, onActivity)));
  const reply = effects.find((effect) => effect.kind === 'reply');
  await Promise.all([deliverDue(ports, turnOf(ports)), workToRest(ports, effects, onActivity)]);
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

function observed(ports: ClusterPorts, observations: readonly Observation[], onActivity: ActivityListener) {
  const { id: vantage, group } = ports.config.vantage;
  return dispatch(ports, { kind: 'observed', vantage, group, observations }, onActivity);
}

/** More rounds, until it is known that the outage is over, or one is not healthy. With a watch beside, its rounds count and are enough. */
async function lookOn(
  ports: ClusterPorts,
  onActivity: ActivityListener,
  { signal, onLooked }: LookingOn,
): Promise<readonly Effect[]> {
  const { clock, cluster } = ports;
  const policy = policyOf(ports);
  const effects: Effect[] = [];
  for (let rounds = 1; ; rounds++) {
    const { machine } = (await readRecord(ports)).record;
    const { isOver, isGrowing, words } = recovery(machine, policy, clock.now());
    if (isOver || !isGrowing || !hasToGiveBack(machine)) return effects;
    onLooked?.(words);
    if (rounds >= policy.healthyRounds) return effects;
    await clock.sleep(cluster.probe.intervalMs, signal);
    if (signal?.aborted) return effects;
    effects.push(...(await observed(ports, await ports.probe([]), onActivity)));
  }
}
