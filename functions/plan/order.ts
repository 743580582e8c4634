// The order in which changes go out, so that a name which is in both the old and the new set can be resolved at every step: what only adds
// first, deletes last. It knows nothing of batches and their limits.
import { type Change, changeTarget } from './plan.ts';

/**
 * Changes that must be applied together, in this order. A `shrink` takes a value from a set of several. A `switch` is a name that goes from
 * CNAME to other types or back: nothing may stand beside a CNAME (RFC 1034 section 3.6.2), and a server drops an add that would
 * (RFC 2136 section 3.4.2.2), so its deletes come first and its creates in the same batch.
 */
export interface Unit {
  readonly kind: 'put' | 'shrink' | 'switch' | 'delete';
  readonly changes: readonly Change[];
}

/** Cuts changes into units: puts, shrinks, switches, deletes, each in the order given. Taken again from its result it is the same. */
export function unitsOf(changes: readonly Change[]): readonly Unit[] {
  const byName = Map.groupBy(changes, (change) => changeTarget(change).name);
  const switches = new Map([...byName].filter(([, same]) => isSwitch(same)));
  const units: Readonly<Record<Unit['kind'], Unit[]>> = { put: [], shrink: [], switch: [], delete: [] };
  const add = (kind: Unit['kind'], together: readonly Change[]) => units[kind].push({ kind, changes: together });
  for (const change of changes) {
    const together = switches.get(changeTarget(change).name);
    if (together === undefined) add(kindOf(change), [change]);
    else if (together[0] === change) {
      const [gone, rest] = [together.filter(isDelete), together.filter((one) => !isDelete(one))];
      add('switch', [...gone, ...rest]);
    }
  }
  return [...units.put, ...units.shrink, ...units.switch, ...units.delete];
}

/** The changes of a plan in the order they go out. */
export function inOrder(changes: readonly Change[]): readonly Change[] {
  return unitsOf(changes).flatMap((unit) => unit.changes);
}

/** Does it take away what a client may be using: a set, or one of several values? */
export function takesAway(change: Change): boolean {
  return kindOf(change) !== 'put';
}

function kindOf(change: Change): 'put' | 'shrink' | 'delete' {
  if (change.action === 'delete') return 'delete';
  if (change.action === 'create' || change.before.values.length < 2) return 'put';
  const there = new Set(change.after.values);
  return change.before.values.every((value) => there.has(value)) ? 'put' : 'shrink';
}

function isDelete(change: Change): change is Change & { readonly action: 'delete' } {
  return change.action === 'delete';
}

/** All changes of one name: does one side of it have a CNAME where the other has something else? */
function isSwitch(changes: readonly Change[]): boolean {
  const gone = changes.filter(isDelete).map((change) => change.before.type === 'CNAME');
  const come = changes.filter((change) => change.action === 'create').map((change) => change.after.type === 'CNAME');
  return gone.some((wasAlias) => come.some((isAlias) => isAlias !== wasAlias));
}
