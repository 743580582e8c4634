// What the API says when it does not do what was asked: RFC 9457 problems, one table of their kinds. No secret and no stack ever.

import { assertNever } from '../lib/assert.ts';
import { clip } from '../lib/clip.ts';
import { type ErrorCode, LifeboatError } from '../lib/errors.ts';

/** The last part of a problem's `type`: `urn:lifeboat:problem:scope`. They never change meaning. */
export const problemKinds = {
  unauthenticated: { status: 401, title: 'A token is needed' },
  'malformed-credentials': { status: 400, title: 'The Authorization header is malformed' },
  scope: { status: 403, title: 'The token does not allow this' },
  'bearer-only': { status: 403, title: 'A session does not allow this' },
  csrf: { status: 403, title: 'The CSRF token is missing or wrong' },
  'cross-site': { status: 403, title: 'Another site must not do this' },
  'too-many-attempts': { status: 429, title: 'Too many attempts' },
  'no-such-path': { status: 404, title: 'Nothing is here' },
  'unknown-cluster': { status: 404, title: 'There is no such cluster' },
  'unknown-snapshot': { status: 404, title: 'This snapshot is not kept' },
  method: { status: 405, title: 'The method is not allowed' },
  'media-type': { status: 415, title: 'The content type is not supported' },
  'too-large': { status: 413, title: 'The body is too large' },
  malformed: { status: 400, title: 'The request is malformed' },
  field: { status: 422, title: 'A field is wrong' },
  confirmation: { status: 422, title: 'The confirmation is missing or wrong' },
  'key-reused': { status: 422, title: 'The idempotency key belongs to another order' },
  refused: { status: 409, title: 'The machine refuses' },
  'report-malformed': { status: 400, title: 'The report is malformed' },
  'report-unknown-vantage': { status: 403, title: 'The vantage is not known' },
  'report-bad-signature': { status: 401, title: 'The signature is wrong' },
  'report-clock-skew': { status: 401, title: 'The clocks differ too much' },
  'report-replayed': { status: 409, title: 'The report was sent before' },
  'report-flooding': { status: 429, title: 'Reports come too often' },
  'report-unwanted': { status: 409, title: 'Nobody asked for this' },
  'report-conflict': { status: 409, title: 'Something else is there already' },
  'invalid-input': { status: 400, title: 'The input cannot be used' },
  conflict: { status: 409, title: 'Another writer was faster' },
  upstream: { status: 502, title: 'A peer failed' },
  timeout: { status: 504, title: 'A deadline passed' },
  unavailable: { status: 503, title: 'It cannot be done now' },
  internal: { status: 500, title: 'Lifeboat itself failed' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string }>>;

export type ProblemKind = keyof typeof problemKinds;

export interface ProblemFields {
  /** What is wrong, and what to do, for a person. */
  readonly detail: string;
  /** Where input is wrong: its name, what came (cut, never a secret), what is taken. */
  readonly field?: string;
  readonly got?: string;
  readonly want?: string;
  /** Further members. */
  readonly more?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const problemMediaType = 'application/problem+json';
const maxGotCharacters = 80;

export function problem(kind: ProblemKind, { detail, field, got, want, more, headers }: ProblemFields): Response {
  const { status, title } = problemKinds[kind];
  const wrong = { field, got: got === undefined ? undefined : shown(got), want };
  const body = { type: `urn:lifeboat:problem:${kind}`, title, status, detail, ...wrong, ...more };
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { 'Content-Type': problemMediaType, ...headers },
  });
}

/** Input as it may be shown again: short, on one line. */
export function shown(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, ' ');
  return clip(line, maxGotCharacters + 1);
}

/** The problem of anything thrown. Only the message of a LifeboatError is for others, and not that of a broken invariant. */
export function problemOfError(error: unknown, redact: (text: string) => string): Response {
  const kind = error instanceof LifeboatError ? kindOfCode(error.code) : 'internal';
  const detail =
    error instanceof LifeboatError && kind !== 'internal'
      ? redact(error.message)
      : "the fault is Lifeboat's own; trying again may help";
  return problem(kind, { detail });
}

function kindOfCode(code: ErrorCode): ProblemKind {
  switch (code) {
    case 'usage':
    case 'input':
      return 'invalid-input';
    case 'conflict':
      return 'conflict';
    case 'refused':
      return 'refused';
    case 'timeout':
      return 'timeout';
    case 'network':
    case 'tls':
    case 'protocol':
    case 'credential':
      return 'upstream';
    case 'limit':
    case 'store':
      return 'unavailable';
    case 'config':
    case 'internal':
      return 'internal';
    default:
      return assertNever(code, 'error code');
  }
}
