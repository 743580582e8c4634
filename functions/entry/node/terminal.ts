// The real terminal behind the CLI's port. No product words here.
import { createInterface } from 'node:readline/promises';
import type { Terminal } from '../../cli/terminal.ts';

export function createNodeTerminal(options: { readonly color: boolean }): Terminal {
  const { stdout, stderr, stdin, env } = process;
  const interactive = stdout.isTTY === true && env.TERM !== 'dumb';
  let painted = 0;
  return {
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    interactive,
    color: options.color && interactive && (env.NO_COLOR === undefined || env.NO_COLOR === ''),
    get columns() {
      return stdout.columns ?? 80;
    },
    async confirm(question) {
      if (!stdin.isTTY) return false;
      const prompt = createInterface({ input: stdin, output: stderr });
      try {
        return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
      } catch (error) {
        // Ctrl-C and Ctrl-D at the question are a no.
        if (error instanceof Error && error.name === 'AbortError') return false;
        throw error;
      } finally {
        prompt.close();
      }
    },
    repaint(lines) {
      const up = painted > 0 ? `\u001b[${painted}A\r\u001b[J` : '';
      // The cursor cannot go up beyond the top: what is higher than the terminal could not be painted over.
      const shown = lines.slice(0, Math.max(1, (stdout.rows ?? lines.length + 1) - 1));
      stdout.write(`${up}${shown.join('\n')}\n`);
      painted = shown.length;
    },
  };
}
