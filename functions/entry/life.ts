// The name of this life of the process or object: made once, by chance. It tells what is under way here from what the dead left.
import { toHex } from '../lib/canonical.ts';
import type { Random } from '../lib/deps.ts';

const lifeBytes = 8;

export function createLife(random: Random): string {
  return toHex(random.bytes(lifeBytes));
}
