import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from '../../../functions/lib/canonical.ts';
import { parseName } from '../../../functions/records/name.ts';
import type { DnsRecord } from '../../../functions/records/rrset.ts';
import { buildSnapshot } from '../../../functions/snapshot/build.ts';
import { decodeSnapshot, encodeSnapshot, storedForm } from '../../../functions/snapshot/codec.ts';
import { zoneDigest } from '../../../functions/snapshot/digest.ts';
import type { Freshness, Snapshot } from '../../../functions/snapshot/snapshot.ts';

const zone = parseName('cluster.local');
const record = (name: string, value: string): DnsRecord => ({
  name: parseName(name),
  type: 'A',
  ttlSeconds: 30,
  value,
});
const snapshot = await buildSnapshot({
  cluster: 'prod',
  zone,
  origin: { kind: 'axfr', server: '10.0.0.10:53', signed: false },
  freshness: { kind: 'serial', serial: 1_700_000_000 },
  takenAt: 1_700_000_100_000,
  records: [
    record('a.b.svc.cluster.local', '10.0.0.1'),
    record('a.b.svc.cluster.local', '10.0.0.2'),
    record('x.cluster.local', '1.1.1.1'),
  ],
});
/** A document whose checksum (and, when asked, digest) fit what it holds: only the inner checks can catch it. */
async function forged(change: object, redigest = false): Promise<string> {
  const changed = { ...storedForm(snapshot), ...change } as Snapshot;
  const whole = redigest ? { ...changed, digest: await zoneDigest(changed.zone, changed.rrsets) } : changed;
  const checksum = `sha256:${await sha256Hex(canonicalJson(whole))}`;
  return JSON.stringify({ document: 'lifeboat-snapshot/1', checksum, snapshot: whole });
}

describe('the snapshot document', () => {
  it('comes back the same', async () => {
    const numbered = { ...snapshot, number: 12 };
    expect(await decodeSnapshot(await encodeSnapshot(numbered))).toEqual(numbered);
  });

  it('holds the serial of a zone transfer where versions before read it', async () => {
    const { snapshot: stored } = JSON.parse(await encodeSnapshot(snapshot)) as { snapshot: object };
    expect(stored).toMatchObject({ serial: 1_700_000_000, origin: { kind: 'axfr' } });
    expect(stored).not.toHaveProperty('freshness');
  });

  it.each<Freshness>([
    { kind: 'resource-version', resourceVersion: '12345678901234567890' },
    { kind: 'instant', at: 1_700_000_000_000 },
  ])('comes back the same from a source that counts in $kind', async (freshness) => {
    const origin = { kind: 'source', source: 'kubernetes', place: 'apiserver', verified: true } as const;
    const other = { ...snapshot, freshness, origin };
    expect(await decodeSnapshot(await encodeSnapshot(other))).toEqual(other);
  });

  it('refuses one that says twice, or never, how new it is', async () => {
    const twice = await forged({ freshness: { kind: 'instant', at: 1 } });
    await expect(decodeSnapshot(twice)).rejects.toThrow(/how new it is, once/);
    await expect(decodeSnapshot(await forged({ serial: undefined }))).rejects.toThrow(/how new it is, once/);
  });

  it('comes back the same after pretty printing', async () => {
    const pretty = JSON.stringify(JSON.parse(await encodeSnapshot(snapshot)), null, 2);
    expect(await decodeSnapshot(pretty)).toEqual(snapshot);
  });

  it.each(['10.0.0.2', 'a.b.svc', '1700000100000', '1700000000', 'prod', '"ttlSeconds":30'])(
    'refuses a document in which %j was changed',
    async (part) => {
      const text = await encodeSnapshot(snapshot);
      const at = text.indexOf(part) + part.length - 1;
      const changed = `${text.slice(0, at)}${text[at] === '1' ? '3' : '1'}${text.slice(at + 1)}`;
      await expect(decodeSnapshot(changed)).rejects.toThrow(
        /the snapshot document cannot be used: its (checksum|digest) is/,
      );
    },
  );

  it.each([
    [
      'cut',
      async () => (await encodeSnapshot(snapshot)).slice(0, -20),
      'it is no JSON (cut, or not a snapshot at all)',
    ],
    ['another document', async () => '{"document":"x"}', 'at document:'],
    ['an unknown field', () => forged({ note: 'x' }), 'at snapshot:'],
    ['a newer format', () => forged({ format: 2 }), 'at snapshot.format:'],
    ['a negative number', () => forged({ number: -1 }), 'at snapshot.number:'],
    ['records changed under their digest', () => forged({ rrsets: [] }), 'its digest is'],
    [
      'false counts',
      () => forged({ counts: { ...snapshot.counts, records: 9 } }),
      'its counts are not those of its records',
    ],
    [
      'values out of order',
      () => forged({ rrsets: snapshot.rrsets.map((set) => ({ ...set, values: [...set.values].reverse() })) }, true),
      'which is not in canonical form',
    ],
    [
      'a value that is none',
      () => forged({ rrsets: snapshot.rrsets.map((set) => ({ ...set, values: ['10.0.0.1', '999.1.1.1'] })) }, true),
      '999.1.1.1',
    ],
    [
      'a set twice',
      () =>
        forged(
          {
            rrsets: [...snapshot.rrsets, ...snapshot.rrsets],
            counts: { ...snapshot.counts, records: 4, rrsets: 2, byType: { A: 4 }, byNamespace: { b: 4 } },
          },
          true,
        ),
      'is out of order or there twice',
    ],
    ['a name that is none', () => forged({ zone: 'Cluster.Local' }), 'is not an absolute lower-case domain name'],
  ])('refuses %s', async (_, make, message) => {
    await expect(decodeSnapshot(await make())).rejects.toThrow(message);
    await expect(decodeSnapshot(await make())).rejects.toMatchObject({ code: 'input' });
  });

  it('has a limit', async () => {
    await expect(decodeSnapshot('{}        ', 9)).rejects.toThrow('it has 10 characters, the limit is 9');
  });
});
