import { describe, expect, it } from 'vitest';
import { clockOf, createScreen, wrap } from '../../../lab/director/screen.ts';

/** A stream that keeps what was written. */
function streamOf(columns: number, isTTY: boolean) {
  const written: string[] = [];
  const stream = { columns, isTTY, write: (text: string) => written.push(text) > 0 };
  return { written, stream: stream as unknown as NodeJS.WriteStream };
}

const open = (columns: number, isTTY: boolean, env: Record<string, string> = {}) => {
  const { written, stream } = streamOf(columns, isTTY);
  return { written, screen: createScreen({ stream, elapsedMs: () => 67_400, env }) };
};

describe('wrap', () => {
  it('breaks at spaces, and inside a word that is longer than a line', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrap('', 4)).toEqual(['']);
  });

  it('loses nothing at any width', () => {
    const text = 'rack: GET /api/v1/namespaces/default at 127.0.0.1:26862: 200 in 1025 ms';
    for (let width = 1; width < 80; width++) {
      const lines = wrap(text, width);
      expect(lines.every((line) => line.length <= width)).toBe(true);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }
  });
});

describe('the screen', () => {
  it('says when, who and what, under each other', () => {
    const { written, screen } = open(40, false);
    screen.say('story', 'Peace. Nobody asks the standby.');
    expect(written.join('')).toBe('01:07 story\n  Peace. Nobody asks the standby.\n');
    screen.say('', '$ answer');
    expect(written.at(-1)).toBe('  $ answer\n');
    const wide = open(60, false);
    wide.screen.say('lifeboat', 'the API server is healthy: it answers as it should\nevidence');
    expect(wide.written.join('')).toBe(
      '01:07 lifeboat  the API server is healthy: it answers as it\n                should\n                evidence\n',
    );
  });

  it('is plain without a terminal: no code, no footer, whatever is asked for', () => {
    const { written, screen } = open(80, false);
    screen.footer(['with Lifeboat']);
    screen.say('pager', 'critical', 'bad');
    expect(written.join('')).toBe('01:07 pager     critical\n');
  });

  it('keeps a footer below the newest line of a terminal, cut to its width', () => {
    const { written, screen } = open(20, true, { NO_COLOR: '1' });
    screen.footer(['a line that is too long', 'second']);
    screen.print('news');
    expect(written).toEqual(['a line that is too \nsecond', '\r\u001b[1A\u001b[Jnews\na line that is too \nsecond']);
    screen.footer([]);
    expect(written.at(-1)).toBe('\r\u001b[1A\u001b[J');
  });

  it('has no colour where none is wanted', () => {
    const plain = open(80, true, { NO_COLOR: '1' });
    plain.screen.say('pager', 'critical', 'bad');
    expect(plain.written.join('')).not.toContain('\u001b');
    const painted = open(80, true);
    painted.screen.say('pager', 'critical', 'bad');
    expect(painted.written.join('')).toContain('\u001b[31mcritical');
    expect(open(80, true, { TERM: 'dumb' }).screen.interactive).toBe(false);
  });

  it('shows what would drive a terminal by its code', () => {
    const { written, screen } = open(80, true, { NO_COLOR: '1' });
    screen.say('lifeboat', 'evidence \u001b[2J of a hostile server');
    expect(written.join('')).toContain('evidence \\u{001B}[2J of');
  });

  it('leaves what is being typed below the newest line', () => {
    const { written, screen } = open(80, true, { NO_COLOR: '1' });
    const prompts: boolean[] = [];
    screen.footer(['counts']);
    screen.prompting({ prompt: (keep) => void prompts.push(keep) });
    expect(screen.footed).toBe(false);
    screen.print('news');
    expect(written.at(-1)).toBe('\r\u001b[Jnews\n');
    expect(prompts).toEqual([true]);
  });
});

describe('clockOf', () => {
  it('counts minutes and seconds', () => {
    expect([0, 999, 61_000, 3_600_000].map(clockOf)).toEqual(['00:00', '00:00', '01:01', '60:00']);
  });
});
