// Which secrets a configuration, or a part of it, names, and where. It reads none of them.

export interface NamedSecret {
  readonly name: string;
  /** `clusters[0].dns.tsig.secret`; the first place where the name stands. */
  readonly path: string;
}

/** Each name once, in the order of what is given: a configuration or a part of it. */
export function secretNames(part: object): readonly NamedSecret[] {
  const found = new Map<string, NamedSecret>();
  for (const named of walk(part, '')) if (!found.has(named.name)) found.set(named.name, named);
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
