// What a channel is made with, and how it reads its secrets and its address. It sends nothing.
import { readChannelUrl } from '../../config/channels/url.ts';
import type { SecretReader, SecretRef } from '../../config/secret.ts';
import { LifeboatError } from '../../lib/errors.ts';
import { redactUrl } from '../../lib/redact.ts';
import type { HttpDeps } from './http.ts';

export interface ChannelDeps extends HttpDeps {
  readonly secrets: SecretReader;
  /** Where the clusters' pages are; without it an alert has no link. */
  readonly pageOrigin?: string;
}

/** The value of a secret. LifeboatError `config` where there is none. */
export function secretOf({ secrets }: ChannelDeps, { secret }: SecretRef): string {
  const value = secrets(secret);
  if (value === undefined) throw new LifeboatError('config', `the secret ${secret} is not set`);
  return value;
}

export interface Address {
  readonly url: string;
  /** What may be said of it: of one that is a secret the secret's name, not even the host. */
  readonly shown: string;
}

/** The address that alerts go to. LifeboatError `config` where it is a secret that is missing or no address; it does not show it. */
export function addressOf(deps: ChannelDeps, url: string | SecretRef): Address {
  if (typeof url === 'string') return { url, shown: redactUrl(url) };
  const shown = `the address in ${url.secret}`;
  try {
    return { url: readChannelUrl(secretOf(deps, url).trim()), shown };
  } catch {
    throw new LifeboatError('config', `${shown} must be an https URL without user information`);
  }
}
