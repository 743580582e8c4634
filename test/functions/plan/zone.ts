// Small zones for the tests of plans: sets and names in one short line each.

import { buildPlan, type Planned, type PlanRequest } from '../../../functions/plan/build.ts';
import { unlimited } from '../../../functions/plan/capabilities.ts';
import type { PlanPolicy } from '../../../functions/plan/guard-input.ts';
import { noMemory } from '../../../functions/plan/memory.ts';
import type { Plan } from '../../../functions/plan/plan.ts';
import { release } from '../../../functions/plan/release.ts';
import { child, type Name, parseName } from '../../../functions/records/name.ts';
import { compareRrsets, type RecordType, type Rrset } from '../../../functions/records/rrset.ts';

export const zone: Name = parseName('cluster.local');

/** `name` is relative to the zone, without `svc`: `api.default`. */
export function service(name: string, ...values: readonly string[]): Rrset {
  return set(`${name}.svc`, 'A', ...(values.length > 0 ? values : ['10.0.0.1']));
}

/** `name` is relative to the zone. */
export function set(name: string, type: RecordType, ...values: readonly string[]): Rrset {
  return { name: child(name, zone), type, ttlSeconds: 30, values: [...values].sort() };
}

/** `count` services of one namespace: `s0.<namespace>`, `s1.<namespace>`, … */
export function namespaceOf(namespace: string, count: number): readonly Rrset[] {
  return Array.from({ length: count }, (_, i) => service(`s${i}.${namespace}`, `10.1.${i >> 8}.${i & 255}`));
}

export const kubernetes: Rrset = service('kubernetes.default', '10.96.0.1');

export const policy: PlanPolicy = {
  mustHave: [kubernetes.name],
  maxDeleteShare: 0.3,
  minDeletesToHold: 4,
  holdExpiresAfterMs: 0,
};

/** A plan with the policy above; what is not given is harmless. */
export async function planFor(request: TestRequest): Promise<Plan> {
  return (await plannedFor(request)).plan;
}

type TestRequest = Partial<PlanRequest> & Pick<PlanRequest, 'desired' | 'current'>;

/** The same with what is to be remembered. */
export function plannedFor(request: TestRequest): Promise<Planned> {
  return buildPlan({
    zone,
    policy,
    clusterHealthy: true,
    capabilities: unlimited,
    memory: noMemory,
    now: 1_000_000,
    ...request,
  });
}

export function sorted(rrsets: Iterable<Rrset>): readonly Rrset[] {
  return [...rrsets].sort(compareRrsets);
}

/** The plan after an operator has let out all that it held. */
export async function releasedPlanFor(request: TestRequest): Promise<Plan> {
  const { memory } = await plannedFor(request);
  return planFor({ ...request, memory: release(memory, { at: 1_000_000, who: 'ada', why: 'agreed' }) });
}
