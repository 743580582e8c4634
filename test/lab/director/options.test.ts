import { afterEach, describe, expect, it, vi } from 'vitest';
import { readOptions } from '../../../lab/director/options.ts';

describe('the options of the lab', () => {
  afterEach(() => vi.restoreAllMocks());

  it('have defaults, and --json ends by itself', () => {
    const none = { once: false, json: false, real: false, nodes: 200, port: undefined };
    expect(readOptions([])).toEqual(none);
    expect(readOptions(['--json', '--nodes', '50', '--port', '9000'])).toEqual({
      ...none,
      once: true,
      json: true,
      nodes: 50,
      port: 9_000,
    });
  });

  it.each([
    [['--twice'], /--twice/],
    [['once'], /once/],
    [['--nodes', '0'], /--nodes: got 0, want a whole number from 1 to 2000/],
    [['--nodes', '1e3'], /--nodes: got 1e3/],
    [['--port', '70000'], /--port: got 70000, want a whole number from 1 to 65535/],
  ])('%j are refused with the limit and exit code 2', (args, message) => {
    const said: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    expect(readOptions(args)).toBe(2);
    expect(said.join('')).toMatch(message);
  });
});
