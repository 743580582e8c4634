import { describe, expect, it } from 'vitest';
import { markerName } from '../../../functions/plan/marker.ts';
import { createMemoryProvider } from '../../../functions/providers/memory.ts';
import { conformanceZone, describeProvider, foreign } from '../../conformance/provider.ts';
import { takingAtMost } from '../../fakes/capabilities.ts';

describeProvider({
  name: 'memory',
  async start() {
    const capabilities = { ...takingAtMost({ values: 400 }), maxValuesPerRrset: 400 };
    const memory = createMemoryProvider({ zone: conformanceZone, rrsets: foreign, capabilities });
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
