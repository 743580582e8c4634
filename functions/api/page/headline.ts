// The headline of a cluster: of all that is to be known the most pressing thing, with the five answers of the first screen. Pure.
import type { Deed } from '../../alerts/catalogue/entry.ts';
import { standbyAgeMs } from '../../decision/machine/selectors.ts';
import type { ClusterView } from '../../tasks/control/control-port.ts';
import type { Condition, Severity } from './condition.ts';
import { foundConditions } from './conditions-found.ts';
import { ownConditions, stoppedConditions } from './conditions-own.ts';
import { phaseConditions } from './conditions-phase.ts';
import { alertConditions, standbyConditions } from './conditions-rest.ts';

export interface Headline extends Condition {
  /** What is to be known besides, the most pressing first. */
  readonly also: readonly Condition[];
}

/** From the most to the least pressing. */
const order: readonly Severity[] = ['critical', 'blind', 'warning', 'progress', 'calm'];

export function pressing(severity: Severity): number {
  return order.indexOf(severity);
}

/**
 * The first that applies is the headline, the others stand below it:
 *
 * | what                                                                 | severity          |
 * |----------------------------------------------------------------------|-------------------|
 * | an activation is open; an outage while held; held by the machine     | critical          |
 * | Lifeboat does not look (no round, or an old one), or sees nothing    | blind             |
 * | the credential is refused, Lifeboat has troubles of its own          | blind             |
 * | a critical incident: a standby is old, fenced, damaged               | critical          |
 * | suspected; active with the outage over; held by a person             | warning           |
 * | alerts that do not arrive, a vantage that is silent, a bad replica, a standby that is not seen to be right | warning |
 * | any other incident                                                   | its own           |
 * | recovering                                                           | progress          |
 * | none of these                                                        | calm              |
 *
 * Calm is what is left over: whatever is open is a finding, and a finding that nothing tells is a condition of its own.
 */
export function headlineOf(view: ClusterView): Headline {
  const first = [...phaseConditions(view), ...stoppedConditions(view)];
  const own = ownConditions(view);
  const found = foundConditions(view, [...first, ...own]);
  const [pressed, ...also] = [...first, ...found, ...own, ...standbyConditions(view), ...alertConditions(view)]
    // A clock that was set back leaves instants ahead of it.
    .map((condition) => ({ ...condition, since: Math.min(condition.since, view.at) }))
    .toSorted((a, b) => pressing(a.severity) - pressing(b.severity));
  return pressed === undefined ? { ...calm(view), also: [] } : { ...pressed, also };
}

function calm({ record, at }: ClusterView): Condition {
  const { machine } = record;
  const verdicts = Object.values(machine.verdicts);
  return {
    severity: 'calm',
    headline: `${machine.cluster} is healthy and the standby is ready`,
    since: Math.max(machine.since, ...verdicts.map(({ since }) => since)),
    seenFrom: [...new Set(verdicts.flatMap(({ seenFrom }) => seenFrom))],
    did: Object.entries(machine.standbys).map(([id, standby]): Deed => {
      const age = standbyAgeMs(standby, at);
      return {
        words: `Keeps ${id} up to date: snapshot ${standby.snapshot}`,
        ...(age === null ? {} : { at: at - age }),
      };
    }),
    next: [{ words: 'Nothing.' }],
  };
}
