// What the configuration knows of a kind of standby. Data only: what reads and writes its zone is in functions/providers/<kind>/.
import type { z } from 'zod';
import type { Endpoint } from '../../lib/network.ts';
import type { Name } from '../../records/name.ts';
import { text } from '../field.ts';

/** Where a zone lies: nothing else may be published there. */
export type StandbyPlace =
  /** An authoritative server that clients can be sent to. */
  | { readonly kind: 'server'; readonly server: Endpoint }
  /** A file of the machine; who serves it is not known. */
  | { readonly kind: 'file'; readonly file: string };

/** What the rest of Lifeboat asks of a configured standby, whatever its kind. */
export interface StandbyFacts {
  readonly zone: Name;
  readonly place: StandbyPlace;
  /** How reading and writing it is secured, for people. */
  readonly secured: string;
  /** Deadline of one read or one batch. */
  readonly timeoutMs: number;
  /** May its zone have a name that the internet could ask for? */
  readonly allowPublic: boolean;
}

/** What every configured standby has. */
export interface AnyStandbyConfig {
  readonly kind: string;
  readonly id: string;
}

export interface StandbyKind<Schema extends z.ZodObject = z.ZodObject> {
  /** Its fields, with `kind: z.literal(…)` and `id: standbyId(…)`. */
  readonly schema: Schema;
  /** True where it is a file of the machine: that it can be read says nothing of the machine's network. */
  readonly isLocal: boolean;
  /** `clusterZone`: of the cluster that it stands in for. */
  factsOf(standby: z.output<Schema>, clusterZone: Name): StandbyFacts;
  /** What `lifeboat init` writes, line by line: a standby of this kind with every field. */
  readonly template: (given: TemplateValues) => readonly string[];
}

/** As they stand in TypeScript, quoted. */
export interface TemplateValues {
  readonly zone: string;
  readonly server: string;
}

/** Named by its kind where it is given no other: most clusters have one. */
export function standbyId(kind: string) {
  return text('1 to 40 of a-z, 0-9 and -', /^[a-z0-9-]{1,40}$/, {
    what: 'Its name in commands, alerts, metrics and stored state; without one the kind, and for a second of a kind `KIND-2`',
    why: 'What is remembered of it goes by where its zone lies. A zone that is moved keeps under this name what is held back, and is frozen anew.',
  }).default(kind);
}
