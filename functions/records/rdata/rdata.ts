// What every record type can do with its data, and the checks they share. No type is named here.
import { LifeboatError } from '../../lib/errors.ts';
import type { Name } from '../name.ts';

/** The three forms of one type's data. The canonical text is the one that DnsRecord and Rrset hold: equal data, equal text. */
export interface Rdata {
  /** Reads presentation text; relative names are completed with `origin`. Returns the canonical text. Errors: `input`. */
  parse(text: string, origin?: Name): string;
  /** Canonical text to uncompressed record data. Errors: `input`. */
  toWire(canonical: string): Uint8Array<ArrayBuffer>;
  /** The record data of `length` octets at `offset` in a whole message, as canonical text. Errors: `protocol`. */
  fromWire(message: Uint8Array, offset: number, length: number): string;
}

/** Splits text at white space and checks the number of fields. Errors: `input`, naming what the fields are. */
export function fieldsOf(text: string, type: string, names: readonly string[]): readonly string[] {
  const fields = text.trim().split(/[ \t]+/);
  if (fields.length !== names.length || fields[0] === '') {
    throw new LifeboatError('input', `${type} data "${text.slice(0, 120)}" is not "${names.join(' ')}"`);
  }
  return fields;
}

/** Reads an unsigned decimal number up to `max`. Errors: `input`. */
export function parseNumber(text: string, what: string, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max))
    throw new LifeboatError('input', `${what} "${text.slice(0, 40)}" is not a number from 0 to ${max}`);
  return value;
}

/** Checks that the data lies in the message and, where a type has one, that its length is right. Errors: `protocol`. */
export function checkExtent(message: Uint8Array, offset: number, length: number, type: string, exact?: number): void {
  if (offset < 0 || length < 0 || offset + length > message.length) {
    throw new LifeboatError('protocol', `malformed DNS message: ${type} data at octet ${offset} is cut`);
  }
  if (exact !== undefined && length !== exact) {
    throw new LifeboatError('protocol', `malformed DNS message: ${type} data has ${length} octets, not ${exact}`);
  }
}

/** Checks that the last field ended where the data ends. Errors: `protocol`. */
export function checkEnd(next: number, end: number, type: string): void {
  if (next !== end) {
    throw new LifeboatError('protocol', `malformed DNS message: ${type} data ends at octet ${next} instead of ${end}`);
  }
}
