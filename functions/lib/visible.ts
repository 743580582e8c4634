// Text of others before people see it: what would hide it, turn it around or drive a terminal is shown by its code instead. No domain words.

/**
 * Controls, line and paragraph separators, zero-width and bidirectional marks: evidence comes from servers that may be hostile, and a line
 * that reads backwards or ends early says something else to the eye than it holds (Unicode TR 36, 39).
 */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text with each unseen character as `\u{202E}`; line breaks and tabs become spaces. */
export function visible(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').replace(unseen, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16).toUpperCase().padStart(4, '0')}}`;
  });
}

/** The same for JSON on one line, which stays the same document: JSON.stringify leaves U+009B, the one-character ESC [, as it is. */
export function visibleJson(json: string): string {
  return json.replace(unseen, (character) => {
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}

/** ECMA-48 control sequences: colours and movements that programs print for a terminal, also where there is none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are
const styles = /\u001b\[[0-?]*[ -/]*[@-~]/g;

/** What another program printed, without its colours. */
export function withoutStyles(text: string): string {
  return text.replace(styles, '');
}

const misleading = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** May it be taken as it stands? No line breaks or other controls, and nothing that turns the direction of what stands around it. */
export function isPlainLine(text: string): boolean {
  return text.isWellFormed() && !misleading.test(text);
}
