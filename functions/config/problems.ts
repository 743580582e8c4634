// Turns what zod found into problems that a person can act on: path, what was there, what is wanted. It never prints a secret.

import type { z } from 'zod';
import { clip } from '../lib/clip.ts';
import { redactUrl } from '../lib/redact.ts';
import { secretTakes } from './secret.ts';

/** One wrong place in a configuration. */
export interface Problem {
  /** `clusters[0].probe.timeoutMs`; empty for the whole. */
  readonly path: string;
  /** What was there, without anything that could be a secret. */
  readonly got: string;
  /** What is wanted there. */
  readonly want: string;
}

type Path = readonly PropertyKey[];

/** Below or at a key of these names nothing is ever shown. */
const hiddenKeys = new Set(['secret', 'tsig', 'identity', 'pem', 'env', 'args', 'certificate', 'key']);
/** Within a hidden part these hold nothing that could be a secret. */
const shownKeys = new Set(['kind', 'name', 'algorithm', 'certificateFile', 'keyFile', 'file', 'command', 'timeoutMs']);
const hiddenText = 'a text (not shown)';
const longestShown = 60;

/** `clusters[0].probe.timeoutMs: got -5, want a whole number of milliseconds from 100 to 60000` */
export function renderProblem(problem: Problem): string {
  return `${problem.path === '' ? 'the configuration' : problem.path}: got ${problem.got}, want ${problem.want}`;
}

/** `clusters[0].probe` */
function renderPath(path: Path): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}

/** The problems behind zod's issues, in the order of the schema. `input` is what was parsed. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], input: unknown): readonly Problem[] {
  return issues.flatMap((issue): readonly Problem[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: renderPath([...issue.path, key]),
        got: 'an unknown key',
        want: wantedKey(key, issue.message.split(' ')),
      }));
    }
    const value = valueAt(input, issue.path);
    // Where a secret's name is wanted, its value may have been written out.
    const got = issue.message.includes(secretTakes) && typeof value === 'string' ? hiddenText : show(value, issue.path);
    return [{ path: renderPath(issue.path), got, want: issue.message }];
  });
}

/** What a value looks like in a problem. */
function show(value: unknown, path: Path): string {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value !== 'string') return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
  if (isHidden(path) || value.includes('\n')) return hiddenText;
  if (path.at(-1) === 'url' || value.includes('://')) return JSON.stringify(redactUrl(value));
  return JSON.stringify(clip(value, longestShown + 1));
}

function isHidden(path: Path): boolean {
  return path.some((part) => hiddenKeys.has(String(part))) && !shownKeys.has(String(path.at(-1)));
}

function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    input,
  );
}

function wantedKey(key: string, known: readonly string[]): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(key.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  if (nearest !== undefined) return `${nearest.candidate} (the nearest known key)`;
  return known.length === 1 ? `the key ${known[0]} only` : `one of the keys ${known.join(', ')}`;
}

/** Levenshtein distance: letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
