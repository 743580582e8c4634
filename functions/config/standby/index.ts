// Which kinds of standbys there are, for the configuration: the one explicit list. How each is reached is in functions/entry/wire-standbys.ts.
import { z } from 'zod';
import { assertNever } from '../../lib/assert.ts';
import type { Name } from '../../records/name.ts';
import type { StandbyFacts, StandbyKind } from './kind.ts';
import { type Rfc2136Config, rfc2136Kind } from './rfc2136.ts';
import { type ZonefileConfig, zonefileKind } from './zonefile.ts';

export type StandbyConfig = Rfc2136Config | ZonefileConfig;

export const standbyKinds = { rfc2136: rfc2136Kind, zonefile: zonefileKind } as const;

/** A standby of one of these kinds. */
export function standbySchemaOf<Kinds extends Readonly<Record<string, StandbyKind>>>(kinds: Kinds) {
  type Schema = Kinds[keyof Kinds]['schema'];
  const schemas = Object.values(kinds).map(({ schema }) => schema) as [Schema, ...Schema[]];
  const words = Object.keys(kinds).map((kind) => `'${kind}'`);
  return z.discriminatedUnion('kind', schemas, { error: `a standby of the kind ${words.join(' or ')}` });
}

/** `clusterZone`: of the cluster that it stands in for. */
export function factsOf(standby: StandbyConfig, clusterZone: Name): StandbyFacts {
  switch (standby.kind) {
    case 'rfc2136':
      return rfc2136Kind.factsOf(standby, clusterZone);
    case 'zonefile':
      return zonefileKind.factsOf(standby, clusterZone);
    default:
      return assertNever(standby, 'standby');
  }
}

/**
 * What was written for one cluster, with a name for each standby that was given none, where there are several of its kind: `rfc2136`, `rfc2136-2`, …
 * in their order. That order may change later: a standby is known again by where it lies (decision/machine/standby-names.ts).
 */
export function withStandbyNames(written: readonly unknown[]): readonly unknown[] {
  const counts = new Map<unknown, number>();
  return written.map((one) => {
    if (typeof one !== 'object' || one === null || !('kind' in one) || 'id' in one) return one;
    const count = (counts.get(one.kind) ?? 0) + 1;
    counts.set(one.kind, count);
    return count === 1 ? one : { ...one, id: `${String(one.kind)}-${count}` };
  });
}
