// All CoreDNS addresses of a cluster in one round, and the one among them that the others have left behind.
// The comparison is pure: what it must remember from round to round is plain data that the caller holds.

import type { Observation } from '../functions/decision/health/observation.ts';
import type { DnsDeps } from '../functions/dnswire/transport.ts';
import { formatEndpoint } from '../functions/lib/endpoint.ts';
import type { Endpoint } from '../functions/lib/network.ts';
import { type DnsTarget, probeDns } from './dns.ts';
import { type SerialHint, type SerialMethod, serialMethods } from './dns-serial.ts';
import type { ProbeContext } from './observe.ts';

/** What another replica's serial did while this one's stood still. */
interface Missed {
  readonly server: string;
  readonly firstSerial: number;
  /** Milliseconds since the epoch. */
  readonly firstSeenAt: number;
  readonly lastSerial: number;
  readonly lastSeenAt: number;
}

/** What is remembered of one replica. JSON. */
export interface ReplicaMemory extends SerialHint {
  /** Whether the last round got a serial. */
  readonly isUp: boolean;
  /** Milliseconds since the epoch: since when the serial stands. */
  readonly standsSince: number;
  /** At most one per other replica. */
  readonly missed: readonly Missed[];
}

/** By target id (`10.0.0.10:53`). Empty at the start. */
export type ReplicasMemory = Readonly<Record<string, ReplicaMemory>>;

/** Asks every server at the same time: what each says of itself. What they say of each other: compareReplicas. */
export async function probeServers(
  deps: DnsDeps,
  servers: readonly Endpoint[],
  target: DnsTarget,
  context: ProbeContext,
  hints: Readonly<Record<string, SerialHint>> = {},
): Promise<readonly Observation[]> {
  const rounds = await Promise.all(
    servers.map((server) => probeDns(deps, server, target, context, hints[formatEndpoint(server)] ?? {})),
  );
  return rounds.flat();
}

/** Two replicas that report one and the same change do so within this many seconds of each other (their clocks differ a little). */
const agreementSeconds = 5;

/**
 * Marks as `stale`, reason `behind`, the serial of each replica that others have left behind; everything else comes out as it went in. Give
 * the memory back in the next round.
 *
 * A serial is the second of the last change that this replica saw, by its own clock, and a restart counts as a change. So an older serial
 * alone proves nothing: the newer one may just have been restarted. A replica is behind when all of this holds:
 *
 * 1. its serial is more than `behindSeconds` older than the newest;
 * 2. it has stood still since another's serial moved, and had `behindSeconds` to follow;
 * 3. that move was a change and no restart: either the same other replica moved again more than `behindSeconds` after it (a restart moves
 *    the serial once), or two others moved to the same second, give or take five.
 *
 * Moves of a replica that was not up in the round before do not count. A quiet cluster with two replicas gives no such proof until
 * its second change; a canary gives it within about a minute. Any move of the replica itself clears it.
 */
export function compareReplicas(
  memory: ReplicasMemory,
  observations: readonly Observation[],
  behindSeconds: number,
): { readonly observations: readonly Observation[]; readonly memory: ReplicasMemory } {
  const serials = observations.filter(({ signal }) => signal === 'dns.serial');
  const moves = serials.flatMap((observation) => moveOf(observation, memory[observation.target.id]));
  const next: Record<string, ReplicaMemory> = {};
  for (const observation of serials) {
    const { id } = observation.target;
    next[id] = remember(observation, memory[id], moves);
  }
  const newest = Math.max(0, ...serials.map((observation) => serialOf(observation) ?? 0));
  const marked = observations.map((observation) => {
    const own = observation.signal === 'dns.serial' ? next[observation.target.id] : undefined;
    const proof = own === undefined ? undefined : proofOf(observation, own, newest, behindSeconds);
    if (own === undefined || proof === undefined) return observation;
    return markBehind(observation, own, proof, newest, behindSeconds);
  });
  return { observations: marked, memory: next };
}

interface Move {
  readonly server: string;
  readonly serial: number;
  readonly seenAt: number;
}

function moveOf(observation: Observation, before: ReplicaMemory | undefined): readonly Move[] {
  const serial = serialOf(observation);
  if (serial === undefined || before?.isUp !== true || before.serial === undefined || serial <= before.serial)
    return [];
  return [{ server: observation.target.id, serial, seenAt: observation.observedAt }];
}

function remember(observation: Observation, before: ReplicaMemory | undefined, moves: readonly Move[]): ReplicaMemory {
  const { target, observedAt } = observation;
  const serial = serialOf(observation);
  const method = methodOf(observation) ?? before?.method;
  const known = method === undefined ? {} : { method };
  if (serial === undefined) {
    const last = before?.serial === undefined ? {} : { serial: before.serial };
    return { ...known, ...last, isUp: false, standsSince: observedAt, missed: [] };
  }
  if (before?.isUp !== true || before.serial !== serial) {
    return { ...known, serial, isUp: true, standsSince: observedAt, missed: [] };
  }
  const others = moves.filter((move) => move.server !== target.id && move.serial > serial);
  return {
    ...known,
    serial,
    isUp: true,
    standsSince: before.standsSince,
    missed: others.reduce(addMove, before.missed),
  };
}

function addMove(missed: readonly Missed[], { server, serial, seenAt }: Move): readonly Missed[] {
  const known = missed.find((entry) => entry.server === server);
  const first = known ?? { server, firstSerial: serial, firstSeenAt: seenAt };
  return [...missed.filter((entry) => entry !== known), { ...first, lastSerial: serial, lastSeenAt: seenAt }];
}

/** The missed move that proves it, or undefined. */
function proofOf(
  observation: Observation,
  { serial, missed }: ReplicaMemory,
  newest: number,
  behindSeconds: number,
): Missed | undefined {
  if (serialOf(observation) === undefined || serial === undefined || newest - serial <= behindSeconds) return undefined;
  const limitMs = behindSeconds * 1000;
  return missed
    .filter(({ firstSeenAt }) => observation.observedAt - firstSeenAt > limitMs)
    .find((entry) => entry.lastSeenAt - entry.firstSeenAt > limitMs || missed.some((other) => agree(entry, other)));
}

function agree(one: Missed, other: Missed): boolean {
  if (one.server === other.server) return false;
  return [one.firstSerial, one.lastSerial].some((a) =>
    [other.firstSerial, other.lastSerial].some((b) => Math.abs(a - b) <= agreementSeconds),
  );
}

function markBehind(
  observation: Observation,
  { serial = 0, standsSince }: ReplicaMemory,
  { server, lastSerial }: Missed,
  newest: number,
  behindSeconds: number,
): Observation {
  const { target, observedAt, details } = observation;
  const stood = Math.round((observedAt - standsSince) / 1000);
  const evidence = `serial ${serial} of ${target.id} has stood for ${stood} s while ${server} went on to ${lastSerial}: ${newest - serial} s behind the newest, limit ${behindSeconds} s`;
  return {
    ...observation,
    condition: 'stale',
    reason: 'behind',
    evidence,
    details: { ...details, behindBySeconds: newest - serial },
  };
}

function serialOf({ condition, details }: Observation): number | undefined {
  const serial = details?.serial;
  return condition === 'up' && typeof serial === 'number' ? serial : undefined;
}

function methodOf({ details }: Observation): SerialMethod | undefined {
  const method = details?.serialMethod;
  return serialMethods.find((one) => one === method);
}
