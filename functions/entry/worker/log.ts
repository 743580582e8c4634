// The Worker's log: one JSON object a line, for `wrangler tail` and whatever collects it. What happens in a cluster has the form of
// `lifeboat watch --json`; faults of Lifeboat itself say `level: fault`. No secret reaches a message (functions/lib/errors.ts).
import { happeningObject } from '../../cli/happening.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Happening } from '../../tasks/drive.ts';

export function log(level: 'note' | 'fault', cluster: string, what: string, error?: unknown): void {
  write(level, { level, cluster, what, ...(error === undefined ? {} : { reason: messageOf(error) }) });
}

export function logHappening(cluster: string, happening: Happening, at: number): void {
  const object = happeningObject(happening, at);
  if (object !== undefined) write('note', { level: 'note', cluster, ...object });
}

function write(level: 'note' | 'fault', line: object): void {
  if (level === 'fault') console.error(JSON.stringify(line));
  else console.log(JSON.stringify(line));
}
