// Fifty targets, the standby and a pager that all accept and say nothing: a page still leaves as soon as the policy lets it. No real cluster.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../../lab/processes/certificates.ts';
import type { Deployment } from '../../../lab/processes/lifeboat-process.ts';
import { createRunFolder } from '../../../lab/processes/run-folder.ts';
import { startWorker, type WorkerProcess } from '../../../lab/processes/worker-process.ts';
import { createTsigKey } from '../../../lab/processes/zone.ts';
import { type ByteServer, startByteServer } from '../../fakes/byte-server.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../processes/webhook-receiver.ts';
import { ask, createApiToken } from './worker.ts';

const targets = 50;
const intervalMs = 2_000;
const timeoutMs = 1_500;
const downRounds = 3;
const { token, extra } = createApiToken();
const id = 'hung';

describe('fifty hung targets', () => {
  const servers: ByteServer[] = [];
  let webhook: WebhookReceiver;
  let worker: WorkerProcess;

  beforeAll(async () => {
    const hang = async () => {
      const server = await startByteServer((socket) => socket.resume());
      servers.push(server);
      return `127.0.0.1:${server.endpoint.port}`;
    };
    const dns: string[] = [];
    for (let i = 0; i < targets - 1; i++) dns.push(await hang());
    const [api, standby, pager] = [await hang(), await hang(), await hang()];
    webhook = await startWebhookReceiver();
    worker = await startWorker(await deploy({ dns, api, standby, pager, webhook }));
    await worker.cron();
  }, 60_000);

  afterAll(async () => {
    await worker?.stop();
    await Promise.all([webhook?.close(), ...servers.map((server) => server.close())]);
  });

  it('page within the rounds of the policy, and the ticks go on', async () => {
    const first = await worker.saw('a bad verdict', ({ verdicts }) => verdicts?.apiserver?.condition === 'down');
    const page = await webhook.paged(`${id}/activation/1`);
    const active = await worker.saw('phase active', ({ phase }) => phase === 'active');
    const [sinceMs, decidedMs] = [page.receivedAtMs - first.at, page.receivedAtMs - active.at];
    console.log(`hung: page ${sinceMs} ms after the first bad verdict, ${decidedMs} ms after it was decided`);
    // The rounds that confirm it, and one more for a machine that is small.
    expect(sinceMs).toBeLessThan(downRounds * intervalMs);
    const before = await rounds();
    await new Promise((resolve) => setTimeout(resolve, 4 * intervalMs));
    expect((await rounds()) - before).toBeGreaterThan(2 * intervalMs);
  }, 60_000);

  it('see every target, and say so', async () => {
    const { body } = await ask(worker, token, `/v1/clusters/${id}`);
    const verdicts = Object.values(body.verdicts as Readonly<Record<string, { readonly condition: string }>>);
    // And the standby.
    expect(verdicts).toHaveLength(targets + 1);
    expect(verdicts.every(({ condition }) => condition === 'down')).toBe(true);
    expect(worker.lines().filter(({ fault }) => fault !== undefined)).toEqual([]);
  });

  /** When the last round ended. */
  async function rounds(): Promise<number> {
    const { watch } = (await ask(worker, token, `/v1/clusters/${id}`)).body;
    return (watch as { readonly lastRoundAt: number }).lastRoundAt;
  }
});

interface Places {
  readonly dns: readonly string[];
  readonly api: string;
  readonly standby: string;
  readonly pager: string;
  readonly webhook: WebhookReceiver;
}

async function deploy({ dns, api, standby, pager, webhook }: Places): Promise<Deployment> {
  const folder = join(createRunFolder(), 'lifeboat');
  mkdirSync(folder);
  const secret = (name: string) => ({ secret: name });
  const key = createTsigKey('hung.test.');
  const config = {
    ...extra,
    clusters: [
      {
        id,
        apiServer: {
          url: `https://${api}`,
          ca: { pem: (await createAuthority('Root')).certificate },
          identity: { kind: 'token', secret: secret('API_TOKEN') },
          slowMs: 500,
        },
        dns: { servers: dns },
        probe: { intervalMs, timeoutMs },
        policy: { downRounds, dwellMs: 0 },
        standby: [{ kind: 'rfc2136', server: standby, tsig: { name: key.name, secret: secret('KEY') } }],
      },
    ],
    alerts: {
      channels: [
        { kind: 'webhook', id: 'hung', url: `http://${pager}/`, secret: secret('KEY'), timeoutMs: 20_000 },
        { kind: 'webhook', id: 'oncall', url: webhook.url, secret: secret('WEBHOOK_KEY') },
      ],
    },
  };
  const configFile = join(folder, 'lifeboat.config.ts');
  writeFileSync(configFile, `export default ${JSON.stringify(config)};\n`);
  return {
    folder,
    configFile,
    secrets: { API_TOKEN: 'no-token-is-asked', KEY: key.secret, WEBHOOK_KEY: webhook.secret },
  };
}
