// A Corefile as its blocks, directives and words, each with its line (https://coredns.io/manual/configuration/). It knows the syntax and no
// plugin's meaning, and refuses imports, snippets and environment variables.

/** A bad Corefile: the message names the line. */
export class CorefileError extends Error {
  constructor(line: number, message: string) {
    super(`Corefile:${line}: ${message}`);
  }
}

/** A line inside a directive's braces. */
export interface Option {
  readonly name: string;
  readonly args: readonly string[];
  readonly line: number;
}

export interface Directive extends Option {
  readonly options: readonly Option[];
}

/** `zone:port zone:port { … }` */
export interface ServerBlock {
  readonly keys: readonly string[];
  readonly line: number;
  readonly directives: readonly Directive[];
}

interface Word {
  readonly text: string;
  readonly line: number;
  readonly isQuoted: boolean;
}

/** The words of one line. */
interface Line {
  readonly words: readonly Word[];
  readonly line: number;
}

const mostCharacters = 1024 * 1024;

/** Throws `CorefileError`. */
export function parseCorefile(text: string): readonly ServerBlock[] {
  if (text.length > mostCharacters)
    throw new CorefileError(1, `${text.length} characters, at most ${mostCharacters} are read`);
  const lines = linesOf(wordsOf(text));
  const blocks: ServerBlock[] = [];
  let at = 0;
  while (at < lines.length) {
    const { block, next } = readBlock(lines, at);
    blocks.push(block);
    at = next;
  }
  if (blocks.length === 0) throw new CorefileError(1, 'there is no server block');
  return blocks;
}

function readBlock(lines: readonly Line[], start: number): { readonly block: ServerBlock; readonly next: number } {
  const head = lines[start] as Line;
  const keys = head.words.map(({ text }) => text.replace(/,$/, ''));
  if (keys.pop() !== '{' || keys.length === 0) {
    throw new CorefileError(
      head.line,
      `expected "zone:port … {", got "${head.words.map(({ text }) => text).join(' ')}"`,
    );
  }
  if (keys.some((key) => /^\(.*\)$/.test(key))) throw new CorefileError(head.line, 'snippets are not supported');
  const directives: Directive[] = [];
  for (let at = start + 1; at < lines.length; ) {
    const line = lines[at] as Line;
    if (isClosing(line)) return { block: { keys, line: head.line, directives }, next: at + 1 };
    const { directive, next } = readDirective(lines, at);
    directives.push(directive);
    at = next;
  }
  throw new CorefileError(head.line, 'the server block is not closed');
}

function readDirective(
  lines: readonly Line[],
  start: number,
): { readonly directive: Directive; readonly next: number } {
  const first = lines[start] as Line;
  const opens = isBrace(first.words.at(-1), '{');
  const own = readOption(opens ? { ...first, words: first.words.slice(0, -1) } : first);
  if (!opens) return { directive: { ...own, options: [] }, next: start + 1 };
  const options: Option[] = [];
  for (let at = start + 1; at < lines.length; at++) {
    const line = lines[at] as Line;
    if (isClosing(line)) return { directive: { ...own, options }, next: at + 1 };
    options.push(readOption(line));
  }
  throw new CorefileError(first.line, `the block of "${own.name}" is not closed`);
}

function readOption({ words, line }: Line): Option {
  if (words.some((word) => isBrace(word, '{') || isBrace(word, '}')))
    throw new CorefileError(line, 'a brace that is not expected here');
  const [name = '', ...args] = words.map(({ text }) => text);
  if (name === 'import') throw new CorefileError(line, '"import" is not supported');
  return { name, args, line };
}

function isBrace(word: Word | undefined, brace: string): boolean {
  return word !== undefined && !word.isQuoted && word.text === brace;
}

function isClosing({ words }: Line): boolean {
  return words.length === 1 && isBrace(words[0], '}');
}

function linesOf(words: readonly Word[]): readonly Line[] {
  return [...Map.groupBy(words, ({ line }) => line)].map(([line, own]) => ({ line, words: own }));
}

/** Words are parted by blanks; `"…"` may hold blanks, and `\"`; `#` begins a comment, also inside a word, as in Caddy's lexer. */
function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    for (const [whole, quoted] of content.replace(/^\uFEFF/, '').matchAll(/"((?:\\.|[^"\\])*)"|#.*|[^\s#]+/g)) {
      if (whole.startsWith('#')) break;
      if (quoted === undefined && whole.startsWith('"'))
        throw new CorefileError(line, 'a quoted word that does not end on its line');
      const word = { text: quoted?.replaceAll('\\"', '"') ?? whole, line, isQuoted: quoted !== undefined };
      if (/\{[$%]/.test(word.text))
        throw new CorefileError(line, `environment variables are not supported: ${word.text}`);
      words.push(word);
    }
  }
  return words;
}
