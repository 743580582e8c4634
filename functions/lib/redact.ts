// Keeps secrets out of messages, evidence and logs. The last line of defence: a message should not be built from a secret at all.

/** What stands where a secret stood. */
const redacted = '[redacted]';

/** Shorter values are not looked for: they would blank out ordinary words. */
const leastSecretLength = 6;

/**
 * A function that blanks out the given secret values wherever they appear: as they are, in Base64 and Base64url, in hexadecimal, percent-encoded
 * and as JSON text. Values of fewer than 6 characters are left alone.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < leastSecretLength) continue;
    for (const form of formsOf(secret)) forms.add(form);
  }
  // The longest first, so that no tail of a longer form is left over.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((current, form) => current.replaceAll(form, redacted), text);
}

/**
 * A URL that may be shown: scheme, host and port. User information, path, query and fragment go, since hooks carry their key there.
 * Text that is no URL comes out as `[redacted]` whole.
 */
export function redactUrl(text: string): string {
  if (!URL.canParse(text)) return redacted;
  const url = new URL(text);
  const bare =
    url.username === '' && url.password === '' && url.pathname === '/' && url.search === '' && url.hash === '';
  return `${url.protocol}//${url.host}${bare ? '' : '/…'}`;
}

function formsOf(secret: string): readonly string[] {
  const bytes = new TextEncoder().encode(secret);
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')).replace(/=+$/, '');
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [
    secret,
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
    hex,
    hex.toUpperCase(),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ];
}
