// What is said of a secret that is missing, on any platform. It reads none by itself.
import type { SecretReader } from '../config/secret.ts';
import { LifeboatError } from '../lib/errors.ts';

/** The value of a secret that must be there; `config` says which one is missing and where it belongs. */
export function requireSecret(secrets: SecretReader, name: string, usedFor: string): string {
  const value = secrets(name);
  if (value !== undefined) return value;
  throw new LifeboatError('config', missingSecret(name, usedFor));
}

/** Which secret is missing, and where it belongs. */
export function missingSecret(name: string, usedFor: string): string {
  return `the secret ${name} (${usedFor}) is not set: put it into the environment variable ${name}, or its file's path into ${name}_FILE; for a Worker: npx wrangler secret put ${name}`;
}
