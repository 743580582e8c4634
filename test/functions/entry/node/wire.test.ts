import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../functions/config/parse.ts';
import { wireNode } from '../../../../functions/entry/node/wire.ts';
import { formatEndpoint } from '../../../../functions/lib/endpoint.ts';
import { startByteServer } from '../../../fakes/byte-server.ts';
import { realClock as clock } from '../../../fakes/real-deps.ts';
import { configWith } from '../../config/example.ts';

describe('wireNode', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lifeboat-wire-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const wire = (secrets: Readonly<Record<string, string>>) => {
    const parsed = parseConfig(
      configWith({
        alerts: {
          channels: [{ kind: 'webhook', id: 'oncall', url: 'https://pager.example/', secret: { secret: 'PAGER' } }],
        },
      }),
    );
    if (parsed.status === 'invalid') throw new Error(JSON.stringify(parsed.problems));
    return wireNode(parsed.config, join(folder, 'lifeboat.config.ts'), (name) => secrets[name], clock);
  };
  const keys = { AXFR_KEY: 'c2VjcmV0', UPDATE_KEY: 'c2VjcmV0' };

  it('wires what the configuration names', async () => {
    const { clusters, lacking } = await wire({ ...keys, PAGER: 'x' });
    expect(lacking).toEqual([]);
    expect(clusters[0]?.standbys.map(({ provider }) => provider.label)).toEqual([
      'rfc2136 192.0.2.53:53 cluster.local.',
    ]);
  });

  it('dials the reference in each round, beside the targets', async () => {
    const server = await startByteServer(() => {});
    const nobody = await startByteServer(() => {});
    await nobody.close();
    const parsed = parseConfig(
      configWith({
        vantage: { reference: [formatEndpoint(server.endpoint)] },
        'clusters.0.apiServer.url': `https://${formatEndpoint(nobody.endpoint)}`,
        'clusters.0.dns.servers': [formatEndpoint(nobody.endpoint)],
      }),
    );
    if (parsed.status === 'invalid') throw new Error(JSON.stringify(parsed.problems));
    const runtime = await wireNode(
      parsed.config,
      join(folder, 'c.ts'),
      (name) => new Map(Object.entries({ ...keys, PAGER: 'x' })).get(name),
      clock,
    );
    const seen = (await runtime.clusters[0]?.probe([])) ?? [];
    await server.close();
    expect(seen.find(({ signal }) => signal === 'reference.connect')).toMatchObject({ condition: 'up' });
    expect(new Set(seen.map(({ target }) => target.kind))).toContain('dns');
  });

  it('does not need the key of the pager to act by hand, and says that it lacks it', async () => {
    const { clusters, lacking } = await wire(keys);
    expect(lacking).toEqual([expect.stringContaining('PAGER')]);
    const delivery = {} as never;
    expect(await clusters[0]?.channels[0]?.send(delivery, '')).toMatchObject({ status: 'retry' });
  });

  it('names the secret that is missing, and never a value', async () => {
    await expect(wire({ AXFR_KEY: 'c2VjcmV0' })).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/UPDATE_KEY .*UPDATE_KEY_FILE/),
    });
    const wrong = wire({ ...keys, UPDATE_KEY: 'not base64!' });
    await expect(wrong).rejects.toMatchObject({ code: 'config', message: expect.not.stringContaining('not base64!') });
  });
});
