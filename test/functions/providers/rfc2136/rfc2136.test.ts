import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { importTsigKey } from '../../../../functions/dnswire/tsig.ts';
import { createNodeNetwork } from '../../../../functions/networks/node.ts';
import { cutBatches } from '../../../../functions/plan/batches.ts';
import { nextMarker } from '../../../../functions/plan/fence.ts';
import { type Marker, markerName } from '../../../../functions/plan/marker.ts';
import type { Provider } from '../../../../functions/providers/provider.ts';
import { createRfc2136Provider } from '../../../../functions/providers/rfc2136/rfc2136.ts';
import { child } from '../../../../functions/records/name.ts';
import { rrsetKey } from '../../../../functions/records/rrset.ts';
import { describeProvider, foreign, conformanceZone as zone } from '../../../conformance/provider.ts';
import { startDnsServer, transferOf } from '../../../fakes/dns-server.ts';
import { realClock as clock, realRandom as random } from '../../../fakes/real-deps.ts';
import { createUpdateServer, type UpdateServer } from '../../../fakes/update-server.ts';
import { kubernetes, releasedPlanFor, service, set, sorted } from '../../plan/zone.ts';

const server = { host: '192.0.2.53', port: 53 };
const secret = { name: 'standby.key.', secretBase64: Buffer.alloc(32, 7).toString('base64') };
const signal = () => AbortSignal.timeout(5000);

const markerAt = { name: markerName(zone), type: 'TXT', ttlSeconds: 5 } as const;

async function providerOf(
  fake: UpdateServer,
  key = secret,
  timeoutMs = 5000,
  maxMessageBytes = 60_000,
): Promise<Provider> {
  const tsig = await importTsigKey(key.name, key.secretBase64);
  return createRfc2136Provider(
    { network: fake.network, clock, random },
    { server, zone, tsig, timeoutMs, maxMessageBytes },
  );
}

describeProvider({
  name: 'rfc2136 on a fake server',
  async start() {
    const fake = createUpdateServer(zone, foreign, secret);
    return {
      provider: await providerOf(fake),
      all: async () => fake.contents(),
      manyValues: 2000,
      tooManyValues: 4000,
      leastBatchesOfThousand: 2,
      writes: () => fake.updates.length,
      stop: async () => {},
    };
  },
});

describe('rfc2136', () => {
  const marker = nextMarker(undefined, {
    snapshot: 1,
    digest: `sha256:${'a'.repeat(64)}`,
    cluster: 'prod',
    writer: 'test',
    phase: 'warm',
    activation: 0,
  });
  const batch = { expected: undefined, next: marker, changes: [{ action: 'create', after: kubernetes }] } as const;
  let fake: UpdateServer;
  beforeEach(() => {
    fake = createUpdateServer(zone, foreign, secret);
  });

  it('names the server and the zone, never the secret', async () => {
    const provider = await providerOf(fake);
    expect(provider.label).toBe('rfc2136 192.0.2.53:53 cluster.local.');
    expect(JSON.stringify(provider)).not.toContain(secret.secretBase64);
  });

  it.each([
    ['NXRRSET', 'conflict'],
    ['YXRRSET', 'conflict'],
    ['REFUSED', 'refused'],
    ['NOTAUTH', 'refused'],
    ['NOTZONE', 'refused'],
  ])('takes %s for %s, with the rcode in the reason', async (rcode, status) => {
    fake.spoil({ rcode });
    expect(await (await providerOf(fake)).apply(batch, signal())).toMatchObject({
      status,
      reason: expect.stringContaining(rcode),
    });
    expect(fake.contents()).toHaveLength(foreign.length);
  });

  it.each(['SERVFAIL', 'NOTIMP', 'FORMERR'])('throws for %s', async (rcode) => {
    fake.spoil({ rcode });
    await expect((await providerOf(fake)).apply(batch, signal())).rejects.toMatchObject({
      code: 'protocol',
      message: expect.stringContaining(rcode),
    });
  });

  it("tells BIND's own limit when a large set meets SERVFAIL", async () => {
    const values = Array.from({ length: 101 }, (_, i) => `10.0.0.${i}`);
    const changes = [{ action: 'create', after: service('big.x', ...values) }] as const;
    fake.spoil({ rcode: 'SERVFAIL' });
    const applied = (await providerOf(fake)).apply({ ...batch, changes }, signal());
    await expect(applied).rejects.toThrow(
      'a set has 101 values, and BIND takes 100 in one set: put `max-records-per-type 0;`',
    );
  });

  it('says which side has the wrong key: BADSIG and BADKEY', async () => {
    const wrong = { ...secret, secretBase64: Buffer.alloc(32, 8).toString('base64') };
    const withWrongSecret = await providerOf(fake, wrong);
    expect(await withWrongSecret.apply(batch, signal())).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('BADSIG'),
    });
    await expect(withWrongSecret.readZone(signal())).rejects.toMatchObject({
      code: 'credential',
      message: expect.stringContaining('BADSIG'),
    });
    const withWrongName = await providerOf(fake, { ...secret, name: 'other.key.' });
    expect(await withWrongName.apply(batch, signal())).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('BADKEY'),
    });
    expect(fake.updates).toHaveLength(0);
  });

  it('does not believe an answer without a signature', async () => {
    fake.spoil('unsigned');
    const outcome = await (await providerOf(fake)).apply(batch, signal());
    expect(outcome).toMatchObject({ status: 'refused', reason: expect.stringContaining('not signed') });
  });

  it('throws when it is not known whether the batch was applied, and sends it once only', async () => {
    fake.spoil('silent');
    await expect((await providerOf(fake, secret, 60)).apply(batch, signal())).rejects.toMatchObject({
      code: 'timeout',
    });
    expect(fake.updates).toHaveLength(1);
    fake.spoil('cut');
    const second = { expected: marker, next: nextMarker(marker, marker), changes: [] };
    await expect((await providerOf(fake)).apply(second, signal())).rejects.toMatchObject({ code: 'network' });
    expect((await (await providerOf(fake)).readMarker(signal())).marker?.generation).toBe(2);
  });

  it('gives up when its caller does', async () => {
    fake.spoil('silent');
    await expect((await providerOf(fake)).apply(batch, AbortSignal.timeout(30))).rejects.toMatchObject({
      code: 'timeout',
    });
  });

  it('reads a zone that holds nothing but its SOA as empty', async () => {
    const bare = createUpdateServer(zone, [], secret);
    expect(await (await providerOf(bare)).readZone(signal())).toEqual({ rrsets: [], marker: undefined });
  });

  it('says at which names of ours it cannot read what the zone holds, and takes no damaged marker for none', async () => {
    const damaged = {
      name: child('web.shop.svc', zone),
      type: 'A',
      ttlSeconds: 5,
      value: '',
      data: Uint8Array.of(1),
    } as const;
    const soa = { name: zone, type: 'SOA', ttlSeconds: 5, value: 'ns. me. 1 2 3 4 5' } as const;
    const answering = await startDnsServer(() => transferOf(soa, [damaged]), { tsig: secret });
    const tsig = await importTsigKey(secret.name, secret.secretBase64);
    const deps = { network: createNodeNetwork(), clock, random };
    const provider = createRfc2136Provider(deps, { server: answering.endpoint, zone, tsig, timeoutMs: 5000 });
    expect(await provider.readZone(signal())).toEqual({ rrsets: [], marker: undefined, unread: [damaged.name] });
    answering.behave(() => transferOf(soa, [{ ...damaged, name: markerName(zone), type: 'TXT' }]));
    await expect(provider.readZone(signal())).rejects.toThrow(/the marker _lifeboat.cluster.local. cannot be read/);
    await answering.close();
  });

  it.each([
    [{ rcode: 'REFUSED' }, 'credential', 'says REFUSED'],
    [{ rcode: 'NOTAUTH' }, 'credential', 'says NOTAUTH'],
    [{ rcode: 'SERVFAIL' }, 'protocol', 'says SERVFAIL'],
    [{ aa: false }, 'protocol', 'without authority'],
    [
      {
        answers: [
          { ...markerAt, value: '"a"' },
          { ...markerAt, value: '"b"' },
        ],
      },
      'input',
      'has 2 TXT values',
    ],
    [{ answers: [{ ...markerAt, value: '"hands off"' }] }, 'input', 'does not understand'],
    [{ answers: [{ ...markerAt, value: '', data: Uint8Array.of(9) }] }, 'protocol', 'malformed'],
    [{ sign: 'none' }, 'credential', 'not signed'],
  ] as const)('takes %o for no marker that it can go by', async (message, code, words) => {
    const answering = await startDnsServer(() => ({ messages: [message] }), { tsig: secret });
    const tsig = await importTsigKey(secret.name, secret.secretBase64);
    const deps = { network: createNodeNetwork(), clock, random };
    const provider = createRfc2136Provider(deps, { server: answering.endpoint, zone, tsig, timeoutMs: 5000 });
    const read = provider.readMarker(signal());
    await expect(read).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect(answering.queries.map(({ protocol, type }) => `${protocol} ${type}`)).toEqual(['tcp TXT']);
    await answering.close();
  });

  it('refuses to read two markers', async () => {
    const two = { ...markerAt, values: ['"a"', '"b"'] };
    fake.edit((sets) => sets.set(rrsetKey(two), two));
    await expect((await providerOf(fake)).readZone(signal())).rejects.toThrow('has 2 TXT values');
  });

  it('loses to a hand edit between reading and writing', async () => {
    const provider = await providerOf(fake);
    await provider.apply(batch, signal());
    const hand = service('kubernetes.default', '10.9.9.9');
    fake.edit((sets) => sets.set(rrsetKey(hand), hand));
    const change = {
      action: 'replace',
      before: kubernetes,
      after: service('kubernetes.default', '10.96.0.2'),
    } as const;
    const outcome = await provider.apply(
      { expected: marker, next: nextMarker(marker, marker), changes: [change] },
      signal(),
    );
    expect(outcome).toMatchObject({ status: 'conflict', reason: expect.stringContaining('another writer was faster') });
    expect(fake.contents()).toContainEqual(hand);
  });

  it('keeps every message within the limit, whatever is in it', () => {
    const label = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 40 });
    const sets = fc.uniqueArray(fc.tuple(label, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 3 })), {
      selector: ([name]) => name,
      maxLength: 40,
    });
    const rrsets = (picks: readonly (readonly [string, number, number])[]) =>
      picks.map(([name, count, kind]) => {
        const n = Array.from({ length: count }, (_, i) => i);
        if (kind === 0) return set(`${name}.x.svc`, 'AAAA', ...n.map((i) => `fd00::${(i + 1).toString(16)}`));
        if (kind === 1) return set(`${name}.x.svc`, 'SRV', ...n.map((i) => `0 0 ${i} ${name}.x.svc.cluster.local.`));
        if (kind === 2) return set(`${name}.x.svc`, 'TXT', ...n.map((i) => `"${i}"`));
        return service(`${name}.x`, ...n.map((i) => `10.0.0.${i}`));
      });
    return fc.assert(
      fc.asyncProperty(sets, sets, async (before, after) => {
        const own = createUpdateServer(zone, rrsets(before), secret);
        const provider = await providerOf(own, secret, 5000, 5000);
        const { rrsets: current } = await provider.readZone(signal());
        const desired = [kubernetes, ...rrsets(after)];
        const capabilities = await provider.describe(signal());
        const plan = await releasedPlanFor({ desired, current, capabilities });
        let expected: Marker | undefined;
        for (const changes of cutBatches(plan.changes, capabilities)) {
          const next = nextMarker(expected, marker);
          expect(await provider.apply({ expected, next, changes }, signal())).toEqual({ status: 'applied' });
          expected = next;
        }
        expect((await provider.readZone(signal())).rrsets).toEqual(sorted(desired));
        expect(Math.max(0, ...own.updates)).toBeLessThanOrEqual(5000);
      }),
      { numRuns: 40 },
    );
  });
});
