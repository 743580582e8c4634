// Reads secrets by name from the environment: NAME itself, or the file that NAME_FILE points at. Nothing else reads them.
import { readFileSync } from 'node:fs';
import type { SecretReader } from '../../config/secret.ts';
import { LifeboatError } from '../../lib/errors.ts';

export function createEnvironmentSecrets(env: Readonly<Record<string, string | undefined>>): SecretReader {
  return (name) => {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    const file = env[`${name}_FILE`];
    if (file === undefined || file === '') return undefined;
    try {
      return readFileSync(file, 'utf8').trimEnd();
    } catch {
      throw new LifeboatError('config', `${name}_FILE points at ${file}, which cannot be read`);
    }
  };
}
