// A capture through a vantage: asked for in the answer to a report, delivered under its number, judged like any other.
import { describe, expect, it } from 'vitest';
import { parseName } from '../../../../functions/records/name.ts';
import { compareRrsets, type RecordType, type Rrset } from '../../../../functions/records/rrset.ts';
import { mayCapture } from '../../../../functions/snapshot/budget.ts';
import { countSnapshot } from '../../../../functions/snapshot/build.ts';
import { zoneDigest } from '../../../../functions/snapshot/digest.ts';
import type { Snapshot } from '../../../../functions/snapshot/snapshot.ts';
import { readSnapshot } from '../../../../functions/tasks/capture/snapshots.ts';
import type { CaptureRequest, ReportAnswer } from '../../../../functions/tasks/control/control-port.ts';
import { encodeReport } from '../../../../functions/vantage/protocol/report.ts';
import { maxSnapshotCharacters } from '../../../../functions/vantage/receiver/check-snapshot.ts';
import { closetKeys, createEar, type Ear, insideConfig, roundAt, snapshotOf } from '../../../fakes/vantage.ts';

const rrset = (name: string, type: RecordType, value: string): Rrset => {
  return { name: parseName(name), type, ttlSeconds: 30, values: [value] };
};
const word = (answer: ReportAnswer) => (answer.status === 'taken' ? 'taken' : answer.refusal);
const servers = ['10.0.0.10:53', '10.0.0.11:53'];
const capturing = { captures: true, targets: ['dns'] };
const twoCapturing = () => {
  const [rack, closet] = insideConfig().clusters[0]?.vantages ?? [];
  return insideConfig({ vantages: [rack, { ...closet, ...capturing }] });
};

let tickets = 0;
/** Asks for a capture, and what is then asked of the vantage. */
async function ask(ear: Ear, keys: { readonly keyId?: string; readonly privateKey?: string } = {}) {
  const { status } = await ear.control.source('axfr').capture(servers, { ticket: `ticket ${++tickets}` });
  expect(status).toBe('asked');
  const wants = await report(ear, keys);
  return { wish: wants[0] as CaptureRequest, wants };
}

async function report(ear: Ear, keys: { readonly keyId?: string; readonly privateKey?: string } = {}) {
  const seen = roundAt(ear.cluster, ear.clock.now()).filter(({ target }) => target.kind === 'dns');
  const answer = await ear.control.report(await ear.hand.observations(seen, keys));
  if (answer.status !== 'taken') throw new Error(answer.reason);
  return answer.wants;
}

const put = async (ear: Ear, snapshot: Snapshot) => ear.control.report(await ear.hand.snapshot(snapshot));
/** What was told of the newest one. */
const outcomeOf = ({ answers }: Ear) => answers.at(-1)?.outcome;
const refusalOf = (ear: Ear) => {
  const outcome = outcomeOf(ear);
  return outcome?.status === 'in-vain' ? outcome.attempts[0] : undefined;
};
const closet = { keyId: 'closet', privateKey: closetKeys.privateKey };

describe('a capture through a vantage', () => {
  it('keeps the snapshot that was put, its origin with it, and tells of it', async () => {
    const ear = createEar();
    const { wish } = await ask(ear);
    expect(wish).toEqual({
      kind: 'capture',
      number: expect.any(Number),
      source: 'axfr',
      from: ['10.0.0.10:53', '10.0.0.11:53'],
      until: ear.clock.now() + 20_000 + 10_000,
    });
    const snapshot = await snapshotOf(wish.number, ear.clock.now());
    expect(await put(ear, snapshot)).toEqual({ status: 'taken', wants: [] });
    expect(ear.answers).toMatchObject([{ ticket: `ticket ${tickets}`, outcome: { status: 'kept', snapshot: 1 } }]);
    expect(await readSnapshot(ear.store, 'prod', 1)).toEqual({ ...snapshot, number: 1 });
    expect(ear.answers[0]?.cost).toMatchObject({ source: 'axfr', at: ear.clock.now(), requests: 0 });
    expect(ear.answers[0]?.cost.bytes).toBeGreaterThan(500);
    expect(await report(ear)).toEqual([]);
  });

  it('takes the same again, and no other under its number', async () => {
    const ear = createEar();
    const { wish } = await ask(ear);
    const snapshot = await snapshotOf(wish.number, ear.clock.now());
    expect(word(await put(ear, snapshot))).toBe('taken');
    expect(word(await put(ear, snapshot))).toBe('taken');
    const other = await snapshotOf(wish.number, ear.clock.now(), ['kubernetes.default', 'evil.shop']);
    expect(word(await put(ear, other))).toBe('conflict');
  });

  it('takes none that nobody asked for', async () => {
    const ear = createEar();
    expect(word(await put(ear, await snapshotOf(7, ear.clock.now())))).toBe('unwanted');
  });

  it('takes what comes after a restart, once, and asks nobody for it again', async () => {
    const ear = createEar(twoCapturing());
    const { wish } = await ask(ear);
    ear.restart();
    const anew = { startedAt: ear.clock.now() + 1 };
    const snapshot = await snapshotOf(wish.number, ear.clock.now());
    const late = await ear.hand.snapshot(snapshot, { ...anew, count: 1 });
    expect(word(await ear.control.report(late))).toBe('taken');
    expect(outcomeOf(ear)).toEqual({ status: 'kept', snapshot: 1 });
    ear.restart();
    const again = await ear.hand.snapshot(snapshot, { startedAt: anew.startedAt + 1, count: 1 });
    expect(word(await ear.control.report(again))).toBe('taken');
    expect(ear.answers).toHaveLength(1);
    expect(await report(ear, closet)).toEqual([]);
  });

  it.each<[string, (snapshot: Snapshot, ear: Ear) => Snapshot | Promise<Snapshot>, RegExp]>([
    ['of another number', (snapshot) => ({ ...snapshot, number: snapshot.number + 1 }), /number/],
    ['of another cluster', (snapshot) => ({ ...snapshot, cluster: 'test' }), /cluster test/],
    [
      'from a server that was not asked for',
      (snapshot) => ({ ...snapshot, origin: { kind: 'axfr', server: '10.9.9.9:53', signed: true } }),
      /none of 10.0.0.10:53/,
    ],
    ['from a file', (snapshot) => ({ ...snapshot, origin: { kind: 'file', path: 'x' } }), /none of/],
    ['that is old', (snapshot) => ({ ...snapshot, takenAt: snapshot.takenAt - 61_000 }), /taken at/],
    ['from the future', (snapshot) => ({ ...snapshot, takenAt: snapshot.takenAt + 61_000 }), /taken at/],
    ['with serial 0', (snapshot) => ({ ...snapshot, freshness: { kind: 'serial', serial: 0 } }), /serial/],
    [
      'with a must-have name missing',
      ({ number }, ear) => snapshotOf(number, ear.clock.now(), ['web.shop']),
      /must-have/,
    ],
    ['with another digest', (snapshot) => ({ ...snapshot, digest: `sha256:${'0'.repeat(64)}` }), /digest/],
  ])('refuses one %s, and does not wait for another', async (_what, change, evidence) => {
    const ear = createEar();
    const { wish } = await ask(ear);
    const wrong = await change(await snapshotOf(wish.number, ear.clock.now()), ear);
    const request = await ear.hand.snapshot(wrong);
    const sent =
      wrong.number === wish.number
        ? request
        : await ear.hand.request('PUT', `/v1/snapshots/${wish.number}`, request.body);
    expect(word(await ear.control.report(sent))).toBe('malformed');
    expect(refusalOf(ear)).toMatchObject({
      place: 'vantage rack',
      evidence: expect.stringMatching(evidence),
    });
  });

  it.each<[string, readonly Rrset[], RegExp]>([
    ['outside svc.<zone>', [rrset('www.bank.example', 'A', '10.6.6.6')], /outside svc/],
    ["that is the marker's", [rrset('_lifeboat.cluster.local', 'TXT', '"lifeboat=1"')], /outside svc/],
    ['that is a name server of the zone', [rrset('cluster.local', 'NS', 'ns.evil.example.')], /name server/],
    ['of a type that is not published', [rrset('x.svc.cluster.local', 'PTR', 'a.')], /a type that/],
    [
      'that is a CNAME beside other data',
      [rrset('kubernetes.default.svc.cluster.local', 'CNAME', 'evil.example.')],
      /CNAME beside/,
    ],
    ['that is a wildcard', [rrset('*.svc.cluster.local', 'A', '10.6.6.6')], /a wildcard/],
  ])('refuses one with a record %s: it could never be published', async (_what, extra, evidence) => {
    const ear = createEar();
    const { wish } = await ask(ear);
    const good = await snapshotOf(wish.number, ear.clock.now());
    const rrsets = [...good.rrsets, ...extra].sort(compareRrsets);
    const counts = countSnapshot(good.zone, rrsets);
    const bad = { ...good, rrsets, counts, digest: await zoneDigest(good.zone, rrsets) };
    expect(word(await put(ear, bad))).toBe('malformed');
    expect(refusalOf(ear)).toMatchObject({ evidence: expect.stringMatching(evidence) });
  });

  it('takes none of a vantage that was not asked for it, and goes on waiting', async () => {
    const ear = createEar(twoCapturing());
    const { wish } = await ask(ear);
    const forged = await snapshotOf(wish.number, ear.clock.now(), ['kubernetes.default', 'evil.evil']);
    expect(word(await ear.control.report(await ear.hand.snapshot(forged, closet)))).toBe('unwanted');
    const rubbish = await ear.hand.request('PUT', `/v1/snapshots/${wish.number}`, '{}', closet);
    expect(word(await ear.control.report(rubbish))).toBe('unwanted');
    const good = await snapshotOf(wish.number, ear.clock.now());
    expect(word(await put(ear, good))).toBe('taken');
    expect(outcomeOf(ear)).toEqual({ status: 'kept', snapshot: 1 });
    expect(await readSnapshot(ear.store, 'prod', 1)).toMatchObject({ digest: good.digest });
  });

  it('wants a signed transfer where the configuration has a key', async () => {
    const dns = { servers: ['10.0.0.10', '10.0.0.11'], tsig: { name: 'lifeboat.', secret: { secret: 'KEY' } } };
    const ear = createEar(insideConfig({ dns }));
    const { wish } = await ask(ear);
    const snapshot = await snapshotOf(wish.number, ear.clock.now());
    await put(ear, { ...snapshot, origin: { kind: 'axfr', server: '10.0.0.10:53', signed: false } });
    expect(refusalOf(ear)).toMatchObject({ kind: 'unverified', code: 'missing-mac' });
  });

  it('ends at its deadline, in words', async () => {
    const ear = createEar();
    await ask(ear);
    await ear.pass(29_999);
    await ear.control.flush();
    expect(ear.answers).toEqual([]);
    await ear.pass(1);
    await ear.control.flush();
    await ear.control.flush();
    expect(ear.answers).toHaveLength(1);
    expect(refusalOf(ear)).toMatchObject({
      kind: 'timed-out',
      evidence: expect.stringMatching(/did not come within 30000 ms: vantage rack was asked/),
    });
  });

  it('is refused at once without a place, and where whoever asks waits for the answer', async () => {
    const ear = createEar();
    const nothing = { status: 'refused', attempts: [], bytes: 0 };
    expect(await ear.control.source('axfr').capture([], { ticket: 'a' })).toMatchObject(nothing);
    expect(await ear.control.source('axfr').capture(servers)).toMatchObject(nothing);
    expect(await report(ear)).toEqual([]);
  });

  it('is one question, however often it is asked with one ticket', async () => {
    const ear = createEar();
    const source = ear.control.source('axfr');
    for (let i = 0; i < 3; i++) expect((await source.capture(servers, { ticket: 'one' })).status).toBe('asked');
    expect(await report(ear)).toHaveLength(1);
  });

  it('ends with what the vantage tried, when that says that it could not', async () => {
    const ear = createEar();
    const { wish } = await ask(ear);
    const attempts = [{ place: '10.0.0.10:53', kind: 'unverified', code: 'bad-mac', evidence: 'another key' }] as const;
    const failed = [{ number: wish.number, source: 'axfr', bytes: 12, attempts }];
    const body = encodeReport(roundAt(ear.cluster, ear.clock.now()), failed);
    expect(word(await ear.control.report(await ear.hand.request('POST', '/v1/observations', body)))).toBe('taken');
    expect(ear.answers.at(-1)).toMatchObject({ cost: { bytes: 12 }, outcome: { status: 'in-vain', attempts } });
    const told = ear.answers.length;
    expect(word(await ear.control.report(await ear.hand.request('POST', '/v1/observations', body)))).toBe('taken');
    expect(ear.answers).toHaveLength(told);
  });

  it('counts for one transfer at most, whatever the vantage says that it took', async () => {
    const ear = createEar();
    const { wish } = await ask(ear);
    const failed = [{ number: wish.number, source: 'axfr', bytes: 1_000_000_000_000, attempts: [] }];
    const body = encodeReport(roundAt(ear.cluster, ear.clock.now()), failed);
    expect(word(await ear.control.report(await ear.hand.request('POST', '/v1/observations', body)))).toBe('taken');
    const bytes = ear.answers.at(-1)?.cost.bytes ?? 0;
    expect(bytes).toBe(maxSnapshotCharacters);
    const after = ear.clock.now() + ear.cluster.snapshot.leastIntervalMs;
    const made = { source: 'axfr', at: ear.clock.now(), bytes, requests: 0 };
    const permit = mayCapture({ id: 'axfr', budget: ear.cluster.snapshot }, [made], after);
    expect(permit).toEqual({ status: 'allowed' });
  });

  it('is asked of one vantage that may, and of another one when that falls silent', async () => {
    const ear = createEar(twoCapturing());
    const { wants } = await ask(ear);
    expect(wants).toHaveLength(1);
    expect(await report(ear, closet)).toEqual([]);
    await ear.pass(11_000);
    expect(await report(ear, closet)).toEqual(wants);
    expect(await report(ear)).toEqual([]);
  });

  it('is asked of none that may not', async () => {
    const ear = createEar();
    expect((await ask(ear, closet)).wants).toEqual([]);
    const snapshot = await snapshotOf(1, ear.clock.now());
    expect(word(await ear.control.report(await ear.hand.snapshot(snapshot, closet)))).toBe('unwanted');
  });

  it('is one of a few at once, each with a number of its own', async () => {
    const ear = createEar();
    const source = ear.control.source('axfr');
    const all = [];
    for (let i = 0; i < 9; i++) all.push(await source.capture(servers, { ticket: `one of nine: ${i}` }));
    const wants = await report(ear);
    expect(new Set(wants.map(({ number }) => number)).size).toBe(8);
    expect(all[8]).toMatchObject({ status: 'refused', attempts: [{ evidence: expect.stringMatching(/8 captures/) }] });
  });

  it('is refused where two lives ended while they took it in, and the machine hears of them', async () => {
    const ear = createEar();
    const { wish } = await ask(ear);
    const key = 'clusters/prod/capture-requests';
    const stored = await ear.store.read(key);
    if (stored === undefined) throw new Error('nothing is stored');
    // As lives leave it that ended between two lines.
    await ear.store.write(key, stored.value.replace('"begun":0', '"begun":2'), stored.version);
    const snapshot = await snapshotOf(wish.number, ear.clock.now());
    expect(word(await put(ear, snapshot))).toBe('malformed');
    expect(outcomeOf(ear)).toMatchObject({ status: 'in-vain', endedLives: 2, attempts: [{ kind: 'too-large' }] });
    expect(word(await put(ear, snapshot))).toBe('unwanted');
  });

  it('is not lost with a store that fails once', async () => {
    const ear = createEar();
    const { wish } = await ask(ear);
    const snapshot = await snapshotOf(wish.number, ear.clock.now());
    ear.breakKeeping();
    await expect(put(ear, snapshot)).rejects.toThrow('EIO');
    expect(ear.answers).toEqual([]);
    expect(word(await put(ear, snapshot))).toBe('taken');
    expect(outcomeOf(ear)).toEqual({ status: 'kept', snapshot: 1 });
  });

  it('is taken of the vantage that was asked first, though another one was asked meanwhile, and then of no other', async () => {
    const ear = createEar(twoCapturing());
    const { wish } = await ask(ear);
    await ear.pass(11_000);
    expect(await report(ear, closet)).toEqual([wish]);
    const snapshot = await snapshotOf(wish.number, ear.clock.now());
    expect(word(await put(ear, snapshot))).toBe('taken');
    const other = await snapshotOf(wish.number, ear.clock.now(), ['kubernetes.default', 'web.shop']);
    expect(word(await ear.control.report(await ear.hand.snapshot(other, closet)))).toBe('taken');
    expect(ear.answers).toHaveLength(1);
    expect(await readSnapshot(ear.store, 'prod', 1)).toMatchObject({ digest: snapshot.digest });
    expect(await readSnapshot(ear.store, 'prod', 2)).toBeUndefined();
  });

  it('of a document that cannot be read is asked for anew', async () => {
    const ear = createEar();
    await ear.store.write('clusters/prod/capture-requests', '{"format":1,"requests":[7,{}]', 0);
    expect((await ask(ear)).wants).toHaveLength(1);
  });
});
