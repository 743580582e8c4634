// The views of all clusters at once. A desk that hangs or fails hides none of the others.
import { withDeadline } from '../lib/deadline.ts';
import { messageOf } from '../lib/errors.ts';
import type { ClusterDesk, ClusterView } from '../tasks/desk.ts';
import type { ApiDeps } from './context.ts';

const viewTimeoutMs = 10_000;

/** `view` undefined: the cluster's desk did not answer. */
export interface Seen {
  readonly id: string;
  readonly view: ClusterView | undefined;
}

export function viewAll(deps: ApiDeps): Promise<readonly Seen[]> {
  return Promise.all([...deps.desks].map(([id, desk]) => viewOne(deps, id, desk)));
}

async function viewOne({ clock, onFault }: ApiDeps, id: string, desk: ClusterDesk): Promise<Seen> {
  const deadline = { what: `the desk of cluster ${id}`, timeoutMs: viewTimeoutMs };
  try {
    return { id, view: await withDeadline(clock, deadline, () => desk.view()) };
  } catch (error) {
    onFault?.(`view of cluster ${id}: ${messageOf(error)}`, error);
    return { id, view: undefined };
  }
}
