// Text within a length, as every receiver takes it. No domain words.

/**
 * The text cut to so many UTF-16 code units, the last of them an ellipsis then. Never in the middle of a surrogate pair; a half that the text
 * itself holds becomes U+FFFD: UTF-8 has no code for it, and strict readers of JSON refuse the whole document (RFC 8259 section 8.2).
 */
export function clip(text: string, length: number): string {
  return text.length <= length ? text.toWellFormed() : `${cut(text, Math.max(0, length - 1))}…`;
}

/** The same without the ellipsis: for what stands in quotes, or is compared. */
export function cut(text: string, length: number): string {
  return text.slice(0, splitsPair(text, length) ? length - 1 : length).toWellFormed();
}

function splitsPair(text: string, at: number): boolean {
  return /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(Math.max(0, at - 1), at + 1));
}
