// The guards that refuse a whole plan; the table is in guards.ts. Each returns its findings, none when it is content.
import type { Name } from '../records/name.ts';
import type { RecordType } from '../records/rrset.ts';
import { oversizeReason, oversizeUnits } from './batches.ts';
import { capped, count, listed, maxNamesListed, namesOf } from './findings.ts';
import type { GuardInput } from './guard-input.ts';
import { belongingIn, ownedLabel, ownedTypes } from './ownership.ts';
import { changeTarget, type Finding } from './plan.ts';

/** What a workload looks a Service up by: a must-have name has one of these. */
const lookupTypes: ReadonlySet<RecordType> = new Set(['A', 'AAAA', 'CNAME']);

/** What refuses this plan; empty when nothing does. */
export function refusals(input: GuardInput): readonly Finding[] {
  return [emptyDesired, missingNames, outsideOwnership, aliasNotAlone, tooManyValues, tooLargeForABatch].flatMap(
    (guard) => guard(input),
  );
}

function emptyDesired({ zone, desired, current }: GuardInput): readonly Finding[] {
  const belonging = belongingIn(zone);
  if (desired.some((set) => belonging(set) === 'owned')) return [];
  const reason = `the desired set is empty, the zone holds ${count(current.length, 'record set')}: an empty source is a broken source`;
  return [refusal('empty-desired', reason, { desired: 0, current: current.length }, [])];
}

function missingNames({ desired, policy }: GuardInput): readonly Finding[] {
  const present = new Set(desired.filter((set) => lookupTypes.has(set.type)).map((set) => set.name));
  const missing = policy.mustHave.filter((name) => !present.has(name));
  if (missing.length === 0) return [];
  const reason = `${missing.length} of ${count(policy.mustHave.length, 'must-have name')} missing in the desired set: ${listed(missing)}`;
  return [refusal('must-have', reason, { missing: missing.length, mustHave: policy.mustHave.length }, missing)];
}

function outsideOwnership({ zone, desired }: GuardInput): readonly Finding[] {
  const belonging = belongingIn(zone);
  const outside = desired.filter((set) => belonging(set) === 'foreign');
  if (outside.length === 0) return [];
  const what = listed(outside.map((set) => `${set.name} ${set.type}`));
  const reason = `${count(outside.length, 'desired record set')} outside what Lifeboat owns (${ownedTypes.join(', ')} below ${ownedLabel}.${zone}): ${what}`;
  return [refusal('ownership', reason, { outside: outside.length }, namesOf(outside))];
}

/** RFC 1034 section 3.6.2. */
function aliasNotAlone({ desired }: GuardInput): readonly Finding[] {
  const aliases = new Map(desired.filter((set) => set.type === 'CNAME').map((set) => [set.name, set]));
  const wrong = desired.filter((set) => aliases.has(set.name) && (set.type !== 'CNAME' || set.values.length > 1));
  if (wrong.length === 0) return [];
  const names = namesOf(wrong);
  const reason = `${count(names.length, 'name')} with a CNAME beside other records, which no server takes: ${listed(names)}`;
  return [refusal('alias-alone', reason, { names: names.length }, names)];
}

function tooManyValues({ desired, capabilities }: GuardInput): readonly Finding[] {
  const limit = capabilities.maxValuesPerRrset;
  const over = desired.filter((set) => set.values.length > limit);
  return capped(over, (set) => {
    const reason = `${set.name} ${set.type} has ${set.values.length} values, the DNS host takes ${limit}`;
    return refusal('rrset-size', reason, { values: set.values.length, limit }, [set.name]);
  });
}

function tooLargeForABatch({ changes, capabilities }: GuardInput): readonly Finding[] {
  return capped(oversizeUnits(changes, capabilities), (unit) => {
    const names = [...new Set(unit.changes.map((change) => changeTarget(change).name))];
    return refusal('batch-size', oversizeReason(unit, capabilities), capabilities.batch, names);
  });
}

function refusal(guard: string, reason: string, numbers: Finding['numbers'], names: readonly Name[]): Finding {
  return { guard, effect: 'refuse', reason, numbers, names: names.slice(0, maxNamesListed) };
}
