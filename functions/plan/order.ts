// The order in which changes go out, so that a name which is in both the old and the new set can be resolved at every step:
// creates and replaces first, deletes last. It knows nothing of batches and their limits.
import { type Change, changeTarget } from './plan.ts';

/**
 * Changes that must be applied together, in this order. A `switch` is a name that goes from CNAME to other types or back: nothing may
 * stand beside a CNAME (RFC 1034 section 3.6.2), and a server drops an add that would (RFC 2136 section 3.4.2.2), so its deletes come
 * first and its creates in the same batch. A switch is a change of the name, not its loss.
 */
export interface Unit {
  readonly kind: 'put' | 'switch' | 'delete';
  readonly changes: readonly Change[];
}

/** Cuts changes into units: puts and switches first, then deletes, each in the order given. Taken again from its result it is the same. */
export function unitsOf(changes: readonly Change[]): readonly Unit[] {
  const byName = Map.groupBy(changes, (change) => changeTarget(change).name);
  const switches = new Map([...byName].filter(([, same]) => isSwitch(same)));
  const first: Unit[] = [];
  const last: Unit[] = [];
  for (const change of changes) {
    const { name } = changeTarget(change);
    const together = switches.get(name);
    if (together === undefined) {
      if (isDelete(change)) last.push({ kind: 'delete', changes: [change] });
      else first.push({ kind: 'put', changes: [change] });
    } else if (together[0] === change) {
      const puts = together.filter((one) => !isDelete(one));
      first.push({ kind: 'switch', changes: [...together.filter(isDelete), ...puts] });
    }
  }
  return [...first, ...last];
}

/** The changes of a plan in the order they go out. */
export function inOrder(changes: readonly Change[]): readonly Change[] {
  return unitsOf(changes).flatMap((unit) => unit.changes);
}

/** The deletes after which a name or a type of it is gone: all but those within a switch. */
export function lossesAmong(changes: readonly Change[]): readonly (Change & { readonly action: 'delete' })[] {
  return unitsOf(changes)
    .filter((unit) => unit.kind === 'delete')
    .flatMap((unit) => unit.changes)
    .filter(isDelete);
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
