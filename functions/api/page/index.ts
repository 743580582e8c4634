// The page: reads clusters through their control ports, and orders by plain forms. It works without script; assets/ makes it live.
import { Hono } from 'hono';
import { keptWords } from '../../alerts/catalogue/entry.ts';
import { keepingOf } from '../../decision/machine/selectors.ts';
import { toHex } from '../../lib/canonical.ts';
import type { ClusterControl, Order } from '../../tasks/control/control-port.ts';
import type { ApiDeps, ApiEnv } from '../context.ts';
import {
  ask,
  bar,
  type Ctx,
  frame,
  lostKey,
  mistyped,
  notTaken,
  pathOf,
  refuse,
  see,
  unknownCluster,
  unsureWords,
  wantsPart,
} from './answers.ts';
import { clusterMain, listMain, titleOf } from './cluster-page.ts';
import { checkForm, type OrderForm } from './form-checks.ts';
import { respond, respondPart } from './layout.ts';
import { planMain } from './order-pages.ts';
import { commandWords, isCommand } from './order-words.ts';
import { letOut, showHeld } from './release-page.ts';

/** Mounted at `/`. */
export function dashboardRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.get('/', (c) => home(c, deps));
  app.get('/clusters/:id', (c) => cluster(c, deps, c.req.param('id')));
  app.post('/clusters/:id/plan', (c) => plan(c, deps, c.req.param('id')));
  app.post('/clusters/:id/orders', (c) => order(c, deps, c.req.param('id')));
  app.get('/clusters/:id/release-deletes', (c) => showHeld(c, deps, c.req.param('id')));
  app.post('/clusters/:id/release-deletes', (c) => letOut(c, deps, c.req.param('id')));
  return app;
}

async function home(c: Ctx, deps: ApiDeps): Promise<Response> {
  const barred = bar(c, deps, 200);
  if (barred !== undefined) return barred;
  const [only, ...others] = deps.controls.keys();
  if (only !== undefined && others.length === 0) return cluster(c, deps, only);
  const all = await Promise.all([...deps.controls].map(([id, control]) => see(deps, id, control)));
  const main = listMain(all, deps.clock.now());
  if (wantsPart(c)) return respondPart(c, main);
  return respond(c, { ...frame(c, deps), title: 'Lifeboat', main, live: {} });
}

async function cluster(c: Ctx, deps: ApiDeps, id: string): Promise<Response> {
  const barred = bar(c, deps, 401);
  if (barred !== undefined) return barred;
  const caller = c.get('caller');
  const control = deps.controls.get(id);
  if (caller === undefined || control === undefined) return unknownCluster(c, deps);
  const seen = await see(deps, id, control);
  const done = c.req.query('done') ?? '';
  const main = clusterMain(seen, caller, isCommand(done) ? done : undefined);
  if (wantsPart(c)) return respondPart(c, main);
  const page = { ...frame(c, deps), title: titleOf(seen), main, live: { cluster: id } };
  return respond(c, page, seen.status === 'seen' ? 200 : 503);
}

async function plan(c: Ctx, deps: ApiDeps, id: string): Promise<Response> {
  const check = await checkForm(c, deps.config.api.url);
  if (check.status === 'refused') return refuse(c, deps, check.code, check.reason);
  const control = deps.controls.get(id);
  if (control === undefined) return unknownCluster(c, deps);
  return showPlan(c, deps, { id, control, form: check.form, csrf: check.caller.csrf, who: check.caller.id });
}

interface Asked {
  readonly id: string;
  readonly control: ClusterControl;
  readonly form: OrderForm;
  readonly csrf: string;
  readonly who: string;
}

async function showPlan(c: Ctx, deps: ApiDeps, asked: Asked, problem?: string): Promise<Response> {
  const { id, control, form, csrf, who } = asked;
  const { command, why } = form;
  const answer = await ask(deps, control, { command, who, why, ...choicesOf(form), dryRun: true });
  if (answer.status !== 'planned') return notTaken(c, deps, failedOf(asked, 'Nothing was done.'), answer);
  const key = form.key ?? toHex(deps.random.bytes(16));
  const base = { id, form, words: answer.words, csrf, key, canForce: answer.canForce, kept: await keptBy(deps, asked) };
  const main = planMain(problem === undefined ? base : { ...base, problem });
  const title = `${commandWords[command].title}: ${id}`;
  return respond(c, { ...frame(c, deps), title, main }, problem === undefined ? 200 : 422);
}

async function order(c: Ctx, deps: ApiDeps, id: string): Promise<Response> {
  const check = await checkForm(c, deps.config.api.url);
  if (check.status === 'refused') return refuse(c, deps, check.code, check.reason);
  const control = deps.controls.get(id);
  if (control === undefined) return unknownCluster(c, deps);
  const { form, caller } = check;
  const asked = { id, control, form, csrf: caller.csrf, who: caller.id };
  if (form.confirm !== id) return showPlan(c, deps, asked, mistyped(form.confirm, id));
  if (form.key === undefined) return refuse(c, deps, 400, lostKey);
  const { command, why, key } = form;
  const wanted = { command, who: caller.id, why, ...choicesOf(form), dryRun: false, idempotencyKey: key };
  const answer = await ask(deps, control, wanted);
  if (answer.status !== 'accepted') return notTaken(c, deps, failedOf(asked, unsureWords), answer);
  return c.redirect(`${pathOf(id)}?done=${command}`, 303);
}

function failedOf({ id, form }: Asked, unsure: string) {
  return { title: commandWords[form.command].title, back: { href: pathOf(id), words: `Back to ${id}` }, unsure };
}

/** Who keeps or froze a zone in our place, one line each: only then a failback can be told to take it over. */
async function keptBy(deps: ApiDeps, { id, control, form }: Asked): Promise<readonly string[]> {
  if (form.command !== 'failback') return [];
  const seen = await see(deps, id, control);
  if (seen.status === 'unseen') return [];
  return Object.entries(seen.view.record.machine.standbys).flatMap(([id, standby]) => {
    const why = keptWords(keepingOf(standby)) || standby.fence;
    return why === '' ? [] : [`${id}: ${why}`];
  });
}

/** What only some commands can be told. */
function choicesOf({ force, takeOver, forMs }: OrderForm): Pick<Order, 'force' | 'takeOver' | 'forMs'> {
  return {
    ...(force ? { force } : {}),
    ...(takeOver ? { takeOver } : {}),
    ...(forMs === undefined ? {} : { forMs }),
  };
}
