// What a bearer token says about itself: when it ends, and who alone could renew it. Pure. It must never show the token.
import { daysLeft, warningDays } from './observe.ts';

/*
 * Policy (first row that fits). Only what can be read is judged; a token that is no JWT is taken as it is (RFC 7519).
 * | what                                                                             | verdict            |
 * |----------------------------------------------------------------------------------|--------------------|
 * | empty, or with white space or control characters inside                          | refused            |
 * | `exp` is past                                                                    | refused            |
 * | of a service account and issued for 48 h or less: only the API server renews it, | refused            |
 * |   so that the watchdog would go blind in the outage that it is there for         |                    |
 * | `exp` within 14 days                                                             | usable, a warning  |
 * | all else, also the service-account tokens of a Secret, which never end           | usable             |
 */
export type TokenVerdict =
  | {
      readonly status: 'usable';
      /** Milliseconds since the epoch; absent: it does not say. */
      readonly expiresAt?: number;
      /** `the token ends in 3.2 days`. */
      readonly warning?: string;
    }
  | { readonly status: 'refused'; readonly evidence: string };

/** Longest lifetime of a service-account token that is still called short: a day, with room for those who ask for two. */
const shortLivedSeconds = 48 * 3600;
const maxTokenCharacters = 65_536;

/** `now` in milliseconds since the epoch. */
export function inspectToken(token: string, now: number): TokenVerdict {
  if (token === '') return refused('the token is empty');
  if (token.length > maxTokenCharacters) {
    return refused(`the token has ${token.length} characters, the limit is ${maxTokenCharacters}`);
  }
  if (!/^[\x21-\x7e]+$/.test(token)) return refused('the token holds white space or characters that are not ASCII');
  const claims = claimsOf(token);
  const expiresAt = typeof claims?.exp === 'number' ? claims.exp * 1000 : undefined;
  if (claims === undefined || expiresAt === undefined) return { status: 'usable' };
  const days = daysLeft(expiresAt, now);
  if (expiresAt <= now) return refused(`the token ended ${daysLeft(now, expiresAt)} days ago`);
  const lifetime = lifetimeSeconds(claims, expiresAt, now);
  if (isServiceAccount(claims) && lifetime <= shortLivedSeconds) {
    const hours = Math.round((lifetime / 3600) * 10) / 10;
    return refused(
      `a short-lived service-account token (${hours} h): only the API server itself can renew it, so it would end in the outage; use a client certificate, or a token that something outside the cluster renews`,
    );
  }
  if (days >= warningDays) return { status: 'usable', expiresAt };
  return { status: 'usable', expiresAt, warning: `the token ends in ${days} days` };
}

/** Bound tokens carry an object under `kubernetes.io`; older ones flat claims, and every one a subject of that form. */
function isServiceAccount(claims: Readonly<Record<string, unknown>>): boolean {
  const { sub } = claims;
  return 'kubernetes.io' in claims || (typeof sub === 'string' && sub.startsWith('system:serviceaccount:'));
}

function lifetimeSeconds(claims: Readonly<Record<string, unknown>>, expiresAt: number, now: number): number {
  const begin = [claims.iat, claims.nbf].find((claim) => typeof claim === 'number') ?? now / 1000;
  return expiresAt / 1000 - begin;
}

/** The payload of a JWT in compact form, unverified: it is our own credential. undefined: it is none. */
function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split('.');
  const [, payload] = parts;
  if (parts.length !== 3 || payload === undefined) return undefined;
  try {
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const text = new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
    const claims: unknown = JSON.parse(text);
    return typeof claims === 'object' && claims !== null ? (claims as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function refused(evidence: string): TokenVerdict {
  return { status: 'refused', evidence };
}
