// How a field of the configuration is declared: its check, default and documentation in one place. It knows no field by name.
import { z } from 'zod';
import { messageOf } from '../lib/errors.ts';

/** What docs/configuration.md says about a field. */
export interface About {
  /** What it is, in one sentence without a full stop at the end. */
  readonly what: string;
  /** Why the default is what it is, or what goes wrong otherwise. */
  readonly why?: string;
  /** RFC section or vendor page. */
  readonly see?: string;
}

/** What the JSON Schema of a field carries for document.ts; `takes` is also what an error wants. */
export interface FieldNotes extends About {
  readonly takes: string;
  /** Shown for the default where it is not the bare value. */
  readonly shownDefault?: string;
}

export function notes(takes: string, about: About, shownDefault?: string): Record<string, unknown> {
  const all: FieldNotes = { takes, ...about, ...(shownDefault === undefined ? {} : { shownDefault }) };
  return { description: about.what, lifeboat: all };
}

/** An object with known keys only. A wrong key reaches the caller with all known keys in the message (see problems.ts). */
export function section<Shape extends z.ZodRawShape>(about: About, shape: Shape) {
  const keys = Object.keys(shape);
  const takes = `an object with the keys ${keys.join(', ')}`;
  const error = (issue: { readonly code?: string }) => (issue.code === 'unrecognized_keys' ? keys.join(' ') : takes);
  return z.strictObject(shape, { error }).meta(notes('an object', about));
}

/** A whole number within a range that nothing stands in for. */
export function count(unit: string, from: number, to: number, about: About) {
  const takes = `a whole number${unit === '' ? '' : ` of ${unit}`} from ${from} to ${to}`;
  return z.int({ error: takes }).min(from, { error: takes }).max(to, { error: takes }).meta(notes(takes, about));
}

/** A whole number within a range. `unit` reads on from `a whole number of …`; empty for a plain number. */
export function wholeNumber(unit: string, from: number, to: number, standard: number, about: About) {
  const takes = `a whole number${unit === '' ? '' : ` of ${unit}`} from ${from} to ${to}`;
  return z
    .int({ error: takes })
    .min(from, { error: takes })
    .max(to, { error: takes })
    .default(standard)
    .meta(notes(takes, about));
}

export const milliseconds = (from: number, to: number, standard: number, about: About) =>
  wholeNumber('milliseconds', from, to, standard, about);

/** A number between 0 and 1. */
export function share(standard: number, about: About) {
  const takes = 'a share from 0 to 1';
  return z
    .number({ error: takes })
    .min(0, { error: takes })
    .max(1, { error: takes })
    .default(standard)
    .meta(notes(takes, about));
}

export function yesOrNo(standard: boolean, about: About) {
  const takes = 'true or false';
  return z.boolean({ error: takes }).default(standard).meta(notes(takes, about));
}

/** A text that matches a pattern; `takes` says the pattern in words. */
export function text(takes: string, pattern: RegExp, about: About) {
  return z.string({ error: takes }).regex(pattern, { error: takes }).meta(notes(takes, about));
}

/** The path of a file or folder: never opened here. */
export const path = (what: string, about: About) => text(`the path of ${what}`, /^\P{Cc}{1,4096}$/u, about);

/** One of a few words. */
export function choice<const Words extends readonly [string, ...string[]]>(words: Words, about: About) {
  const quoted = words.map((word) => `'${word}'`).join(', ');
  const takes = words.length === 1 ? quoted : `one of ${quoted}`;
  return z.enum(words, { error: takes }).meta(notes(takes, about));
}

/** A text that `read` turns into something better, or throws LifeboatError `input` about. */
export function readAs<Out>(takes: string, read: (text: string) => Out, about: About) {
  return z
    .string({ error: takes })
    .transform((value, context): Out => {
      try {
        return read(value);
      } catch (error) {
        context.addIssue({ code: 'custom', message: `${takes} (${messageOf(error)})`, input: value });
        return z.NEVER;
      }
    })
    .meta(notes(takes, about));
}

/** A list with a limit. */
export function list<Item extends z.ZodType>(item: Item, what: string, from: number, to: number, about: About) {
  const takes = `a list of ${from} to ${to} ${what}`;
  return z
    .array(item, { error: takes })
    .min(from, { error: takes })
    .max(to, { error: takes })
    .meta(notes(takes, about));
}
