// The terminal behind every command: words of others are shown, and never obeyed.
import { describe, expect, it } from 'vitest';
import { carefully, cutTo, eachLine, paint, type Terminal } from '../../../functions/cli/terminal.ts';

function terminalOf(color: boolean) {
  const shown: string[] = [];
  const terminal: Terminal = {
    out: (line) => void shown.push(line),
    err: (line) => void shown.push(line),
    repaint: (lines) => void shown.push(...lines),
    confirm: async (question) => shown.push(question) > 0,
    interactive: true,
    color,
    columns: 40,
  };
  return { shown, careful: carefully(terminal) };
}

const title = '\u001b]0;owned\u0007';
const seen = '\\u{001B}]0;owned\\u{0007}';

describe('a careful terminal', () => {
  it('makes visible what would drive it, wherever it is printed', async () => {
    const { shown, careful } = terminalOf(true);
    careful.out(title);
    careful.err(title);
    careful.repaint([title, 'calm']);
    await careful.confirm(title);
    expect(shown).toEqual([seen, seen, seen, 'calm', seen]);
  });

  it.each([
    ['a line break', 'down\nprod: watching', 'down prod: watching'],
    ['a return', 'down\rup', 'down up'],
    ['a one-character escape', '\u009b2J', '\\u{009B}2J'],
    ['text turned around', '\u202eyhtlaeh', '\\u{202E}yhtlaeh'],
    ['a cursor that goes up', '\u001b[1A\u001b[2K', '\\u{001B}[1A\\u{001B}[2K'],
    ['hidden text', '\u001b[8mno', '\\u{001B}[8mno'],
    ['a tab', 'a\tb', 'a\tb'],
  ])('shows %s for what it is', (_what, line, expected) => {
    const { shown, careful } = terminalOf(true);
    careful.out(line);
    expect(shown).toEqual([expected]);
  });

  it('lets its own tones through where there is colour, and no escape where there is none', () => {
    const [colour, plain] = [terminalOf(true), terminalOf(false)];
    for (const tone of ['good', 'warn', 'bad', 'dim', 'bold'] as const) {
      const line = `${paint(colour.careful, tone, 'x')} ${title}`;
      colour.careful.out(line);
      expect(colour.shown.pop()).toBe(line.replace(title, seen));
    }
    plain.careful.out(`${paint(plain.careful, 'bad', 'x')} \u001b[31mred`);
    expect(plain.shown).toEqual(['x \\u{001B}[31mred']);
  });
});

it('cuts a line by what will be seen of it', () => {
  expect(cutTo('\u001b'.repeat(10), 20)).toBe('\\u{001B}\\u{001B}\\...');
  expect(cutTo('short', 20)).toBe('short');
});

it('prints a text line by line, without the end that a file has', () => {
  const lines: string[] = [];
  eachLine('a\n\n  b\n', (line) => lines.push(line));
  expect(lines).toEqual(['a', '', '  b']);
});
