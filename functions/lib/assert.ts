// Assertions: a broken invariant stops the work with a named error. It must not be used for bad input from outside.
import { LifeboatError } from './errors.ts';

/** Throws `LifeboatError('internal')` when a thing the code relies on is not so. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new LifeboatError('internal', `broken invariant: ${message}`);
}

/** The end of every switch over a union: the compiler complains when a case is missing. */
export function assertNever(value: never, what: string): never {
  throw new LifeboatError('internal', `broken invariant: unexpected ${what}: ${JSON.stringify(value)}`);
}
