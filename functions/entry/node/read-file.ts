// Reads the files that a configuration names, on Node.
import { readFile } from 'node:fs/promises';
import { LifeboatError, messageOf } from '../../lib/errors.ts';

/** Reads a text file; `config` names the file and the reason. */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new LifeboatError('config', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
