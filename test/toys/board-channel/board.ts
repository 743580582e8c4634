// The toy: a channel to a board, which keeps an incident in one thread. What a newcomer writes into functions/alerts/channels/<kind>/.
import type { Channel } from '../../../functions/alerts/channels/channel.ts';
import { addressOf, type ChannelDeps } from '../../../functions/alerts/channels/deps.ts';
import { postAlert } from '../../../functions/alerts/channels/http.ts';
import type { SendResult } from '../../../functions/alerts/delivery.ts';
import { clip } from '../../../functions/lib/clip.ts';
import { type BoardConfig, boardKind } from './config.ts';

const maxNoteCharacters = 280;

export function createBoard(deps: ChannelDeps, config: BoardConfig): Channel {
  const { id, timeoutMs } = config;
  const { url, shown } = addressOf(deps, config.url);
  return {
    id,
    timeoutMs,
    repeats: boardKind.repeats,
    send: ({ alert }, memory) =>
      postAlert(deps, {
        where: `board ${id} at ${shown}`,
        url,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          text: clip(`${alert.action}: ${alert.summary}`, maxNoteCharacters),
          // Without a thread that it knows the board begins one.
          ...(isThread(memory) ? { thread: memory } : {}),
        }),
        timeoutMs,
        taken: readAnswer,
      }),
  };
}

/** What the board gives. Whatever else stands there is another receiver's, and is not sent on. */
function isThread(text: unknown): text is string {
  return typeof text === 'string' && /^thread-\d{1,9}$/.test(text);
}

function readAnswer(answer: string): SendResult {
  try {
    const { id } = JSON.parse(answer) as { readonly id?: unknown };
    if (isThread(id)) return { status: 'delivered', memory: id };
  } catch {
    // It was taken all the same.
  }
  return { status: 'delivered' };
}
