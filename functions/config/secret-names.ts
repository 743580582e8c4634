// Which secrets a configuration names, and where. It reads none of them.
import type { Config } from './schema.ts';

export interface NamedSecret {
  readonly name: string;
  /** `clusters[0].dns.tsig.secret`; the first place where the name stands. */
  readonly path: string;
}

/** Each name once, in the order of the configuration. */
export function secretNames(config: Config): readonly NamedSecret[] {
  const found = new Map<string, NamedSecret>();
  for (const named of walk(config, '')) if (!found.has(named.name)) found.set(named.name, named);
  return [...found.values()];
}

/** A reference is an object with the one key `secret` (secret.ts). */
function walk(value: unknown, path: string): readonly NamedSecret[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => walk(item, `${path}[${i}]`));
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === 'secret' && typeof first[1] === 'string')
    return [{ name: first[1], path }];
  return entries.flatMap(([key, member]) => walk(member, path === '' ? key : `${path}.${key}`));
}
