// The Worker as a watch of the story: a deployment with a token for its API, started in workerd, asked over HTTP.
import { createHash, randomBytes } from 'node:crypto';
import { type Deployment, hasVerdict } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import { startWorker, type WorkerProcess } from '../../../lab/processes/worker-process.ts';
import { clusterId, type DeploymentOptions } from '../../../lab/scenario/deployment.ts';

export interface ApiToken {
  readonly token: string;
  /** What goes into the configuration. */
  readonly extra: NonNullable<DeploymentOptions['extra']>;
}

export function createApiToken(): ApiToken {
  const token = `lbt_${randomBytes(32).toString('base64url')}`;
  return { token, extra: { api: { tokens: [{ id: 'oncall', scopes: ['view', 'operate'], sha256: hashOf(token) }] } } };
}

/** What the configuration holds of a token. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Starts the Worker, makes it watch as cron does, and waits for its first verdict of the API server. */
export async function startWorkerWatch(deployment: Deployment): Promise<WorkerProcess> {
  const worker = await startWorker(deployment);
  await worker.cron();
  await poll('first verdict of the Worker', () => (hasVerdict(worker) ? true : undefined));
  return worker;
}

/** One request to the API of the Worker, as JSON. */
export async function ask(
  { url }: Pick<WorkerProcess, 'url'>,
  token: string,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

/** An operator's command, confirmed. */
export function order(worker: Pick<WorkerProcess, 'url'>, token: string, command: string, more: object = {}) {
  return ask(worker, token, `/v1/clusters/${clusterId}/${command}`, { confirm: clusterId, why: 'the story', ...more });
}
