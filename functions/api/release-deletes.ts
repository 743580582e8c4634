// Lets held deletes out: those that were shown, named by standby and digest, confirmed by typing the cluster's id. A dry run shows them.
import { z } from 'zod';
import { isPlainLine } from '../lib/visible.ts';
import { type ClusterControl, maxWhyCharacters } from '../tasks/control/control-port.ts';
import { readJson } from './body.ts';
import type { ApiDeps } from './context.ts';
import { maxBodyBytes, readKey, responseTo, unconfirmed } from './orders.ts';
import { problem } from './problem.ts';
import { type ApiContext, atCluster, type Route } from './routes.ts';

const takes = {
  confirm: "the cluster's id, typed",
  standby: 'the id of a standby, as in held',
  digest: 'that of what is held, as in held; needed unless it is a dry run',
  why: `one line of at most ${maxWhyCharacters} characters`,
  dryRun: 'true or false',
};
const bodyShape = z.strictObject({
  confirm: z.string().optional(),
  standby: z.string().min(1).max(300).refine(isPlainLine),
  digest: z.string().max(200).refine(isPlainLine).default(''),
  why: z.string().max(maxWhyCharacters).refine(isPlainLine).default('by hand'),
  dryRun: z.boolean().default(false),
});

export function releaseRoutes(deps: ApiDeps): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/clusters/:id/release-deletes',
      scope: 'operate',
      handle: atCluster(deps, release),
    },
  ];
}

async function release(control: ClusterControl, c: ApiContext, id: string): Promise<Response> {
  const key = readKey(c.req.header('Idempotency-Key'));
  if (key.status === 'problem') return key.response;
  const body = await readJson(c, bodyShape, { maxBytes: maxBodyBytes, takes });
  if (body.status === 'problem') return body.response;
  const { confirm, standby, digest, why, dryRun } = body.value;
  if (confirm !== id && !(dryRun && confirm === undefined)) return unconfirmed(id, 'release-deletes', confirm);
  if (digest === '' && !dryRun)
    return problem('field', {
      detail: 'nothing was done: what is to be let out?',
      field: 'digest',
      want: takes.digest,
    });
  const answer = await control.order({
    command: 'release-deletes',
    standby,
    digest,
    who: c.var.caller?.id ?? '',
    why: why.trim() === '' ? 'by hand' : why.trim(),
    dryRun,
    ...(key.value === undefined || dryRun ? {} : { idempotencyKey: key.value }),
  });
  return responseTo(answer, id);
}
