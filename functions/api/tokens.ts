// Bearer tokens (RFC 6750): how a request carries one, and whose it is. It compares hashes and keeps nothing.
import type { TokenConfig } from '../config/schema.ts';
import { sha256Hex } from '../lib/canonical.ts';
import { equalInConstantTime } from '../lib/constant-time.ts';

export type Credentials =
  | { readonly status: 'none' }
  | { readonly status: 'malformed'; readonly reason: string }
  | { readonly status: 'bearer'; readonly token: string };

/** Shorter ones could be guessed; `lifeboat token` makes 47 characters. */
const leastTokenCharacters = 32;
const mostTokenCharacters = 512;

/**
 * | `Authorization`                                   | read as                                    |
 * |---------------------------------------------------|--------------------------------------------|
 * | none, or of another scheme                        | `none`                                     |
 * | `Bearer` in any case, spaces, one token           | `bearer`                                   |
 * | `Bearer` and anything else; two headers in one    | `malformed`                                |
 *
 * A token in the query, a cookie or a body is never looked for: those end up in logs and histories.
 */
export function readCredentials(header: string | undefined): Credentials {
  if (header === undefined || !/^bearer(?![\w-])/i.test(header)) return { status: 'none' };
  const token = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(header)?.[1];
  if (token === undefined) return { status: 'malformed', reason: 'it is not "Bearer", a space and one token' };
  return isTokenLength(token)
    ? { status: 'bearer', token }
    : { status: 'malformed', reason: `a token has ${leastTokenCharacters} to ${mostTokenCharacters} characters` };
}

function isTokenLength({ length }: string): boolean {
  return length >= leastTokenCharacters && length <= mostTokenCharacters;
}

/** The configured token that this text is; every hash is compared whole, so that the time says nothing. */
export async function findToken(tokens: readonly TokenConfig[], text: string): Promise<TokenConfig | undefined> {
  if (!isTokenLength(text)) return undefined;
  const hash = await sha256Hex(text);
  let found: TokenConfig | undefined;
  for (const token of tokens) if (equalInConstantTime(token.sha256, hash)) found = token;
  return found;
}
