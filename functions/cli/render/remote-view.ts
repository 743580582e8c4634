// A cluster at the Worker, for people: what `lifeboat status --remote` prints. It changes nothing.
import { worstCondition } from '../../decision/machine/summary.ts';
import { duration } from '../../lib/duration.ts';
import { type CliContext, printJson } from '../context.ts';
import { exitCodeOfVerdict } from '../exit-codes.ts';
import type { Remote, RemoteView } from '../remote/client.ts';
import { paint } from '../terminal.ts';
import { alertLines, heldLines } from './record-view.ts';
import { standbyLines, verdictLines } from './state-view.ts';

export async function showRemoteStatus(context: CliContext, remote: Remote, json: boolean): Promise<void> {
  const view = await remote.view();
  const { state, at } = view;
  context.exit(exitCodeOfVerdict(worstCondition(state)));
  if (json) return printJson(context, view.document);
  const { terminal } = context;
  const tone = state.phase === 'watching' ? 'good' : 'warn';
  terminal.out(
    `${paint(terminal, 'bold', state.cluster)}: ${paint(terminal, tone, state.phase)} for ${duration(at - state.since)}: ${state.reason}`,
  );
  for (const line of verdictLines(state, at)) terminal.out(line);
  for (const line of standbyLines(state, at)) terminal.out(line);
  for (const line of heldLines(view.held, at)) terminal.out(line);
  for (const line of alertLines(view.outbox)) terminal.out(line);
  for (const line of watchLines(view)) terminal.out(line);
}

/** How the watch itself is: a verdict is only as good as the rounds behind it. */
function watchLines({ at, watch, vantages }: RemoteView): readonly string[] {
  const ago = (when: number | null) => (when === null ? 'never' : `${duration(at - when)} ago`);
  return [
    `the Worker's last round: ${ago(watch.lastRoundAt)}`,
    ...vantages.map(({ id, lastSeenAt, lastRefusal }) => {
      const refusal = lastRefusal === '' ? '' : `, last refused: ${lastRefusal}`;
      return `  vantage ${id}: last seen ${ago(lastSeenAt)}${refusal}`;
    }),
    ...watch.troubles.map((trouble) => `  trouble: ${trouble}`),
  ];
}
