// What a command may do with the person in front of it: print, paint on a terminal, ask. The entry supplies the real one.

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

/** Cuts a line to the width, with an ellipsis. Counts code units: evidence is ASCII. */
export function cutTo(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 3))}...`;
}
