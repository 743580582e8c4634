// A large zone, signed: as Lifeboat's own client sees it, which checks every message.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ixfrSerial, transfer } from '../../../../functions/dnswire/axfr.ts';
import { importTsigKey, type TsigKey as WireKey } from '../../../../functions/dnswire/tsig.ts';
import { createNodeNetwork } from '../../../../functions/networks/node.ts';
import type { Name } from '../../../../functions/records/name.ts';
import { type Coredns, plainCorefile, startCoredns } from '../../../../lab/processes/coredns.ts';
import { createRunFolder, partFolder } from '../../../../lab/processes/run-folder.ts';
import { createTsigKey, type TsigKey } from '../../../../lab/processes/zone.ts';
import { realClock, realRandom } from '../../../fakes/real-deps.ts';
import { type ObjectSource, startObjectSource } from './cases/object-source.ts';
import { zone } from './cases/objects.ts';

const services = 2_000;
/** An address and two SRV records each. */
const records = 3 * services;
const runFolder = createRunFolder();
const deps = { network: createNodeNetwork(), clock: realClock, random: realRandom };
const limits = { timeoutMs: 5_000, maxBytes: 10_000_000, maxRecords: 50_000 };
const key = createTsigKey('watchdog.test.');
const wireKey = ({ name, secret }: TsigKey): Promise<WireKey> => importTsigKey(name, secret);

describe('a transfer of 2,000 Services', () => {
  let source: ObjectSource;
  let server: Coredns;
  const run = (tsig: WireKey | undefined) =>
    transfer(deps, server.address, `${zone}.` as Name, { ...limits, ...(tsig === undefined ? {} : { tsig }) });

  beforeAll(async () => {
    source = await startObjectSource(partFolder(runFolder, 'large'));
    source.addNamespace('shop');
    for (let i = 0; i < services; i++) {
      const clusterIP = `10.96.${i >> 8}.${i & 255}`;
      const spec = { type: 'ClusterIP', clusterIP, ports: [{ name: 'http', port: 80, protocol: 'TCP' }] };
      source.put({ kind: 'Service', metadata: { name: `service-${i}`, namespace: 'shop' }, spec });
    }
    server = await startCoredns({
      program: [process.execPath, join(import.meta.dirname, '../../../../lab/simulators/coredns/main.ts')],
      runFolder,
      name: 'signed',
      zone,
      corefile: ({ address, readyPort }) =>
        plainCorefile({ zone, address, readyPort, kubeconfig: source.kubeconfig, transferKey: key }),
    });
  });
  afterAll(async () => {
    await server.stop();
    await source.close();
  });

  it('comes in several messages, each signed, with the key', async () => {
    const outcome = await run(await wireKey(key));
    expect(outcome).toMatchObject({ status: 'transferred', signed: true, left: [] });
    if (outcome.status !== 'transferred') return;
    expect(outcome.messages).toBeGreaterThan(3);
    expect(outcome.records).toHaveLength(records);
    expect(outcome.elapsedMs).toBeLessThan(2_000);
  });

  it('comes to no one without the key, with another secret, or by another name', async () => {
    expect(await run(undefined)).toMatchObject({ status: 'refused' });
    expect(await run(await wireKey(createTsigKey(key.name)))).toMatchObject({ status: 'refused' });
    expect(await run(await wireKey(createTsigKey('other.test.')))).toMatchObject({ status: 'refused' });
  });

  it('is one signed record for who is up to date', async () => {
    const outcome = await run(await wireKey(key));
    if (outcome.status !== 'transferred') throw new Error(JSON.stringify(outcome));
    const tsig = await wireKey(key);
    const answered = await ixfrSerial(deps, server.address, `${zone}.` as Name, {
      ...limits,
      tsig,
      knownSerial: outcome.serial,
    });
    expect(answered).toMatchObject({ status: 'answered', serial: outcome.serial });
  });
});
