// The Worker's log: one JSON object a line, for `wrangler tail` and whatever collects it. What happens in a cluster has the form of
// `lifeboat watch --json`; faults of Lifeboat itself say `level: fault`. No secret reaches a message (functions/lib/errors.ts).
import { activityObject } from '../../cli/render/activity.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Activity } from '../../tasks/loop/dispatch.ts';

export function log(level: 'note' | 'fault', cluster: string, what: string, error?: unknown): void {
  write(level, { level, cluster, what, ...(error === undefined ? {} : { reason: messageOf(error) }) });
}

export function logActivity(cluster: string, activity: Activity, at: number): void {
  const object = activityObject(activity, at);
  if (object !== undefined) write('note', { level: 'note', cluster, ...object });
}

function write(level: 'note' | 'fault', line: object): void {
  if (level === 'fault') console.error(JSON.stringify(line));
  else console.log(JSON.stringify(line));
}
