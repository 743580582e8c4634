// An operator's orders: confirmed by typing the cluster's id, done once however often they are sent, and first asked about if wanted.
import { z } from 'zod';
import { leastHoldMs, longestHoldMs } from '../decision/machine/operator.ts';
import { assertNever } from '../lib/assert.ts';
import { isPlainLine } from '../lib/visible.ts';
import { type OperatorCommand, operatorCommands } from '../model/outage.ts';
import { type ClusterControl, maxWhyCharacters, type OrderAnswer } from '../tasks/control/control-port.ts';
import { type Read, readJson } from './body.ts';
import type { ApiDeps } from './context.ts';
import { problem } from './problem.ts';
import { type ApiContext, atCluster, type Route } from './routes.ts';

export const maxBodyBytes = 16_384;
export const maxKeyCharacters = 128;

const takes = {
  confirm: "the cluster's id, typed",
  why: `one line of at most ${maxWhyCharacters} characters`,
  dryRun: 'true or false',
  takeOver: 'true or false; of a failback only',
  force: 'true or false; of a failback only',
  forSeconds: `a whole number from ${leastHoldMs / 1000} to ${longestHoldMs / 1000}; of a hold only`,
};
const bodyShape = z.strictObject({
  confirm: z.string().optional(),
  why: z.string().max(maxWhyCharacters).refine(isPlainLine).default('by hand'),
  dryRun: z.boolean().default(false),
  takeOver: z.boolean().default(false),
  force: z.boolean().default(false),
  forSeconds: z
    .int()
    .min(leastHoldMs / 1000)
    .max(longestHoldMs / 1000)
    .optional(),
});

export function orderRoutes(deps: ApiDeps): readonly Route[] {
  return operatorCommands.map((command) => ({
    method: 'POST',
    path: `/v1/clusters/:id/${command}`,
    scope: 'operate',
    handle: atCluster(deps, (control, c, id) => obey(control, c, id, command)),
  }));
}

async function obey(control: ClusterControl, c: ApiContext, id: string, command: OperatorCommand): Promise<Response> {
  const key = readKey(c.req.header('Idempotency-Key'));
  if (key.status === 'problem') return key.response;
  const body = await readJson(c, bodyShape, { maxBytes: maxBodyBytes, takes });
  if (body.status === 'problem') return body.response;
  const { confirm, why, dryRun, takeOver, force, forSeconds } = body.value;
  if (takeOver && command !== 'failback') return notOf(command, 'takeOver', takeOver, 'failback');
  if (force && command !== 'failback') return notOf(command, 'force', force, 'failback');
  if (forSeconds !== undefined && command !== 'hold') return notOf(command, 'forSeconds', forSeconds, 'hold');
  if (confirm !== id && !(dryRun && confirm === undefined)) return unconfirmed(id, command, confirm);
  const answer = await control.order({
    command,
    who: c.var.caller?.id ?? '',
    why: why.trim() === '' ? 'by hand' : why.trim(),
    dryRun,
    ...(takeOver ? { takeOver } : {}),
    ...(force ? { force } : {}),
    ...(forSeconds === undefined ? {} : { forMs: forSeconds * 1000 }),
    // A dry run does nothing that could be done twice, and must not use the key up.
    ...(key.value === undefined || dryRun ? {} : { idempotencyKey: key.value }),
  });
  return responseTo(answer, id);
}

export function unconfirmed(id: string, command: string, got: string | undefined): Response {
  return problem('confirmation', {
    detail: `nothing was done: to ${command} ${id}, type its id: "confirm": "${id}"`,
    field: 'confirm',
    got: got ?? 'nothing',
    want: id,
  });
}

function notOf(command: OperatorCommand, field: string, got: unknown, only: OperatorCommand): Response {
  return problem('field', {
    detail: `nothing was done: a ${command} takes no ${field}`,
    field,
    got: String(got),
    want: `no such field: only a ${only} takes it`,
  });
}

/** A key in quotes, as draft-ietf-httpapi-idempotency-key-header has it, or bare, as many send it. */
export function readKey(header: string | undefined): Read<string | undefined> {
  if (header === undefined) return { status: 'ok', value: undefined };
  const quoted = /^"(.*)"$/s.exec(header)?.[1];
  const key = quoted ?? header;
  if (/^[\x21-\x7e]+$/.test(key) && !/["\\,]/.test(key) && key.length <= maxKeyCharacters)
    return { status: 'ok', value: key };
  const response = problem('malformed', {
    detail: 'the idempotency key cannot be used',
    field: 'Idempotency-Key',
    got: header,
    want: `1 to ${maxKeyCharacters} characters of printable ASCII but space, comma, quote and backslash, in quotes or bare`,
  });
  return { status: 'problem', response };
}

export function responseTo(answer: OrderAnswer, id: string): Response {
  switch (answer.status) {
    case 'planned':
      return Response.json(answer);
    case 'accepted':
      return Response.json(answer, { status: 202, headers: { Location: `/v1/clusters/${id}` } });
    case 'refused':
      return problem('refused', { detail: answer.reason, more: { phase: answer.phase } });
    case 'key-reused':
      return problem('key-reused', {
        detail: answer.reason,
        field: 'Idempotency-Key',
        want: 'a new key for a new order',
      });
    default:
      return assertNever(answer, 'answer to an order');
  }
}
