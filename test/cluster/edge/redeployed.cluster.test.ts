// Another configuration over the same state: nothing is lost, whatever changes. No real cluster.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import { createRunFolder } from '../../../lab/processes/run-folder.ts';
import { startWorker, type WorkerProcess } from '../../../lab/processes/worker-process.ts';
import { createTsigKey } from '../../../lab/processes/zone.ts';
import { ask, createApiToken } from './worker.ts';

const { token, extra } = createApiToken();
const key = createTsigKey('redeployed.test.');

interface View {
  readonly phase: string;
  readonly transitions: readonly { readonly to: string; readonly by: string | null }[];
  readonly standbys: Readonly<Record<string, object>>;
  readonly watch: { readonly intervalMs: number; readonly lastRoundAt: number | null };
}

describe('a deployment with another configuration', () => {
  const folder = join(createRunFolder(), 'lifeboat');
  let worker: WorkerProcess;

  beforeAll(async () => {
    mkdirSync(folder);
    worker = await startWorker(deployment([cluster('one', { probe: { intervalMs: 1_000, timeoutMs: 300 } })]));
    await worker.cron();
    const body = { confirm: 'one', why: 'kept' };
    await poll(
      'hold',
      async () => (await ask(worker, token, '/v1/clusters/one/hold', body)).status === 202 || undefined,
    );
  }, 60_000);

  afterAll(() => worker?.stop());

  const view = async (id: string) => (await ask(worker, token, `/v1/clusters/${id}`)).body as unknown as View;
  const redeploy = async (clusters: readonly object[]) => {
    await worker.stop();
    worker = await startWorker(deployment(clusters));
    await worker.cron();
  };

  it('goes on where the last one was, with other times, another standby and one cluster more', async () => {
    const changed = {
      probe: { intervalMs: 1_500, timeoutMs: 400 },
      standby: [standby('127.0.0.1:4'), standby('127.0.0.1:5')],
    };
    await redeploy([cluster('two', {}), cluster('one', changed)]);
    const seen = await view('one');
    expect(seen).toMatchObject({ phase: 'held', watch: { intervalMs: 1_500 } });
    expect(seen.transitions.find(({ to }) => to === 'held')?.by).toBe('oncall');
    await poll('a round', async () => ((await view('one')).watch.lastRoundAt ?? 0) > 0 || undefined);
    expect(Object.keys((await view('one')).standbys)).toHaveLength(2);
    expect((await view('two')).phase).not.toBe('held');
  }, 60_000);

  it('leaves the state of a cluster alone that it does not have, until one has it again', async () => {
    await redeploy([cluster('two', {})]);
    expect((await ask(worker, token, '/v1/clusters/one')).status).toBe(404);
    await redeploy([cluster('one', {})]);
    expect((await view('one')).phase).toBe('held');
  }, 60_000);

  function deployment(clusters: readonly object[]): Deployment {
    const configFile = join(folder, 'lifeboat.config.ts');
    writeFileSync(configFile, `export default ${JSON.stringify({ ...extra, clusters })};\n`);
    return { folder, configFile, secrets: { API_TOKEN: 'no-token-is-asked', KEY: key.secret } };
  }
});

function standby(server: string): object {
  return { kind: 'rfc2136', server, tsig: { name: key.name, secret: { secret: 'KEY' } } };
}

/** Nobody listens where it is. */
function cluster(id: string, changes: object): object {
  const port = id === 'one' ? 1 : 2;
  return {
    id,
    apiServer: {
      url: `https://127.0.0.1:${port}`,
      identity: { kind: 'token', secret: { secret: 'API_TOKEN' } },
      slowMs: 200,
    },
    dns: { servers: [`127.0.0.1:${port}`] },
    standby: [standby(`127.0.0.1:${port + 10}`)],
    ...changes,
  };
}
