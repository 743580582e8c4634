// A vantage's own link through the real API to a control port: both ends mean the same by every answer.
import { describe, expect, it } from 'vitest';
import { createApp } from '../../functions/api/app.ts';
import { sha256Hex } from '../../functions/lib/canonical.ts';
import { encodeSnapshot } from '../../functions/snapshot/codec.ts';
import { createMemoryStore } from '../../functions/stores/memory.ts';
import type { ClusterControl } from '../../functions/tasks/control/control-port.ts';
import { createVantageLink, type VantageLink } from '../../functions/vantage/agent/link.ts';
import { importPrivateKey } from '../../functions/vantage/protocol/keys.ts';
import { encodeReport, observationsPath, snapshotPath } from '../../functions/vantage/protocol/report.ts';
import { realRandom } from '../fakes/real-deps.ts';
import { closetKeys, createEar, type Ear, rackKeys, roundAt, snapshotOf } from '../fakes/vantage.ts';

const origin = 'https://lifeboat.example';
const token = `lb_${'x'.repeat(43)}`;

async function linkTo(
  ear: Ear,
  changes: { readonly token?: string; readonly privateKey?: string } = {},
): Promise<VantageLink> {
  const sha256 = await sha256Hex(token);
  const app = createApp({
    clock: ear.clock,
    random: realRandom,
    config: { api: { tokens: [{ id: 'rack', scopes: ['vantage'], sha256 }] } },
    controls: new Map([['prod', { report: (request) => ear.control.report(request) } as ClusterControl]]),
    sessions: createMemoryStore(),
    version: '0.0.0',
  });
  const options = {
    origin,
    token: changes.token ?? token,
    cluster: 'prod',
    vantage: 'rack',
    privateKey: await importPrivateKey(changes.privateKey ?? rackKeys.privateKey),
  };
  return createVantageLink({ clock: ear.clock, fetch: async (url, init) => app.request(url, init) }, options);
}

const report = (ear: Ear) => ({
  method: 'POST' as const,
  path: observationsPath,
  body: encodeReport(roundAt(ear.cluster, ear.clock.now()), []),
  timeoutMs: 1000,
});

describe('a link through the API', () => {
  it('delivers a round and a wanted snapshot, also after a restart of the control port', async () => {
    const ear = createEar();
    const link = await linkTo(ear);
    const asked = await ear.control.source('axfr').capture(['10.0.0.10:53'], { ticket: 'a' });
    expect(asked.status).toBe('asked');
    const sent = await link.send(report(ear));
    const want = sent.status === 'taken' ? sent.wants[0] : undefined;
    if (want === undefined) throw new Error(JSON.stringify(sent));
    const body = await encodeSnapshot(await snapshotOf(want.number, ear.clock.now()));
    const put = { method: 'PUT', path: snapshotPath(want.number), body, timeoutMs: 1000 } as const;
    expect(await link.send(put)).toEqual({ status: 'taken', wants: [] });
    expect(ear.answers).toMatchObject([{ ticket: 'a', outcome: { status: 'kept', snapshot: 1 } }]);
    ear.restart();
    await ear.pass(5000);
    expect(await link.send(report(ear))).toEqual({ status: 'taken', wants: [] });
    expect(ear.rounds).toHaveLength(2);
  });

  it('knows each refusal by its word, and a wrong token from a wrong key', async () => {
    const ear = createEar();
    const forged = await (await linkTo(ear, { privateKey: closetKeys.privateKey })).send(report(ear));
    expect(forged).toMatchObject({
      status: 'refused',
      refusal: 'bad-signature',
      reason: expect.stringMatching(/rack/),
    });
    const denied = await (await linkTo(ear, { token: `lb_${'y'.repeat(43)}` })).send(report(ear));
    expect(denied).toMatchObject({ status: 'failed', reason: expect.stringMatching(/token/) });
    const link = await linkTo(ear);
    const answers = [];
    for (let i = 0; i < 11; i++) answers.push(await link.send(report(ear)));
    expect(answers.at(-1)).toMatchObject({ status: 'refused', refusal: 'flooding', afterMs: expect.any(Number) });
    const unwanted = await (await linkTo(createEar())).send({ ...report(ear), method: 'PUT', path: snapshotPath(7) });
    expect(unwanted).toMatchObject({ status: 'refused', refusal: 'unwanted' });
  });
});
