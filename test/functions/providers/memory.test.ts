import { describe, expect, it } from 'vitest';
import { unlimited } from '../../../functions/plan/capabilities.ts';
import { nextMarker } from '../../../functions/plan/fence.ts';
import { markerName } from '../../../functions/plan/marker.ts';
import { createMemoryProvider, type MemoryZone } from '../../../functions/providers/memory.ts';
import { conformanceZone, describeProvider, foreign } from '../../conformance/provider.ts';
import { takingAtMost } from '../../fakes/capabilities.ts';
import { service, zone } from '../plan/zone.ts';

const kinds: readonly (readonly [string, Partial<MemoryZone>])[] = [
  ['memory', {}],
  // As Route 53 does.
  ['memory that serves later', { settle: () => new Promise((served) => setImmediate(served)) }],
  // As Cloudflare DNS does.
  ['memory that knows records by ids', { byHandles: true }],
];

for (const [name, options] of kinds)
  describeProvider({
    name,
    async start() {
      const capabilities = { ...takingAtMost({ values: 400 }), maxValuesPerRrset: 400 };
      const memory = createMemoryProvider({ zone: conformanceZone, rrsets: foreign, capabilities, ...options });
      return {
        provider: memory,
        all: async () => memory.contents(),
        manyValues: 400,
        tooManyValues: 401,
        leastBatchesOfThousand: 3,
        stop: async () => {},
      };
    },
  });

describe('a host that knows records by ids', () => {
  const signal = () => AbortSignal.timeout(1000);
  const before = service('web.shop', '10.0.0.1');
  const next = nextMarker(undefined, {
    snapshot: 1,
    digest: `sha256:${'a'.repeat(64)}`,
    cluster: 'prod',
    writer: 'test',
    phase: 'warm',
    activation: 0,
  });

  it('takes away none but the records that were read, also when others hold the same', async () => {
    const provider = createMemoryProvider({ zone, rrsets: [before], byHandles: true });
    const { handles: old } = await provider.readZone(signal());
    const same = [{ action: 'replace', before, after: { ...before, ttlSeconds: 60 } }] as const;
    const put = await provider.apply(
      { expected: undefined, next, changes: same, ...(old && { handles: old }) },
      signal(),
    );
    expect(put).toMatchObject({ status: 'applied' });
    const gone = { expected: next, next: nextMarker(next, next), changes: [{ action: 'delete', before }] } as const;
    const marker = (await provider.readMarker(signal())).handles;
    expect(await provider.apply(gone, signal())).toMatchObject({ status: 'conflict' });
    expect(await provider.apply({ ...gone, handles: { ...old, ...marker } }, signal())).toMatchObject({
      status: 'conflict',
      reason: expect.stringContaining('web.shop.svc.cluster.local. A 10.0.0.1'),
    });
    const handles = (await provider.readZone(signal())).handles ?? {};
    expect(await provider.apply({ ...gone, handles }, signal())).toMatchObject({ status: 'applied' });
    expect(provider.contents()).toHaveLength(1);
  });
});

describe('a host with a quota', () => {
  it.each([
    ['rrset', 3],
    ['record', 4],
  ] as const)('counts what its zone holds: by %s %i', async (granularity, used) => {
    const capabilities = { ...unlimited, granularity };
    const rrsets = [...foreign.slice(0, 2), service('web.shop', '10.0.0.1', '10.0.0.2')];
    const provider = createMemoryProvider({ zone, rrsets, capabilities, most: 10 });
    expect((await provider.describe(AbortSignal.timeout(1000))).quota).toEqual({ most: 10, used });
  });
});

describe('a marker that cannot be trusted', () => {
  const txt = (...values: readonly string[]) =>
    ({ name: markerName(conformanceZone), type: 'TXT', ttlSeconds: 5, values }) as const;

  it('is an error when there are two', async () => {
    const provider = createMemoryProvider({ zone: conformanceZone, rrsets: [txt('"one"', '"two"')] });
    await expect(provider.readZone(AbortSignal.timeout(1000))).rejects.toThrow(
      '_lifeboat.cluster.local. has 2 TXT values',
    );
  });

  it("is an error when it is somebody else's", async () => {
    const provider = createMemoryProvider({ zone: conformanceZone, rrsets: [txt('"something else"')] });
    await expect(provider.readZone(AbortSignal.timeout(1000))).rejects.toMatchObject({ code: 'input' });
  });
});
