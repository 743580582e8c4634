import { afterEach, describe, expect, it } from 'vitest';
import { LifeboatError } from '../../functions/lib/errors.ts';
import { type NetworkReason, networkError } from '../../functions/lib/network.ts';
import { createNodeNetwork } from '../../functions/networks/node.ts';
import { probeReference, type ReferenceDeps } from '../../probes/reference.ts';
import { type ByteServer, startByteServer } from '../fakes/byte-server.ts';
import { realClock as clock } from '../fakes/real-deps.ts';

const context = { cluster: 'prod', vantage: 'local', group: 'local' };
const node: ReferenceDeps = { network: createNodeNetwork(), clock };
const words = (seen: Awaited<ReturnType<typeof probeReference>>) =>
  seen.map(({ target, signal, condition, reason }) => `${target.kind} ${signal} ${condition} ${reason}`);

describe('a reference', () => {
  let server: ByteServer | undefined;
  afterEach(() => server?.close());

  it('that takes a connection is up, and gets nothing', async () => {
    let got = 0;
    server = await startByteServer((socket) => {
      socket.on('data', (bytes) => {
        got += bytes.length;
      });
    });
    const seen = await probeReference(node, [server.endpoint], 500, context);
    expect(words(seen)).toEqual(['reference reference.connect up none']);
    expect(seen[0]).toMatchObject({ ...context, evidence: expect.stringContaining('takes connections') });
    expect(got).toBe(0);
  });

  it('that refuses is up: somebody answered', async () => {
    const closed = await startByteServer(() => {});
    await closed.close();
    const seen = await probeReference(node, [closed.endpoint], 500, context);
    expect(words(seen)).toEqual(['reference reference.connect up none']);
  });

  it.each<[unknown, string]>([
    [networkError('unreachable', 'no route'), 'unreachable'],
    [networkError('closed', 'connection lost'), 'closed'],
    [networkError('other' satisfies NetworkReason, 'who knows'), 'no-connection'],
    [new LifeboatError('timeout', 'nothing within 500 ms'), 'timeout'],
  ])('that gives %s is down', async (error, reason) => {
    const network = { connect: () => Promise.reject(error) };
    const several = [
      { host: '192.0.2.1', port: 443 },
      { host: '192.0.2.2', port: 443 },
    ];
    const seen = await probeReference({ network, clock }, several, 500, context);
    const down = `reference reference.connect down ${reason}`;
    expect(words(seen)).toEqual([down, down]);
    expect(seen.map(({ target }) => target.id)).toEqual(['192.0.2.1:443', '192.0.2.2:443']);
  });
});
