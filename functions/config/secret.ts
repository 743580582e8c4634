// References to secrets by name. The value is read in functions/entry/ only; it never stands in a configuration.
import { z } from 'zod';
import { type About, notes } from './field.ts';

/** A secret by name: an environment variable, a Worker secret, whatever the entry reads. */
export interface SecretRef {
  readonly secret: string;
}

/** How the entry finds a secret's value; undefined when there is none of that name. */
export type SecretReader = (name: string) => string | undefined;

/** `secret('PROD_AXFR_KEY')`: stands for the value of that name, which the configuration never holds. */
export function secret(name: string): SecretRef {
  return { secret: name };
}

/** What a reference wants. problems.ts shows nothing that stands where this was wanted: it may be the value. */
export const secretTakes =
  "secret('NAME'): the value's name in letters, digits and _; the value itself never stands in a configuration";

export function secretRef(about: About) {
  const name = z.string({ error: secretTakes }).regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, { error: secretTakes });
  return z.strictObject({ secret: name }, { error: secretTakes }).meta(notes("secret('NAME')", about));
}
