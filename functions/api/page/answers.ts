// What every page of the dashboard has in common: asking a control port in time, who may read, and the answers when there is nothing to show.
import type { Context } from 'hono';
import { withDeadline } from '../../lib/deadline.ts';
import { LifeboatError } from '../../lib/errors.ts';
import type { ClusterControl, Order, OrderAnswer, ReleaseOrder } from '../../tasks/control/control-port.ts';
import type { ApiDeps, ApiEnv } from '../context.ts';
import type { Seen } from './cluster-page.ts';
import { type Page, respond, respondPart } from './layout.ts';
import { messageMain, signInMain } from './plain-pages.ts';

export type Ctx = Context<ApiEnv>;

/** A control port that does not answer must not keep the page from saying so. */
const viewTimeoutMs = 10_000;
const orderTimeoutMs = 30_000;

export type NotTaken = OrderAnswer | { readonly status: 'failed'; readonly reason: string };

export async function ask(deps: ApiDeps, control: ClusterControl, wanted: Order | ReleaseOrder): Promise<NotTaken> {
  const deadline = { what: 'the order', timeoutMs: orderTimeoutMs };
  try {
    return await withDeadline(deps.clock, deadline, () => control.order(wanted));
  } catch (error) {
    return { status: 'failed', reason: reasonOf(error) };
  }
}

const sentBefore =
  'This form was sent before, and said something else then: see the phase and the history of the cluster.';

export interface Failed {
  /** What was asked for. */
  readonly title: string;
  readonly back: { readonly href: string; readonly words: string };
  /** What to say when there was no answer. */
  readonly unsure: string;
}

/** An order, or its plan, that did not come to `accepted` or `planned`. */
export function notTaken(
  c: Ctx,
  deps: ApiDeps,
  { title: what, back, unsure }: Failed,
  answer: NotTaken,
): Promise<Response> {
  const failed = answer.status === 'failed';
  const title = `${what}: ${failed ? 'no answer' : 'refused'}`;
  const reason = answer.status === 'planned' ? 'it was planned only' : answer.reason;
  const after = failed ? unsure : answer.status === 'key-reused' ? sentBefore : 'Nothing was done.';
  const main = messageMain(title, [reason, after], back);
  return respond(c, { ...frame(c, deps), title, main }, failed ? 503 : 409);
}

export const lostKey = 'The form has lost its key: begin again from the page of the cluster. Nothing was done.';
export const unsureWords = 'Whether it was done is not known: see the phase and the history of the cluster.';

/** What was typed to confirm, when it is not the id. */
export function mistyped(confirm: string, id: string): string {
  return `Nothing was done: you typed ${confirm === '' ? 'nothing' : `“${confirm}”`}, the id is ${id}.`;
}

export function pathOf(id: string): string {
  return `/clusters/${encodeURIComponent(id)}`;
}

export async function see(deps: ApiDeps, id: string, control: ClusterControl): Promise<Seen> {
  const deadline = { what: `the state of ${id}`, timeoutMs: viewTimeoutMs };
  try {
    return { status: 'seen', id, view: await withDeadline(deps.clock, deadline, () => control.view()) };
  } catch (error) {
    return { status: 'unseen', id, reason: reasonOf(error), at: deps.clock.now() };
  }
}

/** Messages of our own faults hold no secret; of others nobody knows what they hold. */
function reasonOf(error: unknown): string {
  return error instanceof LifeboatError ? error.message : 'an unexpected fault; the logs of Lifeboat have it';
}

/** Who is not signed in, or may not read, sees nothing of any cluster. `status`: for who is not signed in. */
export function bar(c: Ctx, deps: ApiDeps, status: 200 | 401): Promise<Response> | undefined {
  const caller = c.get('caller');
  if (caller === undefined) {
    const main = signInMain();
    return wantsPart(c)
      ? respondPart(c, main, 401)
      : respond(c, { ...frame(c, deps), title: 'Sign in to Lifeboat', main }, status);
  }
  if (caller.scopes.has('view')) return undefined;
  return refuse(c, deps, 403, 'Your token does not allow to read (scope view). Sign in with another one.');
}

export function refuse(c: Ctx, deps: ApiDeps, code: 400 | 401 | 403, reason: string): Promise<Response> {
  const main = messageMain(code === 401 ? 'Not signed in' : 'Not allowed', [reason], {
    href: '/',
    words: 'To the start',
  });
  return respond(c, { ...frame(c, deps), title: 'Lifeboat', main }, code);
}

export function unknownCluster(c: Ctx, deps: ApiDeps): Promise<Response> {
  const main = messageMain('No such cluster', ['No cluster of this id is watched here.'], {
    href: '/',
    words: 'To the start',
  });
  return respond(c, { ...frame(c, deps), title: 'No such cluster', main }, 404);
}

export function frame(c: Ctx, deps: ApiDeps): Pick<Page, 'caller' | 'version' | 'back'> {
  const caller = c.get('caller');
  return { caller, version: deps.version, back: caller?.scopes.has('view') === true && deps.controls.size > 1 };
}

export function wantsPart(c: Ctx): boolean {
  return c.req.query('part') === 'main';
}
