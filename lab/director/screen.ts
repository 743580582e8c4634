// The lab's own output: lines with a time and a voice, wrapped to the width of the terminal, above a footer that is painted again. Without a
// terminal: plain lines and no footer. No words about the product.
import { paint, type Tone } from '../../functions/cli/terminal.ts';
import { visible } from '../../functions/lib/visible.ts';

export interface Screen {
  /** A line of the story: who speaks, and what. No voice: it belongs to the line before, and needs no time. */
  say(voice: string, text: string, tone?: Tone): void;
  /** Lines as they are, cut at nothing. */
  print(text: string): void;
  /** What stands below the newest line; nothing: no footer. Only a terminal shows it, and none while somebody is prompted. */
  footer(lines: readonly string[]): void;
  /** What is being typed stays below the newest line, until called with nothing. */
  prompting(prompt: { prompt(keepCursor: boolean): void } | undefined): void;
  /** Leaves the cursor at the start of an empty line. */
  close(): void;
  /** Whether a footer is shown. */
  readonly footed: boolean;
  readonly interactive: boolean;
  readonly color: boolean;
  readonly columns: number;
}

export interface ScreenOptions {
  readonly stream: NodeJS.WriteStream;
  /** Milliseconds since the start, of the lines' times. */
  readonly elapsedMs: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const voiceWidth = 9;
const esc = String.fromCharCode(27);
const tones = new RegExp(`(${esc}\\[\\d+m)`);
/** Below this there is no room for a margin. */
const narrow = 56;

export function createScreen({ stream, elapsedMs, env }: ScreenOptions): Screen {
  const interactive = stream.isTTY === true && env.TERM !== 'dumb';
  const color = interactive && !env.NO_COLOR;
  let footer: readonly string[] = [];
  let typed: { prompt(keepCursor: boolean): void } | undefined;
  const columnsOf = () => Math.max(20, stream.columns ?? 100);
  /** Takes the footer away, writes, and puts the footer back, in one write: nothing flickers. */
  const write = (text: string, next = footer): void => {
    if (typed !== undefined) {
      if (text !== '') stream.write(`\r\u001b[J${text}`);
      if (text !== '') typed.prompt(true);
      return;
    }
    const away = footer.length > 0 ? `\r${footer.length > 1 ? `\u001b[${footer.length - 1}A` : ''}\u001b[J` : '';
    footer = interactive ? next.map((line) => cut(line, columnsOf() - 1)) : [];
    stream.write(`${away}${text}${footer.join('\n')}`);
  };
  return {
    say(voice, text, tone) {
      const time = clockOf(elapsedMs());
      const columns = columnsOf();
      const margin = columns < narrow ? 2 : time.length + 1 + voiceWidth + 1;
      const lines = text.split('\n').flatMap((line) => wrap(visible(line), columns - margin));
      const label = paint(
        { color },
        'dim',
        columns < narrow ? `${time} ${voice}` : `${time} ${voice.padEnd(voiceWidth)}`,
      );
      const painted = lines.map((line) => (tone === undefined ? line : paint({ color }, tone, line)));
      const rest = painted.map((line) => `${' '.repeat(margin)}${line}`);
      const body =
        voice === '' ? rest : columns < narrow ? [label, ...rest] : [`${label} ${painted[0] ?? ''}`, ...rest.slice(1)];
      write(`${body.join('\n')}\n`);
    },
    print: (text) => write(`${text}\n`),
    footer: (lines) => write('', lines),
    prompting(prompt) {
      write('', []);
      typed = prompt;
    },
    close() {
      if (interactive && (typed !== undefined || footer.length > 0)) stream.write('\n');
      footer = [];
      typed = undefined;
    },
    get footed() {
      return interactive && typed === undefined;
    },
    interactive,
    color,
    get columns() {
      return columnsOf();
    },
  };
}

/** `01:07` */
export function clockOf(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Breaks at spaces; a word that is longer than a line is broken where the line ends. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    for (; line.length > width; line = line.slice(width)) lines.push(line.slice(0, width));
  }
  return [...lines, line];
}

/** Counts what is seen: the codes of a tone take no room. */
function cut(line: string, columns: number): string {
  let room = columns;
  return line
    .split(tones)
    .map((part, i) => {
      if (i % 2 === 1) return part;
      const kept = part.slice(0, Math.max(0, room));
      room -= kept.length;
      return kept;
    })
    .join('');
}
