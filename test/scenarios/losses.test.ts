// What the publisher must never lose, with everything behind the ports made up: addresses in an outage, holds from plan to plan, and the
// health of the moment that a snapshot was captured in.
import { describe, expect, it } from 'vitest';
import type { PublishEffect } from '../../functions/decision/machine/effect.ts';
import { formatEndpoint } from '../../functions/lib/endpoint.ts';
import { LifeboatError } from '../../functions/lib/errors.ts';
import { newcomer } from '../../functions/model/standing.ts';
import { deliverDue } from '../../functions/tasks/alert/deliver.ts';
import { takeSnapshot } from '../../functions/tasks/capture/capture.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { type Activity, workToRest } from '../../functions/tasks/loop/dispatch.ts';
import { probeRound } from '../../functions/tasks/loop/probe-round.ts';
import { publish } from '../../functions/tasks/publish/publish-effect.ts';
import { createFakeCluster, type FakeCluster } from '../fakes/cluster.ts';

interface Watched {
  readonly fake: FakeCluster;
  readonly activities: Activity[];
}

function watched(services: Iterable<readonly [string, string]> = []): Watched {
  const fake = createFakeCluster();
  fake.services.delete('web.shop');
  for (const [name, addresses] of services) fake.services.set(name, addresses);
  return { fake, activities: [] };
}

/** Rounds of five seconds, as the watch does them. */
async function rounds({ fake, activities }: Watched, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const onActivity = (activity: Activity) => void activities.push(activity);
    const effects = await probeRound(fake.ports, onActivity);
    await workToRest(fake.ports, effects, onActivity);
    await deliverDue(fake.ports);
    fake.pass(5000);
  }
}

/** A minute and a bit: the next capture and its publication. */
const nextPublication = 13;

const numbered = (count: number, addresses: (i: number) => string, namespace = 'shop') =>
  Array.from({ length: count }, (_, i) => [`s${i}.${namespace}`, addresses(i)] as const);
const ten = (i: number) => Array.from({ length: 10 }, (_, k) => `10.${i}.1.${k}`).join(' ');
const addressesOf = ({ fake }: Watched) =>
  fake.provider.contents().flatMap(({ type, values }) => (type === 'A' ? values : []));
const namesOf = ({ fake }: Watched) =>
  fake.provider.contents().map(({ name }) => name.replace('.svc.cluster.local.', ''));
const failuresOf = ({ activities }: Watched) =>
  activities.flatMap((one) => (one.kind === 'finished' && one.outcome.kind === 'publish-failed' ? [one.outcome] : []));
const publishedOf = ({ activities }: Watched) =>
  activities.flatMap((one) =>
    one.kind === 'finished' && one.outcome.kind === 'published' ? [one.outcome.effect] : [],
  );
const pagesOf = ({ fake }: Watched) =>
  fake.sent.filter(({ alert }) => alert.action === 'trigger').map(({ alert }) => alert.dedupKey);
const deletes = ({ fake }: Watched, names: Iterable<string>) => {
  for (const name of names) fake.services.delete(name);
};

/** A standby server that can be gone for a while. */
function withOutages({ fake }: Watched): { isGone: boolean } {
  const state = { isGone: false };
  const { readMarker, readZone } = fake.provider;
  const unlessGone =
    <T>(read: (signal: AbortSignal) => Promise<T>) =>
    (signal: AbortSignal) =>
      state.isGone ? Promise.reject(new Error('no route')) : read(signal);
  Object.assign(fake.provider, { readMarker: unlessGone(readMarker), readZone: unlessGone(readZone) });
  return state;
}

describe('in an outage', { timeout: 60_000 }, () => {
  it('keeps every address of sets that shrink: nodes that cannot heartbeat', async () => {
    const all = watched(numbered(50, ten));
    await rounds(all, nextPublication);
    all.fake.weather = 'api-down';
    for (const [name, addresses] of numbered(50, ten))
      all.fake.services.set(name, `${addresses.split(' ')[0]} 10.99.0.1`);
    await rounds(all, nextPublication);
    expect(addressesOf(all).filter((address) => !address.startsWith('10.99.'))).toHaveLength(501);
    expect(addressesOf(all).filter((address) => address.startsWith('10.99.'))).toHaveLength(50);
  });

  it('does not delete later what is missing in a snapshot that was taken while the API was down', async () => {
    const all = watched(numbered(20, (i) => `10.0.1.${i}`));
    const standby = withOutages(all);
    await rounds(all, 2 * nextPublication);
    const lastAskedAt = async () => (await readRecord(all.fake.ports)).record.machine.capture.askedAt ?? 0;
    while (all.fake.ports.clock.now() - (await lastAskedAt()) < 60_000) await rounds(all, 1);
    // The watch still tells CoreDNS of what goes, the standby cannot be reached; both get well again before the next capture.
    standby.isGone = true;
    all.fake.weather = 'api-down';
    deletes(all, ['s0.shop']);
    await rounds(all, 2);
    all.fake.weather = 'calm';
    all.fake.captureRefusal = 'the transfer is refused';
    await rounds(all, 10);
    standby.isGone = false;
    await rounds(all, nextPublication);
    expect(failuresOf(all).length).toBeGreaterThan(0);
    expect(publishedOf(all).at(-1)).toMatchObject({ snapshot: 2, deletes: 'held' });
    expect(namesOf(all)).toContain('s0.shop');
    all.fake.captureRefusal = undefined;
    await rounds(all, nextPublication);
    expect(namesOf(all)).not.toContain('s0.shop');
  });
});

describe('a store that does not answer in the middle of a publication', () => {
  it.each([
    ['adds go on', 'new.shop', 'published'],
    ['deletes do not', undefined, 'stopped'],
  ] as const)('%s', async (_, added, status) => {
    const all = watched(numbered(20, (i) => `10.0.1.${i}`));
    await rounds(all, 2 * nextPublication);
    if (added === undefined) deletes(all, ['s0.shop']);
    else all.fake.services.set(added, '10.0.2.1');
    const { ports } = all.fake;
    const places = ports.cluster.dns.servers.map(formatEndpoint);
    const outcome = await takeSnapshot(ports, [{ source: 'axfr', places }], { urgent: true });
    const snapshot = outcome.status === 'taken' ? outcome.snapshot.number : expect.fail(outcome.status);
    // The record is read twice before the first update, for what is held before and after; then it cannot be read any more.
    let reads = 0;
    const store = {
      ...ports.store,
      read: async (key: string) => {
        if (key.endsWith('/state') && ++reads > 2) throw new LifeboatError('store', 'the disk is gone');
        return ports.store.read(key);
      },
    };
    const effect: PublishEffect = {
      kind: 'publish',
      standby: 'zonefile',
      snapshot,
      asOf: ports.clock.now(),
      deletes: 'allowed',
      intent: { kind: 'publish', knownActivation: 0 },
      standing: newcomer,
      renew: false,
      read: 'marker',
    };
    const event = await publish({ ...ports, store }, effect);
    expect(event).toMatchObject(status === 'published' ? { kind: 'published' } : { kind: 'publish-failed', status });
  });
});

describe('in peace', { timeout: 60_000 }, () => {
  it('does not renumber most of the zone without a word', async () => {
    const all = watched(numbered(1000, (i) => `10.1.${i >> 8}.${i & 255}`));
    await rounds(all, 2 * nextPublication);
    for (const [name] of numbered(1000, () => ''))
      all.fake.services.set(name, `10.66.${name.length}.${name.slice(1, 3).replace('.', '')}`);
    await rounds(all, nextPublication);
    expect(addressesOf(all).filter((address) => address.startsWith('10.66.'))).toEqual([]);
    expect(pagesOf(all)).toContain('prod/deletes-held/zonefile');
  });

  it('does not let go of what it held when adds made the zone larger', async () => {
    const all = watched([...numbered(30, (i) => `10.0.1.${i}`), ['kept.shop', '10.0.9.9']]);
    await rounds(all, 2 * nextPublication);
    deletes(
      all,
      numbered(12, () => '').map(([name]) => name),
    );
    for (const [name, address] of numbered(20, (i) => `10.0.2.${i}`, 'new')) all.fake.services.set(name, address);
    await rounds(all, nextPublication);
    expect(failuresOf(all)).toEqual([]);
    for (let minute = 0; minute < 5; minute++) {
      all.fake.services.set(`more${minute}.new`, '10.0.3.1');
      await rounds(all, nextPublication);
    }
    expect(namesOf(all).filter((name) => name.endsWith('.shop'))).toHaveLength(31);
    expect(pagesOf(all)).toContain('prod/deletes-held/zonefile');
  });

  it('holds back what goes in small steps, 25 % a minute', async () => {
    const all = watched(numbered(1000, (i) => `10.1.${i >> 8}.${i & 255}`));
    await rounds(all, 2 * nextPublication);
    for (let minute = 0; minute < 8; minute++) {
      const left = [...all.fake.services.keys()].filter((name) => name.endsWith('.shop'));
      deletes(all, left.slice(0, Math.floor(left.length / 4)));
      await rounds(all, nextPublication);
    }
    expect(namesOf(all).length).toBeGreaterThanOrEqual(700);
    expect(pagesOf(all)).toContain('prod/deletes-held/zonefile');
  });
});
