// May this form act, and what does it say? The checks before anything is asked of a cluster; they carry nothing out.

import type { Context } from 'hono';
import { leastHoldMs, longestHoldMs } from '../../decision/machine/operator.ts';
import { cut } from '../../lib/clip.ts';
import { equalInConstantTime } from '../../lib/constant-time.ts';
import { duration, parseDuration } from '../../lib/duration.ts';
import { isPlainLine } from '../../lib/visible.ts';
import type { OperatorCommand } from '../../model/outage.ts';
import { readText } from '../body.ts';
import type { ApiEnv, Caller } from '../context.ts';
import { isFromOurPage } from '../same-origin.ts';
import { isCommand } from './order-words.ts';

export type FormCheck<Form> =
  | { readonly status: 'fine'; readonly form: Form; readonly caller: Caller & { readonly csrf: string } }
  | Refused;

interface Refused {
  readonly status: 'refused';
  readonly code: 400 | 401 | 403;
  readonly reason: string;
}

/** What every form that acts says. */
interface AnyForm {
  /** Never empty. */
  readonly why: string;
  readonly confirm: string;
  /** Undefined when it has not the form of one that we made. */
  readonly key: string | undefined;
}

export interface OrderForm extends AnyForm {
  readonly command: OperatorCommand;
  /** The box was ticked that a failback which would be refused shows. */
  readonly force: boolean;
  /** The box was ticked that a failback shows where another deployment keeps a zone. */
  readonly takeOver: boolean;
  /** Of a hold: how long; undefined: until it is released. */
  readonly forMs: number | undefined;
}

/** Lets out what the page showed as held back from one standby. */
export interface ReleaseForm extends AnyForm {
  readonly standby: string;
  /** Of the changes that were shown. */
  readonly digest: string;
}

const maxWhyCharacters = 200;
const maxConfirmCharacters = 100;
const maxStandbyCharacters = 300;

/**
 * | check                                                              | else |
 * |--------------------------------------------------------------------|------|
 * | signed in                                                          | 401  |
 * | with a session: a bearer token belongs to the API, not to forms    | 403  |
 * | scope `operate`                                                    | 403  |
 * | `Sec-Fetch-Site`, when sent, is `same-origin`                      | 403  |
 * | `Origin`, when sent, is ours                                       | 403  |
 * | the form's `csrf` is the session's                                 | 403  |
 * | a reason that the API would take                                   | 400  |
 * | a known command                                                    | 400  |
 * | of a hold: a time that the API would take, or none                 | 400  |
 * | of held deletes: a standby, and the digest of what was shown       | 400  |
 */
async function checkAny(
  c: Context<ApiEnv>,
  ownOrigin: string | undefined,
): Promise<FormCheck<AnyForm & { readonly fields: ReadonlyMap<string, string> }>> {
  const caller = c.get('caller');
  if (caller === undefined) return refused(401, 'You are not signed in (any more). Nothing was done.');
  const { csrf } = caller;
  if (csrf === undefined)
    return refused(403, 'Forms work in a session only; with a bearer token use the API. Nothing was done.');
  if (!caller.scopes.has('operate')) return refused(403, 'Your token may read but not act. Nothing was done.');
  if (!isFromOurPage(c, ownOrigin, 'form'))
    return refused(403, 'The form was sent from another site. Nothing was done.');
  const fields = await readFields(c);
  if (!equalInConstantTime(fields.get('csrf') ?? '', csrf))
    return refused(403, 'The form is not of this session: reload the page and try again. Nothing was done.');
  const why = whyOf(fields);
  if (!isPlainLine(why)) {
    const what = 'The reason holds control characters, or some that turn the direction of text';
    return refused(400, `${what}: write it anew. Nothing was done.`);
  }
  const key = fields.get('key') ?? '';
  const form = {
    fields,
    why,
    confirm: cut((fields.get('confirm') ?? '').trim(), maxConfirmCharacters),
    key: /^[0-9a-f]{32}$/.test(key) ? key : undefined,
  };
  return { status: 'fine', form, caller: { ...caller, csrf } };
}

/** Of a command's two steps, by the table above. */
export async function checkForm(c: Context<ApiEnv>, ownOrigin: string | undefined): Promise<FormCheck<OrderForm>> {
  const check = await checkAny(c, ownOrigin);
  if (check.status === 'refused') return check;
  const { fields, ...said } = check.form;
  const command = fields.get('command') ?? '';
  if (!isCommand(command)) return refused(400, 'The form names no command that Lifeboat knows. Nothing was done.');
  const time = command === 'hold' ? (fields.get('for') ?? '').trim() : '';
  const forMs = time === '' ? undefined : parseDuration(time);
  if (time !== '' && (forMs === undefined || forMs < leastHoldMs || forMs > longestHoldMs)) {
    const limits = `from ${duration(leastHoldMs)} to ${duration(longestHoldMs)}`;
    return refused(400, `The time of the hold is none ${limits}: write 30m, 2h or 1d. Nothing was done.`);
  }
  const ticked = (name: string) => command === 'failback' && fields.get(name) === 'yes';
  const form = { ...said, command, force: ticked('force'), takeOver: ticked('take-over'), forMs };
  return { ...check, form };
}

/** Of the form that lets held deletes out, by the table above. */
export async function checkRelease(c: Context<ApiEnv>, ownOrigin: string | undefined): Promise<FormCheck<ReleaseForm>> {
  const check = await checkAny(c, ownOrigin);
  if (check.status === 'refused') return check;
  const { fields, ...said } = check.form;
  const [standby = '', digest = ''] = [fields.get('standby'), fields.get('digest')];
  const isStandby = standby !== '' && standby.length <= maxStandbyCharacters && isPlainLine(standby);
  if (!isStandby || !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    const reason = 'The form does not say what it showed: begin again from the page of the cluster. Nothing was done.';
    return refused(400, reason);
  }
  return { ...check, form: { ...said, standby, digest } };
}

/** The reason as it is kept: cut, and on one line, as a field of one line holds it. */
function whyOf(fields: ReadonlyMap<string, string>): string {
  const line = (fields.get('why') ?? '').replace(/[\r\n\t]+/g, ' ').trim();
  const within = cut(line, maxWhyCharacters);
  return within.trim() || 'by hand';
}

/** A few short fields take less. */
const maxFormBytes = 8192;

/** The text fields of a form; of a body that is none, or far too long for one, nothing. */
async function readFields(c: Context<ApiEnv>): Promise<ReadonlyMap<string, string>> {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(c.req.header('content-type') ?? '');
  const body = isForm ? await readText(c, maxFormBytes) : undefined;
  return new Map(body?.status === 'ok' ? new URLSearchParams(body.value) : []);
}

function refused(code: 400 | 401 | 403, reason: string): Refused {
  return { status: 'refused', code, reason };
}
