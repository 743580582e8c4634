// Records that a reader could not take over, each by its name and with the reason: one of them never costs the others, and none is lost
// in silence. What follows from it is decided in snapshot/build.ts and plan/unread.ts.
import { compareNames, type Name } from './name.ts';

/** `type`, `class`: none that Lifeboat reads; `data`: of a type that it reads, with data that no such record has. */
export type LeftWhy = 'type' | 'class' | 'data';

export interface LeftRecord {
  readonly name: Name;
  /** `A`, `MX`, `TYPE65280`. */
  readonly type: string;
  readonly why: LeftWhy;
  /** One line for people: the number of the type or the class, what is wrong with the data, the line in the file. */
  readonly detail: string;
}

/**
 * Names of ours (`owns`) at which it is not known what they hold, in canonical order. A record of a foreign type hides nothing: signatures of
 * DNSSEC stand at every name.
 */
export function unreadNames(left: readonly LeftRecord[], owns: (name: Name) => boolean): readonly Name[] {
  const names = left.filter(({ name, why }) => why !== 'type' && owns(name)).map(({ name }) => name);
  return [...new Set(names)].sort(compareNames);
}
