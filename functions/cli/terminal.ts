// What a command may do with the person in front of it: print, paint on a terminal, ask. The entry supplies the real one.
import { cut } from '../lib/clip.ts';
import { visible } from '../lib/visible.ts';

export interface Terminal {
  /** A line of result on standard output. */
  out(line: string): void;
  /** A line about the work on standard error: progress, warnings, errors. */
  err(line: string): void;
  /** Standard output is a terminal (and not a dumb one). */
  readonly interactive: boolean;
  /** Colour is wanted: a terminal, no NO_COLOR, no --no-color. */
  readonly color: boolean;
  /** Width in columns; 80 when unknown. */
  readonly columns: number;
  /** Asks a yes/no question; false when there is nobody to ask. */
  confirm(question: string): Promise<boolean>;
  /** Replaces what the last call painted (live view); only called when `interactive`. */
  repaint(lines: readonly string[]): void;
}

export type Tone = 'good' | 'warn' | 'bad' | 'dim' | 'bold';

const codes: Readonly<Record<Tone, string>> = { good: '32', warn: '33', bad: '31', dim: '2', bold: '1' };

/** The text in a tone, when the terminal wants colour. */
export function paint(terminal: Pick<Terminal, 'color'>, tone: Tone, text: string): string {
  return terminal.color ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text;
}

/** Cuts a line without tones to the width, with an ellipsis, as it will be seen. Counts code units: evidence is ASCII. */
export function cutTo(line: string, columns: number): string {
  const text = visible(line);
  return text.length <= columns ? text : `${cut(text, Math.max(0, columns - 3))}...`;
}

/** Prints a text of several lines. */
export function eachLine(text: string, print: (line: string) => void): void {
  for (const line of text.trimEnd().split('\n')) print(line);
}

/**
 * The same terminal, for words of others: evidence, reasons, answers. Each line stays one line, and nothing in it reaches the terminal as a
 * command, but tabs and the tones above.
 */
export function carefully(terminal: Terminal): Terminal {
  const careful = (line: string) => visibleBut(terminal.color, line);
  return {
    out: (line) => terminal.out(careful(line)),
    err: (line) => terminal.err(careful(line)),
    interactive: terminal.interactive,
    color: terminal.color,
    get columns() {
      return terminal.columns;
    },
    confirm: (question) => terminal.confirm(careful(question)),
    repaint: (lines) => terminal.repaint(lines.map(careful)),
  };
}

const tones = [...Object.values(codes), '0'].join('|');

function visibleBut(color: boolean, line: string): string {
  const kept = new RegExp(color ? `(\\t|\\u001b\\[(?:${tones})m)` : '(\\t)');
  return line
    .split(kept)
    .map((part, i) => (i % 2 === 1 ? part : visible(part)))
    .join('');
}
