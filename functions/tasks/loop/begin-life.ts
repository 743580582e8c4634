// What a life of the watch does to the record when it begins and when it ends: it takes over from the dead, and lets the living go on.
import { withClaimsTakenOver } from '../alert/deliver.ts';
import { type Lives, livingBeside, withLife, withoutLife } from '../cluster/lives.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import { type ClusterRecord, updateRecord } from '../cluster/record.ts';

/** Nobody else can say any more how the work that is under way went. */
export function isAlone(ports: ClusterPorts, record: ClusterRecord): boolean {
  return othersIn(ports, record).length === 0;
}

/** In one write with whatever this life does first. */
export function beginLife(ports: ClusterPorts, record: ClusterRecord): ClusterRecord {
  const { life, lifeMs, clock } = ports;
  const living = new Set(othersIn(ports, record).map((one) => one.life));
  const taken = withClaimsTakenOver(ports, record, living);
  return lifeMs === undefined ? taken : { ...taken, lives: withLife(taken.lives, life, lifeMs, clock.now()) };
}

export async function endLife(ports: ClusterPorts): Promise<void> {
  if (ports.lifeMs === undefined) return;
  await updateRecord(ports, (record) => ({ ...record, lives: withoutLife(record.lives, ports.life) }));
}

function othersIn({ life, lifeMs, clock }: ClusterPorts, { lives }: ClusterRecord): Lives {
  return lifeMs === undefined ? [] : livingBeside(lives, life, lifeMs, clock.now());
}
