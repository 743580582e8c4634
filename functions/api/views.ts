// The views of all clusters at once. A control port that hangs or fails hides none of the others.
import { withDeadline } from '../lib/deadline.ts';
import { messageOf } from '../lib/errors.ts';
import type { ClusterControl, ClusterView } from '../tasks/control/control-port.ts';
import type { ApiDeps } from './context.ts';

const viewTimeoutMs = 10_000;

/** `view` undefined: the cluster's control port did not answer. */
export interface Seen {
  readonly id: string;
  readonly view: ClusterView | undefined;
}

export function viewAll(deps: ApiDeps): Promise<readonly Seen[]> {
  return Promise.all([...deps.controls].map(([id, control]) => viewOne(deps, id, control)));
}

async function viewOne({ clock, onFault }: ApiDeps, id: string, control: ClusterControl): Promise<Seen> {
  const deadline = { what: `the control port of cluster ${id}`, timeoutMs: viewTimeoutMs };
  try {
    return { id, view: await withDeadline(clock, deadline, () => control.view()) };
  } catch (error) {
    onFault?.(`view of cluster ${id}: ${messageOf(error)}`, error);
    return { id, view: undefined };
  }
}
