// Absolute domain names as one branded type: lower case, trailing dot, converted once at each edge. Any legal name is one (domain.ts);
// which of them Lifeboat itself writes is said here, in `isPlainName`, and nowhere else.
import { LifeboatError } from '../lib/errors.ts';
import { parseDomain } from './domain.ts';

declare const brand: unique symbol;
/** An absolute domain name in canonical text: lower case, with the trailing dot; a dot inside a label is `\046`. The root is `.`. */
export type Name = string & { readonly [brand]: 'Name' };

/** Letters, digits, hyphen and underscore: every name that Kubernetes makes, and nothing that needs an escape. */
const plainLabel = '[a-z0-9_*](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const plainLabelPattern = new RegExp(`^${plainLabel}$`);
const plainNamePattern = new RegExp(`^(?:${plainLabel}\\.)+$`);
/** As text, with its dot at the end: 255 octets are one more, for the length of the first label. */
const maxPlainCharacters = 254;

/** Reads any legal absolute name; a missing trailing dot is added. Errors (`input`) name the text, the limit and the number. */
export function parseName(text: string): Name {
  if (text === '' || text === '.') return '.' as Name;
  const isCanonical = text.length <= maxPlainCharacters && plainNamePattern.test(text);
  return (isCanonical ? text : parseDomain(text)) as Name;
}

/**
 * The names that Lifeboat owns, publishes and takes from its configuration. Authoritative servers hold others, but a strict one (BIND's
 * `check-names`) refuses an address under them, and the whole update with it.
 */
export function isPlainName(name: Name): boolean {
  return name === '.' || plainNamePattern.test(name);
}

/** The plain names that may have an address, or be the target of an SRV: without underscores (RFC 1123 section 2.1), which BIND refuses. */
export function isHostName(name: Name): boolean {
  return name === '.' || (isPlainName(name) && !/[_*]/.test(name));
}

/** Reads a plain name. Errors: `input`. */
export function parsePlainName(text: string): Name {
  const name = parseName(text);
  const odd = labelsOf(name).find((label) => !plainLabelPattern.test(label));
  if (odd === undefined) return name;
  throw new LifeboatError(
    'input',
    `"${odd}" in the name "${text.slice(0, 80)}" is not a label of letters, digits, - and _`,
  );
}

/** The labels, leftmost first; none for the root. */
export function labelsOf(name: Name): readonly string[] {
  return name === '.' ? [] : name.slice(0, -1).split('.');
}

/** True when `name` is `zone` or lies below it. */
export function isWithin(name: Name, zone: Name): boolean {
  return zone === '.' || name === zone || name.endsWith(`.${zone}`);
}

/** `<label(s)>.<zone>` as a Name. */
export function child(labels: string, zone: Name): Name {
  return parseName(zone === '.' ? labels : `${labels}.${zone}`);
}

/** The part of `name` left of `zone`, without a dot at its end: `api.default.svc`; empty for the zone itself. */
export function relativeTo(name: Name, zone: Name): string {
  if (name === zone) return '';
  return zone === '.' ? name.slice(0, -1) : name.slice(0, -(zone.length + 1));
}

/** Canonical DNS order, RFC 4034 section 6.1: compared label by label from the right; escaped octets by their text. */
export function compareNames(a: Name, b: Name): number {
  if (a === b) return 0;
  const left = labelsOf(a);
  const right = labelsOf(b);
  for (let i = 1; i <= Math.min(left.length, right.length); i++) {
    const x = left[left.length - i] ?? '';
    const y = right[right.length - i] ?? '';
    if (x !== y) return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
