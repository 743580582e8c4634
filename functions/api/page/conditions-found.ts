// What the machine finds wrong (findings of the view), in the words of the catalogue. What the page knows besides is in conditions-phase.ts,
// conditions-own.ts and conditions-rest.ts. Pure.
import { type Moment, run, type Step } from '../../alerts/catalogue/entry.ts';
import { said } from '../../alerts/catalogue/index.ts';
import { lookAtReplica, replicasHeadline } from '../../alerts/catalogue/targets.ts';
import { dnsKey } from '../../decision/health/verdict.ts';
import type { Finding } from '../../decision/incidents/findings.ts';
import type { Facts, IncidentKind } from '../../model/incident.ts';
import type { Severity as IncidentSeverity } from '../../model/severity.ts';
import type { ClusterView } from '../../tasks/control/control-port.ts';
import type { Condition, Severity } from './condition.ts';
import { toldDeeds } from './notified.ts';

/**
 * What is told with something else, and is no condition of its own:
 *
 * | what is told          | with it                                                       |
 * |-----------------------|---------------------------------------------------------------|
 * | activation            | that a failback is due; of the cause `dns` each replica       |
 * | held, hold, …         | the activation that is open meanwhile                         |
 * | outage-in-hold        | the hold, and the activation                                  |
 * | outage-in-maintenance | that the API server comes and goes                            |
 * | no-healthy-replica    | each replica                                                  |
 * | credential            | blindness: it is why                                          |
 */
const told: Readonly<Partial<Record<IncidentKind, readonly IncidentKind[]>>> = {
  activation: ['failback-due'],
  held: ['activation'],
  hold: ['activation'],
  'hold-forgotten': ['activation'],
  'outage-in-hold': ['held', 'hold', 'hold-forgotten', 'activation'],
  'outage-in-maintenance': ['unsteady'],
  'no-healthy-replica': ['dns'],
};

export function tellsOf(...kinds: readonly IncidentKind[]): (finding: Finding) => boolean {
  return ({ facts }) => kinds.includes(facts.kind);
}

function toldWith({ facts }: Finding): (finding: Finding) => boolean {
  if (facts.kind === 'activation' && facts.cause === 'dns') return tellsOf('failback-due', 'dns', 'no-healthy-replica');
  if (facts.kind === 'credential' && facts.target.kind === 'apiserver' && facts.isRefused) return tellsOf('blind');
  return tellsOf(...(told[facts.kind] ?? []));
}

const severities: Readonly<Record<IncidentSeverity, Severity>> = {
  critical: 'critical',
  warning: 'warning',
  info: 'progress',
};

/** How pressing it is on the page, where that is not what the pager says. */
function severityOf({ severity, facts }: Finding): Severity {
  switch (facts.kind) {
    case 'blind':
      return 'blind';
    case 'credential':
      return facts.target.kind === 'apiserver' && facts.isRefused ? 'blind' : severities[severity];
    case 'activation':
      return facts.isOver ? 'warning' : 'critical';
    case 'held':
    case 'hold':
    case 'hold-forgotten':
      return facts.isDown || facts.by === null ? 'critical' : 'warning';
    default:
      return severities[severity];
  }
}

/** Each finding that neither `known` nor another finding tells; replicas together. */
export function foundConditions(view: ClusterView, known: readonly Condition[]): readonly Condition[] {
  const { findings } = view;
  const byKnown = known.flatMap(({ tells }) => tells ?? []);
  const without = (tellers: readonly ((finding: Finding) => boolean)[]) =>
    findings.filter((finding) => !tellers.some((tells) => tells(finding)));
  // What is not shown itself tells nothing.
  const first = without([...byKnown, ...findings.map(toldWith)]);
  const rest = without([...byKnown, ...first.map(toldWith)]);
  const replicas = rest.filter(isReplica);
  const others = rest.filter((finding) => !isReplica(finding)).map((finding) => conditionOf(finding, view));
  return replicas.length === 0 ? others : [...others, conditionOfReplicas(replicas, view)];
}

function conditionOf(finding: Finding, { record, at }: ClusterView): Condition {
  const { facts, since, seenFrom, dedupKey, isOpen } = finding;
  const { headline, did, next } = said(facts, { cluster: record.machine.cluster, at });
  const paged = isOpen ? toldDeeds(record.outbox, dedupKey) : [];
  return {
    severity: severityOf(finding),
    headline,
    since,
    seenFrom,
    did: [...did.slice(0, 1), ...paged, ...did.slice(1)],
    next,
  };
}

type Replica = Finding & { readonly facts: Facts<'dns'> };

function isReplica(finding: Finding): finding is Replica {
  return finding.facts.kind === 'dns';
}

/** A whole node of them may be gone. */
function conditionOfReplicas(found: readonly Replica[], { record, at }: ClusterView): Condition {
  const { cluster, verdicts } = record.machine;
  const moment: Moment = { cluster, at };
  const all = Object.keys(verdicts).filter((key) => key.startsWith(dnsKey(''))).length;
  const facts = found.map((one) => one.facts);
  const next: readonly Step[] = [lookAtReplica, run(moment, 'status', 'See what is known of the others.')];
  return {
    severity: found.some(({ severity }) => severity === 'critical') ? 'critical' : 'warning',
    headline: replicasHeadline(facts, all, moment),
    since: Math.min(...found.map(({ since }) => since)),
    seenFrom: [...new Set(found.flatMap(({ seenFrom }) => seenFrom))],
    did: found.map(({ facts: { says }, since }) => ({ words: `Saw: ${says}`, at: since })),
    next,
  };
}
