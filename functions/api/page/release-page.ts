// Lets out what a guard holds back from a standby, in two steps: the names with the form that confirms them, and the answer in words. What goes
// out is what the form showed, by its digest.
import { toHex } from '../../lib/canonical.ts';
import type { ClusterControl } from '../../tasks/control/control-port.ts';
import type { ApiDeps } from '../context.ts';
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
} from './answers.ts';
import { checkRelease, type ReleaseForm } from './form-checks.ts';
import { respond } from './layout.ts';
import { messageMain } from './plain-pages.ts';
import { releaseMain, releasePath, releaseTitle } from './release-form.ts';

/** The names, and the form for who may act. */
export async function showHeld(c: Ctx, deps: ApiDeps, id: string): Promise<Response> {
  const barred = bar(c, deps, 401);
  if (barred !== undefined) return barred;
  const control = deps.controls.get(id);
  if (control === undefined) return unknownCluster(c, deps);
  return showForm(c, deps, { id, control, standby: c.req.query('standby') ?? '' });
}

interface Shown {
  readonly id: string;
  readonly control: ClusterControl;
  readonly standby: string;
  /** What was sent, when it was not taken. */
  readonly sent?: ReleaseForm;
}

async function showForm(c: Ctx, deps: ApiDeps, { id, control, standby, sent }: Shown): Promise<Response> {
  const seen = await see(deps, id, control);
  if (seen.status === 'unseen') return say(c, deps, id, [seen.reason, 'Nothing was done.'], 503);
  const { machine } = seen.view.record;
  const held = Object.hasOwn(seen.view.held, standby) ? seen.view.held[standby] : undefined;
  if (held === undefined) {
    const isKnown = Object.hasOwn(machine.standbys, standby);
    const why = isKnown ? 'What is held back from it is not known now.' : 'There is no such standby.';
    return say(c, deps, id, [why, 'Nothing was done.'], isKnown ? 503 : 404);
  }
  if (held.releasable === 0) return say(c, deps, id, [`No guard holds anything back from ${standby}.`], 200);
  // Something else is held by now: these are other names, and what confirms them is another order.
  const isSame = sent?.digest === held.digest;
  const caller = c.get('caller');
  const key = (isSame ? sent.key : undefined) ?? toHex(deps.random.bytes(16));
  const mayAct = caller?.csrf !== undefined && caller.scopes.has('operate');
  const acting = mayAct ? { csrf: caller.csrf, key, why: sent?.why ?? '' } : undefined;
  const base = { id, standby, held, at: seen.view.at, acting };
  const title = `${releaseTitle}: ${id}`;
  if (sent === undefined) return respond(c, { ...frame(c, deps), title, main: releaseMain(base) });
  const changed = isSame ? '' : ' Something else is held back by now: look at the names again.';
  const main = releaseMain({ ...base, problem: `${mistyped(sent.confirm, id)}${changed}` });
  return respond(c, { ...frame(c, deps), title, main }, 422);
}

/** Carries it out when the id was typed. Sent again it is answered as the first time, by its key. */
export async function letOut(c: Ctx, deps: ApiDeps, id: string): Promise<Response> {
  const check = await checkRelease(c, deps.config.api.url);
  if (check.status === 'refused') return refuse(c, deps, check.code, check.reason);
  const control = deps.controls.get(id);
  if (control === undefined) return unknownCluster(c, deps);
  const { form, caller } = check;
  const { standby, digest, why, key } = form;
  if (form.confirm !== id) return showForm(c, deps, { id, control, standby, sent: form });
  if (key === undefined) return refuse(c, deps, 400, lostKey);
  const wanted = { standby, digest, who: caller.id, why, dryRun: false, idempotencyKey: key };
  const answer = await ask(deps, control, { command: 'release-deletes', ...wanted });
  if (answer.status === 'accepted')
    return say(c, deps, id, [`${answer.reason}.`, 'Until then they stand in the list of what is held back.'], 200);
  const back = { href: releasePath(id, standby), words: 'Look at what is held back' };
  return notTaken(c, deps, { title: releaseTitle, back, unsure: unsureWords }, answer);
}

function say(c: Ctx, deps: ApiDeps, id: string, words: readonly string[], code: 200 | 404 | 503): Promise<Response> {
  const title = `${releaseTitle}: ${id}`;
  const main = messageMain(title, words, { href: pathOf(id), words: `Back to ${id}` });
  return respond(c, { ...frame(c, deps), title, main }, code);
}
