// Cuts zone-file text (RFC 1035 section 5.1) into entries of tokens with their places. It must not know any record type.
import { LifeboatError } from '../lib/errors.ts';

/** One word of an entry. `text` keeps its escapes, and its quotes when `quoted`. Lines and columns count from 1. */
export interface Token {
  readonly text: string;
  readonly quoted: boolean;
  readonly line: number;
  readonly column: number;
}

/** One logical line: parentheses joined, comments gone. `blankOwner`: it began with white space, so the owner is the last one. */
export interface Entry {
  readonly tokens: readonly Token[];
  readonly blankOwner: boolean;
}

export interface LexerLimits {
  readonly maxCharacters: number;
  readonly maxLines: number;
}

const maxTokensPerEntry = 1000;

/** The error for a place in the file: `line 12, column 5: ...`, code `input`. */
export function errorAt(place: { readonly line: number; readonly column: number }, message: string): LifeboatError {
  return new LifeboatError('input', `line ${place.line}, column ${place.column}: ${message}`);
}

/** Yields the entries in order. Errors (`input`) name line and column. */
export function* entriesOf(text: string, limits: LexerLimits): Generator<Entry> {
  if (text.length > limits.maxCharacters) {
    throw new LifeboatError(
      'input',
      `the zone file has ${text.length} characters, the limit is ${limits.maxCharacters}: split it or raise the limit`,
    );
  }
  const lines = text.split('\n');
  if (lines.length > limits.maxLines) {
    throw new LifeboatError('input', `the zone file has ${lines.length} lines, the limit is ${limits.maxLines}`);
  }
  let tokens: Token[] = [];
  let blankOwner = false;
  let open: Token | undefined;
  for (const [index, raw] of lines.entries()) {
    const source = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (open === undefined) blankOwner = source.startsWith(' ') || source.startsWith('\t');
    for (const token of tokensOfLine(source, index + 1)) {
      if (!token.quoted && token.text === '(') {
        if (open !== undefined) throw errorAt(token, 'a parenthesis inside a parenthesis');
        open = token;
      } else if (!token.quoted && token.text === ')') {
        if (open === undefined) throw errorAt(token, 'a closing parenthesis without an opening one');
        open = undefined;
      } else {
        tokens.push(token);
        if (tokens.length > maxTokensPerEntry)
          throw errorAt(token, `more than ${maxTokensPerEntry} words in one entry`);
      }
    }
    if (open === undefined && tokens.length > 0) {
      yield { tokens, blankOwner };
      tokens = [];
    }
  }
  if (open !== undefined) throw errorAt(open, 'this parenthesis is never closed');
}

/** A word is a run of anything but white space, `;`, `"`, `(` and `)`; a backslash takes the next character with it. */
const wordPattern = /(?:\\[\s\S]|[^\s;"()\\])+/y;
const quotedPattern = /"(?:\\[\s\S]|[^"\\])*"/y;

function* tokensOfLine(source: string, line: number): Generator<Token> {
  let at = 0;
  while (at < source.length) {
    const character = source[at];
    const place = { line, column: at + 1 };
    if (character === ' ' || character === '\t') at += 1;
    else if (character === ';') return;
    else if (character === '(' || character === ')') {
      yield { text: character, quoted: false, ...place };
      at += 1;
    } else {
      const quoted = character === '"';
      const pattern = quoted ? quotedPattern : wordPattern;
      pattern.lastIndex = at;
      const text = pattern.exec(source)?.[0];
      if (text === undefined) {
        throw errorAt(
          place,
          quoted ? 'this quoted string is not closed on its line' : 'a character that is not allowed here',
        );
      }
      yield { text, quoted, ...place };
      at += text.length;
    }
  }
}
