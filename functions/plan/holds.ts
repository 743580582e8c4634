// The guards that hold deletes back; the table is in guards.ts. They look at losses only: adds and changes go out whatever they say.
import type { Name } from '../records/name.ts';
import { capped, count, maxNamesListed, namesOf } from './findings.ts';
import type { GuardInput } from './guards.ts';
import { namespaceIn } from './ownership.ts';
import type { Change, Finding } from './plan.ts';

type Loss = Change & { readonly action: 'delete' };

/** A finding and the changes that it keeps back. */
export interface Hold {
  readonly finding: Finding;
  readonly changes: readonly Change[];
}

/** From this share on the number of deletes does not matter. */
const shareOfAnyZone = 0.5;

export function heldByHealth({ clusterHealthy }: GuardInput, losses: readonly Loss[]): readonly Hold[] {
  if (clusterHealthy || losses.length === 0) return [];
  const reason = `the cluster is not healthy: ${count(losses.length, 'delete')} held back, nothing is deleted in an outage`;
  return [hold('cluster-health', reason, { deletes: losses.length }, losses)];
}

export function heldByShare({ current, policy }: GuardInput, losses: readonly Loss[]): readonly Hold[] {
  const { maxDeleteShare, minDeletesToHold } = policy;
  const share = current.length === 0 ? 0 : losses.length / current.length;
  const most = losses.length >= minDeletesToHold ? maxDeleteShare : Math.max(maxDeleteShare, shareOfAnyZone);
  if (losses.length < 2 || share <= most) return [];
  const reason = `${losses.length.toLocaleString('en-US')} of ${count(current.length, 'record set')} would be deleted, ${percent(share)} %, more than ${percent(most)} %: these deletes are held back`;
  const numbers = {
    deletes: losses.length,
    current: current.length,
    percent: percent(share),
    maxPercent: percent(most),
  };
  return [hold('delete-share', reason, numbers, losses)];
}

/** One hold a namespace; beyond the limit of findings the last one tells of the rest, and all of them are held. */
export function heldByNamespace({ zone, desired, current }: GuardInput, losses: readonly Loss[]): readonly Hold[] {
  const namespaceOf = namespaceIn(zone);
  const living = new Set(desired.map((set) => namespaceOf(set.name)));
  const lost = Map.groupBy(losses, (loss) => namespaceOf(loss.before.name));
  const gone = [...lost].filter(([namespace]) => namespace !== undefined && !living.has(namespace));
  const findings = capped(gone, ([namespace, deletes]) => {
    const reason = `all ${count(deletes.length, 'record set')} of the namespace ${namespace} would be deleted: these deletes are held back`;
    const numbers = { deletes: deletes.length, current: current.length };
    return hold('namespace-lost', reason, numbers, deletes).finding;
  });
  const changes = gone.flatMap(([, deletes]) => deletes);
  return findings.map((finding, i) => ({ finding, changes: i === 0 ? changes : [] }));
}

function hold(guard: string, reason: string, numbers: Finding['numbers'], losses: readonly Loss[]): Hold {
  const names: readonly Name[] = namesOf(losses.map((loss) => loss.before)).slice(0, maxNamesListed);
  return { finding: { guard, effect: 'hold', reason, numbers, names }, changes: losses };
}

/** A share in percent, one digit after the point. */
function percent(share: number): number {
  return Math.round(share * 1000) / 10;
}
