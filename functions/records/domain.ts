// The one definition of a legal domain name: any octets in labels of 1 to 63, 255 in all (RFC 2181 section 11), on the wire (with
// compression pointers) and as text with escapes (RFC 1035 sections 4.1.4, 5.1). What Lifeboat itself writes is stricter: name.ts.
import { LifeboatError } from '../lib/errors.ts';

const maxNameOctets = 255;
const maxLabelOctets = 63;
/** As many as a name has labels at most: more only cost time. */
const maxPointers = 127;

/** A name read from a message. */
export interface WireDomain {
  /** Canonical text: lower case, absolute, special octets escaped as `\;` or `\DDD`. */
  readonly text: string;
  /** Offset of the first octet after the name, where it stands in the message. */
  readonly next: number;
}

const dot = 0x2e;

/** For each octet that stands for itself in a Name its character code, letters in lower case; 0 for all others. */
const plainCharacters = Uint8Array.from({ length: 256 }, (_, octet) => {
  const character = String.fromCharCode(octet);
  return /[A-Za-z0-9_*-]/.test(character) ? character.toLowerCase().charCodeAt(0) : 0;
});

/** Text of any other octet inside a label. A dot is `\046`, so that every dot of a canonical text parts two labels. */
function escapeOctet(octet: number): string {
  if (octet <= 0x20 || octet >= 0x7f || octet === dot) return `\\${String(octet).padStart(3, '0')}`;
  const character = String.fromCharCode(octet);
  return '"\\;()@$'.includes(character) ? `\\${character}` : character;
}

/**
 * Reads the name at `offset`; what stands there must end before `end`. Compression pointers may only point backwards.
 * Errors: `protocol` for a name that is cut, too long, or loops.
 */
export function readDomain(message: Uint8Array, offset: number, end: number = message.length): WireDomain {
  // Characters are gathered and joined once: a text grown letter by letter would keep twenty times its size in memory.
  const characters: number[] = [];
  let octets = 1;
  let next = -1;
  let at = offset;
  let limit = Math.min(end, message.length);
  let lowest = offset;
  let jumps = 0;
  for (;;) {
    const length = at < limit ? message[at] : undefined;
    if (length === undefined) throw malformed(`the name at octet ${offset} is cut`);
    at += 1;
    if (length === 0) break;
    if (length >= 0xc0) {
      const low = at < limit ? message[at] : undefined;
      if (low === undefined) throw malformed(`the name at octet ${offset} is cut in a pointer`);
      const target = ((length & 0x3f) << 8) | low;
      if (next < 0) next = at + 1;
      if (target >= lowest) throw malformed(`the name at octet ${offset} points forward or to itself`);
      jumps += 1;
      if (jumps > maxPointers) throw malformed(`the name at octet ${offset} has more than ${maxPointers} pointers`);
      lowest = target;
      at = target;
      limit = message.length;
      continue;
    }
    if (length > maxLabelOctets) throw malformed(`the name at octet ${offset} has a label of an unknown kind`);
    octets += length + 1;
    if (octets > maxNameOctets) throw malformed(`the name at octet ${offset} is longer than ${maxNameOctets} octets`);
    if (at + length > limit) throw malformed(`the name at octet ${offset} is cut in a label`);
    for (const stop = at + length; at < stop; at++) {
      const octet = message[at] ?? 0;
      const character = plainCharacters[octet] ?? 0;
      if (character !== 0) characters.push(character);
      else for (const part of escapeOctet(octet)) characters.push(part.charCodeAt(0));
    }
    characters.push(dot);
  }
  return {
    text: characters.length === 0 ? '.' : String.fromCharCode(...characters),
    next: next < 0 ? at : next,
  };
}

/** The labels of a text name as octets. Errors: `input` for an empty or too long label, a bad escape, a too long name. */
function labelsOfText(text: string): readonly (readonly number[])[] {
  if (text === '.') return [];
  const labels: number[][] = [];
  let label: number[] = [];
  const bytes = new TextEncoder().encode(isAbsolute(text) ? text : `${text}.`);
  for (let i = 0; i < bytes.length; i++) {
    const octet = bytes[i] ?? 0;
    if (octet === 0x2e) {
      if (label.length === 0) throw new LifeboatError('input', `the name "${text.slice(0, 80)}" has an empty label`);
      if (label.length > maxLabelOctets) {
        throw new LifeboatError(
          'input',
          `the name "${text.slice(0, 80)}" has a label of ${label.length} octets, the limit is 63`,
        );
      }
      labels.push(label);
      label = [];
    } else if (octet === 0x5c) {
      const escaped = readEscape(bytes, i + 1, text);
      label.push(escaped.octet);
      i = escaped.next - 1;
    } else {
      label.push(octet);
    }
  }
  if (label.length > 0) throw new LifeboatError('input', `the name "${text.slice(0, 80)}" ends in a lone backslash`);
  return labels;
}

/** Reads `\X` or `\DDD` after its backslash; `next` is the offset after it. Errors: `input`. */
export function readEscape(bytes: Uint8Array, at: number, text: string): { octet: number; next: number } {
  const first = bytes[at];
  if (first === undefined) throw new LifeboatError('input', `"${text.slice(0, 80)}" ends in a lone backslash`);
  if (first < 0x30 || first > 0x39) return { octet: first, next: at + 1 };
  const digits = String.fromCharCode(...bytes.subarray(at, at + 3));
  if (!/^\d{3}$/.test(digits) || Number(digits) > 255) {
    throw new LifeboatError(
      'input',
      `"${text.slice(0, 80)}" has the escape "\\${digits}", which is no \\DDD from 000 to 255`,
    );
  }
  return { octet: Number(digits), next: at + 3 };
}

/**
 * Reads a name in text form into its canonical text. Without a trailing dot it is relative to `origin`, or absolute when there is none;
 * `@` is the origin itself. Errors: `input`.
 */
export function parseDomain(text: string, origin?: string): string {
  if (text === '') throw new LifeboatError('input', 'a name is empty');
  if (text === '@' && origin !== undefined) return origin;
  if (trailingBackslashes(text) % 2 === 1) {
    throw new LifeboatError('input', `the name "${text.slice(0, 80)}" ends in a lone backslash`);
  }
  const absolute = isAbsolute(text) || origin === undefined ? text : origin === '.' ? `${text}.` : `${text}.${origin}`;
  return readDomain(domainToWire(absolute), 0).text;
}

/** True when the text ends in an unescaped dot. */
function isAbsolute(text: string): boolean {
  return text.endsWith('.') && trailingBackslashes(text.slice(0, -1)) % 2 === 0;
}

function trailingBackslashes(text: string): number {
  return text.length - text.replace(/\\+$/, '').length;
}

/** The uncompressed wire form of a canonical text. Errors: `input`. */
export function domainToWire(text: string): Uint8Array<ArrayBuffer> {
  const labels = labelsOfText(text);
  const octets = labels.reduce((sum, label) => sum + label.length + 1, 1);
  if (octets > maxNameOctets) {
    throw new LifeboatError(
      'input',
      `the name "${text.slice(0, 80)}" has ${octets} octets, the limit is ${maxNameOctets}`,
    );
  }
  const wire = new Uint8Array(octets);
  let at = 0;
  for (const label of labels) {
    wire[at] = label.length;
    wire.set(label, at + 1);
    at += label.length + 1;
  }
  return wire;
}

function malformed(what: string): LifeboatError {
  return new LifeboatError('protocol', `malformed DNS message: ${what}`);
}
