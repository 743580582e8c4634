import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextMarker } from '../../../../functions/plan/fence.ts';
import { createTextFile } from '../../../../functions/providers/zonefile/text-file-node.ts';
import { createZonefileProvider } from '../../../../functions/providers/zonefile/zonefile.ts';
import { formatZoneFile, parseZoneFile } from '../../../../functions/snapshot/zone-file.ts';
import { describeProvider, foreign, conformanceZone as zone } from '../../../conformance/provider.ts';
import { realClock, realRandom } from '../../../fakes/real-deps.ts';

const deps = { clock: realClock, random: realRandom };
const signal = () => AbortSignal.timeout(5000);
const marker = nextMarker(undefined, {
  snapshot: 1,
  digest: `sha256:${'a'.repeat(64)}`,
  cluster: 'prod',
  writer: 'test',
  phase: 'warm',
  activation: 0,
});

describeProvider({
  name: 'zonefile',
  skip: [{ reason: 'a file has no limit', cases: ['a set with too many values is refused before anything is sent'] }],
  async start() {
    const folder = await mkdtemp(join(tmpdir(), 'lifeboat-zonefile-'));
    const path = join(folder, 'standby.zone');
    await writeFile(path, formatZoneFile({ origin: zone, rrsets: foreign }));
    return {
      provider: createZonefileProvider({ file: createTextFile(deps, path) }, { zone }),
      all: async () =>
        parseZoneFile(await readFile(path, 'utf8'), { origin: zone }).rrsets.filter((set) => set.name !== zone),
      manyValues: 5000,
      tooManyValues: 0,
      leastBatchesOfThousand: 1,
      stop: () => rm(folder, { recursive: true }),
    };
  },
});

describe('the zone file', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lifeboat-zonefile-'));
    path = join(folder, 'standby.zone');
  });
  afterEach(() => rm(folder, { recursive: true }));
  const provider = () => createZonefileProvider({ file: createTextFile(deps, path) }, { zone });

  it('is made when it is not there, with an SOA whose serial counts up, and nothing is left beside it', async () => {
    expect(await provider().readZone(signal())).toEqual({ rrsets: [], marker: undefined });
    await provider().apply({ expected: undefined, next: marker, changes: [] }, signal());
    const next = nextMarker(marker, marker);
    await provider().apply({ expected: marker, next, changes: [] }, signal());
    const { soa, rrsets } = parseZoneFile(await readFile(path, 'utf8'));
    expect(soa?.values).toEqual(['ns.invalid. hostmaster.invalid. 2 3600 600 604800 30']);
    expect(rrsets.filter((set) => set.type === 'NS')).toMatchObject([{ name: zone, values: ['ns.invalid.'] }]);
    expect(await readdir(folder)).toEqual(['standby.zone']);
  });

  it('keeps the SOA of its owner but for the serial', async () => {
    await writeFile(path, '$ORIGIN cluster.local.\n@ 60 IN SOA ns.example. me.example. 4294967295 1 2 3 4\n');
    await provider().apply({ expected: undefined, next: marker, changes: [] }, signal());
    expect(parseZoneFile(await readFile(path, 'utf8')).soa).toMatchObject({
      ttlSeconds: 60,
      values: ['ns.example. me.example. 1 1 2 3 4'],
    });
  });

  it('is not written when it holds what could not be written back, nor when it is another zone', async () => {
    for (const text of [
      '$ORIGIN cluster.local.\nwww 30 IN CAA 0 issue "x"\n',
      '$ORIGIN other.\n@ 60 IN SOA ns. me. 1 1 2 3 4\n',
    ]) {
      await writeFile(path, text);
      const applied = provider().apply({ expected: undefined, next: marker, changes: [] }, signal());
      await expect(applied).rejects.toMatchObject({ code: 'input' });
      expect(await readFile(path, 'utf8')).toBe(text);
    }
    expect(await readdir(folder)).toEqual(['standby.zone']);
  });

  it('is published to beside names that need an escape, which stay as they are', async () => {
    const foreign = 'has\\046dot.legacy 30 IN A 10.0.0.9\nodd-.shop.svc 30 IN A 10.0.0.8\n';
    await writeFile(path, `$ORIGIN cluster.local.\n${foreign}`);
    expect(await provider().readZone(signal())).toEqual({ rrsets: [], marker: undefined });
    await provider().apply({ expected: undefined, next: marker, changes: [] }, signal());
    const text = await readFile(path, 'utf8');
    for (const line of foreign.trim().split('\n')) expect(text).toContain(`${line}\n`);
  });

  it('lets one of many writers at once win each generation', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        provider().apply({ expected: undefined, next: { ...marker, writer: `w${i}` }, changes: [] }, signal()),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'applied')).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status === 'conflict')).toHaveLength(7);
  });
});
