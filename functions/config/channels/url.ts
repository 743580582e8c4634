// Addresses that alerts are sent to, in the configuration or as a secret by name. Checks only; nothing is sent.
import { z } from 'zod';
import { isLoopback } from '../../lib/endpoint.ts';
import { type About, notes, readAs } from '../field.ts';
import { type SecretRef, secretRef, secretTakes } from '../secret.ts';

const anHttpsUrl = 'an https URL without user information';

/** `https`, or `http` to a loopback address; no user information. What is thrown does not hold the text. */
export function readChannelUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(host));
  if (url === undefined || !safe || url.username !== '' || url.password !== '')
    throw new Error('TLS, except to this very machine');
  return url.href;
}

/** An address that is no secret. */
export function channelUrl(about: About) {
  return readAs(anHttpsUrl, readChannelUrl, about);
}

/** An address that may be a secret itself, as those of Slack, Teams and ntfy are: then it is given by name, and shown nowhere. */
export function channelUrlOrSecret(about: About) {
  const takes = `${anHttpsUrl}; or, where it is a key itself, ${secretTakes}`;
  const union: z.ZodType<string | SecretRef, string | SecretRef> = z.union([channelUrl(about), secretRef(about)], {
    error: takes,
  });
  return union.meta(notes(`${anHttpsUrl}, or secret('NAME')`, about));
}
