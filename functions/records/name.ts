// Absolute domain names as one branded type: lower case, trailing dot, converted once at each edge. RFC 1035 section 2.3.
import { LifeboatError } from '../lib/errors.ts';

declare const brand: unique symbol;
/** An absolute domain name: lower case, with the trailing dot. The root is `.`. */
export type Name = string & { readonly [brand]: 'Name' };

const maxNameOctets = 255;
const maxLabelOctets = 63;
/** Letters, digits, hyphen and underscore: every name that Kubernetes can make, and nothing that needs an escape. */
const labelPattern = /^[a-z0-9_*]([a-z0-9_-]*[a-z0-9_])?$/;

/**
 * Reads an absolute name; a missing trailing dot is added. Errors (`input`) name the text, the limit and the number.
 */
export function parseName(text: string): Name {
  const lower = text.toLowerCase();
  const absolute = lower.endsWith('.') ? lower : `${lower}.`;
  if (absolute === '.') return '.' as Name;
  const octets = absolute.length + 1;
  if (octets > maxNameOctets) {
    throw new LifeboatError(
      'input',
      `domain name "${text.slice(0, 80)}" has ${octets} octets, the limit is ${maxNameOctets}`,
    );
  }
  for (const label of absolute.slice(0, -1).split('.')) {
    if (label.length > maxLabelOctets) {
      throw new LifeboatError('input', `label "${label}" has ${label.length} octets, the limit is ${maxLabelOctets}`);
    }
    if (!labelPattern.test(label)) {
      throw new LifeboatError(
        'input',
        `"${label}" in the name "${text.slice(0, 80)}" is not a label of letters, digits, - and _`,
      );
    }
  }
  return absolute as Name;
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

/** Canonical DNS order, RFC 4034 section 6.1: compared label by label from the right. */
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
