// The page: reads clusters through their desks, and orders by plain forms. It works without script; assets/ makes it live.
import { type Context, Hono } from 'hono';
import { toHex } from '../../lib/canonical.ts';
import { withDeadline } from '../../lib/deadline.ts';
import { LifeboatError } from '../../lib/errors.ts';
import type { ClusterDesk, Order, OrderAnswer } from '../../tasks/desk.ts';
import type { ApiDeps, ApiEnv } from '../context.ts';
import { clusterMain, listMain, type Seen, titleOf } from './cluster-page.ts';
import { checkForm, type OrderForm } from './form-checks.ts';
import { type Page, respond, respondPart } from './layout.ts';
import { planMain } from './order-pages.ts';
import { commandWords, isCommand } from './order-words.ts';
import { messageMain, signInMain } from './plain-pages.ts';

type Ctx = Context<ApiEnv>;

/** A desk that does not answer must not keep the page from saying so. */
const viewTimeoutMs = 10_000;
const orderTimeoutMs = 30_000;

/** Mounted at `/`. */
export function dashboardRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.get('/', (c) => home(c, deps));
  app.get('/clusters/:id', (c) => cluster(c, deps, c.req.param('id')));
  app.post('/clusters/:id/plan', (c) => plan(c, deps, c.req.param('id')));
  app.post('/clusters/:id/orders', (c) => order(c, deps, c.req.param('id')));
  return app;
}

async function home(c: Ctx, deps: ApiDeps): Promise<Response> {
  const barred = bar(c, deps, 200);
  if (barred !== undefined) return barred;
  const [only, ...others] = deps.desks.keys();
  if (only !== undefined && others.length === 0) return cluster(c, deps, only);
  const all = await Promise.all([...deps.desks].map(([id, desk]) => see(deps, id, desk)));
  const main = listMain(all, deps.clock.now());
  if (wantsPart(c)) return respondPart(c, main);
  return respond(c, { ...frame(c, deps), title: 'Lifeboat', main, live: {} });
}

async function cluster(c: Ctx, deps: ApiDeps, id: string): Promise<Response> {
  const barred = bar(c, deps, 401);
  if (barred !== undefined) return barred;
  const caller = c.get('caller');
  const desk = deps.desks.get(id);
  if (caller === undefined || desk === undefined) return unknownCluster(c, deps);
  const seen = await see(deps, id, desk);
  const done = c.req.query('done') ?? '';
  const main = clusterMain(seen, caller, isCommand(done) ? done : undefined);
  if (wantsPart(c)) return respondPart(c, main);
  const page = { ...frame(c, deps), title: titleOf(seen), main, live: { cluster: id } };
  return respond(c, page, seen.status === 'seen' ? 200 : 503);
}

async function plan(c: Ctx, deps: ApiDeps, id: string): Promise<Response> {
  const check = await checkForm(c, deps.config.api.url);
  if (check.status === 'refused') return refuse(c, deps, check.code, check.reason);
  const desk = deps.desks.get(id);
  if (desk === undefined) return unknownCluster(c, deps);
  return showPlan(c, deps, { id, desk, form: check.form, csrf: check.caller.csrf, who: check.caller.id });
}

interface Asked {
  readonly id: string;
  readonly desk: ClusterDesk;
  readonly form: OrderForm;
  readonly csrf: string;
  readonly who: string;
}

async function showPlan(c: Ctx, deps: ApiDeps, asked: Asked, problem?: string): Promise<Response> {
  const { id, desk, form, csrf, who } = asked;
  const { command, why } = form;
  const answer = await ask(deps, desk, { command, who, why, ...choicesOf(form), dryRun: true });
  if (answer.status !== 'planned') return notTaken(c, deps, asked, answer, 'Nothing was done.');
  const key = form.key ?? toHex(deps.random.bytes(16));
  const base = { id, form, words: answer.words, csrf, key, canForce: answer.canForce };
  const main = planMain(problem === undefined ? base : { ...base, problem });
  const title = `${commandWords[command].title}: ${id}`;
  return respond(c, { ...frame(c, deps), title, main }, problem === undefined ? 200 : 422);
}

async function order(c: Ctx, deps: ApiDeps, id: string): Promise<Response> {
  const check = await checkForm(c, deps.config.api.url);
  if (check.status === 'refused') return refuse(c, deps, check.code, check.reason);
  const desk = deps.desks.get(id);
  if (desk === undefined) return unknownCluster(c, deps);
  const { form, caller } = check;
  const asked = { id, desk, form, csrf: caller.csrf, who: caller.id };
  if (form.confirm !== id) {
    const given = form.confirm === '' ? 'nothing' : `“${form.confirm}”`;
    return showPlan(c, deps, asked, `Nothing was done: you typed ${given}, the id is ${id}.`);
  }
  if (form.key === undefined)
    return refuse(
      c,
      deps,
      400,
      'The form has lost its key: begin again from the page of the cluster. Nothing was done.',
    );
  const { command, why, key } = form;
  const wanted = { command, who: caller.id, why, ...choicesOf(form), dryRun: false, idempotencyKey: key };
  const answer = await ask(deps, desk, wanted);
  const unsure = 'Whether it was done is not known: see the phase and the history of the cluster.';
  if (answer.status !== 'accepted') return notTaken(c, deps, asked, answer, unsure);
  return c.redirect(`/clusters/${encodeURIComponent(id)}?done=${command}`, 303);
}

/** What only some commands can be told. */
function choicesOf({ force, forMs }: OrderForm): Pick<Order, 'force' | 'forMs'> {
  return { ...(force ? { force } : {}), ...(forMs === undefined ? {} : { forMs }) };
}

type NotTaken = OrderAnswer | { readonly status: 'failed'; readonly reason: string };

async function ask(deps: ApiDeps, desk: ClusterDesk, wanted: Order): Promise<NotTaken> {
  const deadline = { what: 'the order', timeoutMs: orderTimeoutMs };
  try {
    return await withDeadline(deps.clock, deadline, () => desk.order(wanted));
  } catch (error) {
    return { status: 'failed', reason: reasonOf(error) };
  }
}

const sentBefore =
  'This form was sent before, and said something else then: see the phase and the history of the cluster.';

/** An order, or its plan, that did not come to `accepted` or `planned`. `unsure`: what to say when there was no answer. */
function notTaken(c: Ctx, deps: ApiDeps, { id, form }: Asked, answer: NotTaken, unsure: string): Promise<Response> {
  const failed = answer.status === 'failed';
  const title = `${commandWords[form.command].title}: ${failed ? 'no answer' : 'refused'}`;
  const reason = answer.status === 'planned' ? 'it was planned only' : answer.reason;
  const back = { href: `/clusters/${encodeURIComponent(id)}`, words: `Back to ${id}` };
  const after = failed ? unsure : answer.status === 'key-reused' ? sentBefore : 'Nothing was done.';
  const main = messageMain(title, [reason, after], back);
  return respond(c, { ...frame(c, deps), title, main }, failed ? 503 : 409);
}

async function see(deps: ApiDeps, id: string, desk: ClusterDesk): Promise<Seen> {
  const deadline = { what: `the state of ${id}`, timeoutMs: viewTimeoutMs };
  try {
    return { status: 'seen', id, view: await withDeadline(deps.clock, deadline, () => desk.view()) };
  } catch (error) {
    return { status: 'unseen', id, reason: reasonOf(error), at: deps.clock.now() };
  }
}

/** Messages of our own faults hold no secret; of others nobody knows what they hold. */
function reasonOf(error: unknown): string {
  return error instanceof LifeboatError ? error.message : 'an unexpected fault; the logs of Lifeboat have it';
}

/** Who is not signed in, or may not read, sees nothing of any cluster. `status`: for who is not signed in. */
function bar(c: Ctx, deps: ApiDeps, status: 200 | 401): Promise<Response> | undefined {
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

function refuse(c: Ctx, deps: ApiDeps, code: 400 | 401 | 403, reason: string): Promise<Response> {
  const main = messageMain(code === 401 ? 'Not signed in' : 'Not allowed', [reason], {
    href: '/',
    words: 'To the start',
  });
  return respond(c, { ...frame(c, deps), title: 'Lifeboat', main }, code);
}

function unknownCluster(c: Ctx, deps: ApiDeps): Promise<Response> {
  const main = messageMain('No such cluster', ['No cluster of this id is watched here.'], {
    href: '/',
    words: 'To the start',
  });
  return respond(c, { ...frame(c, deps), title: 'No such cluster', main }, 404);
}

function frame(c: Ctx, deps: ApiDeps): Pick<Page, 'caller' | 'version' | 'back'> {
  const caller = c.get('caller');
  return { caller, version: deps.version, back: caller?.scopes.has('view') === true && deps.desks.size > 1 };
}

function wantsPart(c: Ctx): boolean {
  return c.req.query('part') === 'main';
}
