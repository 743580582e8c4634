// What every store checks before it touches anything. Pure.
import { cut } from '../lib/clip.ts';
import { LifeboatError } from '../lib/errors.ts';
import { keyPattern } from './store.ts';

/** So that a key fits into a file name (255 octets) with what a store adds to it. */
const maxKeyCharacters = 200;

/** LifeboatError `usage` for a key that is none. */
export function checkKey(key: string): void {
  if (key.length > maxKeyCharacters) {
    throw new LifeboatError(
      'usage',
      `store key "${cut(key, 80)}…" has ${key.length} characters, the limit is ${maxKeyCharacters}`,
    );
  }
  if (!keyPattern.test(key)) {
    throw new LifeboatError('usage', `"${key}" is no store key: words of a-z, 0-9, ., _ and -, joined by /`);
  }
}

/** LifeboatError `usage` for a text that UTF-8 cannot hold: it would not be read back as it was written. */
export function checkValue(key: string, value: string): void {
  if (!value.isWellFormed())
    throw new LifeboatError('usage', `the value for store key "${key}" holds half a surrogate pair`);
}
