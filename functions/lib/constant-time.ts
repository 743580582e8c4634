// Compares secrets, and what was made of them, so that the time says nothing of where they differ. No domain words.

/** Takes as long for a wrong text as for the right one; only the length can be told. */
export function equalInConstantTime(given: string, wanted: string): boolean {
  const a = new TextEncoder().encode(given);
  const b = new TextEncoder().encode(wanted);
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
