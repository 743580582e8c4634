// The board itself, in memory: threads of notes behind a fetch. It may lose its answers.
import type { Fetch } from '../../../functions/lib/deps.ts';

export interface BoardReceiver {
  readonly fetch: Fetch;
  /** By id, in the order in which they were begun. */
  readonly threads: Readonly<Record<string, readonly string[]>>;
  /** How it answers; default as it should. */
  answer: (() => Response) | undefined;
}

export function createBoardReceiver(): BoardReceiver {
  const threads: Record<string, string[]> = {};
  const board: BoardReceiver = {
    threads,
    answer: undefined,
    fetch: async (_url, init) => {
      if (board.answer !== undefined) return board.answer();
      const { text, thread } = JSON.parse(String(init.body)) as { readonly text: string; readonly thread?: string };
      const known = thread === undefined ? undefined : threads[thread];
      const id = known === undefined ? `thread-${Object.keys(threads).length + 1}` : String(thread);
      threads[id] = [...(threads[id] ?? []), text];
      return new Response(JSON.stringify({ id }));
    },
  };
  return board;
}
