// JSON Merge Patch, RFC 7386. It changes neither of its arguments.

type Members = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 7386 section 2. Deep patches end in `maxDepth` levels, as a body that has been parsed has a limited size but no limited depth. */
export function mergePatch(target: unknown, patch: unknown, maxDepth = 100): unknown {
  if (maxDepth === 0) throw new RangeError('the patch has more than 100 levels');
  if (!isObject(patch)) return patch;
  const result = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, mergePatch(result.get(name), value, maxDepth - 1));
  }
  // Not member by member: `__proto__` is a name like any other.
  return Object.fromEntries(result);
}
