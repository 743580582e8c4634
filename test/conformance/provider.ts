// What every provider must do, as one list of cases: run on memory, a zone file, a fake server, and on real Knot and BIND. After each
// change the plan is made again: it must be empty. The cases share one zone and run in order; a subject says which it cannot run, and why.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutBatches } from '../../functions/plan/batches.ts';
import { buildPlan } from '../../functions/plan/build.ts';
import { nextMarker } from '../../functions/plan/fence.ts';
import { type Marker, type MarkerPhase, markerName, maxMarkerCount } from '../../functions/plan/marker.ts';
import { noMemory } from '../../functions/plan/memory.ts';
import { belongingIn } from '../../functions/plan/ownership.ts';
import type { Change, Plan } from '../../functions/plan/plan.ts';
import { release } from '../../functions/plan/release.ts';
import type { ApplyOutcome, Provider, ZoneState } from '../../functions/providers/provider.ts';
import { child, type Name, parseName } from '../../functions/records/name.ts';
import { compareRrsets, type RecordType, type Rrset } from '../../functions/records/rrset.ts';

export const conformanceZone: Name = parseName('cluster.local');

/** Other people's records: outside the tree, and inside it in a type that is not ours. A subject's zone holds them at first. */
export const foreign: readonly Rrset[] = [
  set('www', 'A', 30, '192.0.2.1'),
  set('www', 'TXT', 30, '"hands off"'),
  set('somebody.default.svc', 'PTR', 30, 'else.example.'),
];

export interface Subject {
  readonly provider: Provider;
  /** Everything in the zone but SOA and apex NS, in canonical order, the marker included. */
  all(): Promise<readonly Rrset[]>;
  /** Values in one set: as many as the host surely takes, and more than it takes. */
  readonly manyValues: number;
  readonly tooManyValues: number;
  /** Batches that 1,000 services need at least. */
  readonly leastBatchesOfThousand: number;
  /** Writes that the host was asked for, where it can be told. */
  readonly writes?: () => number;
  stop(): Promise<void>;
}

export interface ProviderUnderTest {
  readonly name: string;
  /** Cases by their titles that it cannot run. */
  readonly skip?: readonly { readonly reason: string; readonly cases: readonly string[] }[];
  start(): Promise<Subject>;
}

/** Declares the cases for one provider. */
export function describeProvider({ name, start, skip = [] }: ProviderUnderTest): void {
  const skipped = new Map(skip.flatMap((one) => one.cases.map((title) => [title, one.reason])));
  for (const title of skipped.keys()) if (!Object.hasOwn(cases, title)) throw new Error(`no such case: ${title}`);
  describe(`${name} as a provider`, () => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await start();
    });
    afterAll(() => subject?.stop());

    for (const [title, run] of Object.entries(cases)) {
      const reason = skipped.get(title);
      if (reason === undefined) it(title, () => run(subject));
      else it.skip(`${title} (${reason})`, () => {});
    }
  });
}

const kubernetes = service('kubernetes.default', '10.96.0.1');
const alias = (label: string, target: string) => set(`${label}.svc`, 'CNAME', 30, target);
const signal = () => AbortSignal.timeout(20_000);

/** The titles are stable: a skip names them. */
const cases: Readonly<Record<string, (subject: Subject) => Promise<void>>> = {
  'an empty zone has no marker, and nothing of ours': async ({ provider }) => {
    expect(await read(provider)).toEqual({ rrsets: [], marker: undefined });
  },

  'what it takes is said in the words of its costs, and costs add up': async ({ provider }) => {
    const { batch, costOf, granularity, maxValuesPerRrset, usualValuesPerRrset } = await provider.describe(signal());
    expect(['rrset', 'record']).toContain(granularity);
    expect(Math.min(maxValuesPerRrset, usualValuesPerRrset)).toBeGreaterThan(0);
    const after = service('a.x', '10.0.0.1', '10.0.0.2');
    const put: readonly Change[] = [{ action: 'create', after }];
    for (const [counted, most] of Object.entries(batch)) {
      const cost = costOf(put, true)[counted] ?? 0;
      expect(cost).toBeGreaterThan(0);
      expect(cost).toBeLessThan(most);
      expect(costOf([...put, ...put], false)[counted]).toBeGreaterThan(cost);
      expect(costOf(put, false)[counted]).toBeGreaterThanOrEqual(cost);
    }
  },

  'the first marker is written only where there is none': async ({ provider }) => {
    const first = markerAfter(undefined);
    expect(await write(provider, undefined, first, [{ action: 'create', after: kubernetes }])).toEqual({
      status: 'applied',
    });
    const again = await write(provider, undefined, first, [{ action: 'create', after: service('late.x') }]);
    expect(again.status).toBe('conflict');
    expect(await read(provider)).toEqual({ rrsets: [kubernetes], marker: first });
  },

  'all types go in and out without a loss, and then there is nothing to do': async (subject) => {
    const headless = service('db.x', '10.0.1.1', '10.0.1.2', '10.0.1.3');
    const desired = [
      kubernetes,
      headless,
      set('db.x.svc', 'AAAA', 30, 'fd00::1', 'fd00::2:0:1'),
      set('_pg._tcp.db.x.svc', 'SRV', 30, '0 50 5432 a.db.x.svc.cluster.local.', '0 50 5432 b.db.x.svc.cluster.local.'),
      set('external.x.svc', 'CNAME', 30, 'db.example.com.'),
      set('note.x.svc', 'TXT', 30, '"a \\"quoted\\" \\\\ text" "and \\195\\188 octets"'),
    ];
    await publish(subject, desired);
    await publish(subject, [...desired.filter((one) => one !== headless), service('db.x', '10.0.1.3', '10.0.1.4')]);
  },

  'a new TTL reaches every value of a set': async (subject) => {
    const values = ['10.0.1.1', '10.0.1.2', '10.0.1.3'];
    await publish(subject, [kubernetes, service('ttl.x', ...values)]);
    await publish(subject, [kubernetes, { ...service('ttl.x', ...values), ttlSeconds: 45 }]);
    await publish(subject, [kubernetes, { ...service('ttl.x', ...values, '10.0.1.4'), ttlSeconds: 20 }]);
  },

  'a name goes from A to CNAME and back': async (subject) => {
    const both = [service('switch.x'), set('switch.x.svc', 'TXT', 30, '"t"')];
    await publish(subject, [kubernetes, ...both]);
    await publish(subject, [kubernetes, alias('switch.x', 'a.example.')]);
    await publish(subject, [kubernetes, alias('switch.x', 'b.example.')]);
    await publish(subject, [kubernetes, ...both]);
  },

  'a second writer with an old marker loses whole': async ({ provider }) => {
    const { marker } = await provider.readMarker(signal());
    const faster = markerAfter(marker);
    expect(await write(provider, marker, faster, [{ action: 'create', after: service('faster.x') }])).toEqual({
      status: 'applied',
    });
    const slower = await write(provider, marker, { ...faster, writer: 'slower' }, [
      { action: 'create', after: service('slower.x') },
      { action: 'delete', before: kubernetes },
    ]);
    expect(slower).toMatchObject({ status: 'conflict', reason: expect.any(String) });
    const after = await read(provider);
    expect(after.marker).toEqual(faster);
    expect(after.rrsets).toContainEqual(kubernetes);
    expect(after.rrsets.map((one) => one.name)).not.toContain(service('slower.x').name);
  },

  'markers of every length are read back and compared, of the version that named no cluster too': async ({
    provider,
  }) => {
    const { marker, rrsets } = await read(provider);
    const longest = { cluster: 'c'.repeat(40), writer: 'w'.repeat(63), snapshot: maxMarkerCount };
    let current = marker;
    for (const names of [
      longest,
      { cluster: null, writer: 'old' },
      longest,
      { cluster: 'prod', writer: 'conformance' },
    ]) {
      const next = { ...markerAfter(current), ...names };
      expect(await write(provider, current, next, [])).toEqual({ status: 'applied' });
      expect(await read(provider)).toEqual({ rrsets, marker: next });
      expect((await write(provider, current, next, [])).status).toBe('conflict');
      current = next;
    }
  },

  'what was changed behind our back is not overwritten': async (subject) => {
    await publish(subject, [kubernetes, service('hand.x', '10.0.0.1')]);
    const { marker } = await subject.provider.readMarker(signal());
    const other = service('other.x');
    const moved: Change = {
      action: 'replace',
      before: service('hand.x', '10.0.0.7'),
      after: service('hand.x', '10.0.0.8'),
    };
    const gone: Change = { action: 'delete', before: service('hand.x', '10.0.0.7') };
    const there: Change = { action: 'create', after: service('hand.x', '10.0.0.8') };
    for (const change of [moved, gone, there]) {
      const changes: readonly Change[] = [{ action: 'create', after: other }, change];
      expect((await write(subject.provider, marker, markerAfter(marker), changes)).status).toBe('conflict');
    }
    expect(await read(subject.provider)).toEqual({
      marker,
      rrsets: [service('hand.x', '10.0.0.1'), kubernetes].sort(compareRrsets),
    });
  },

  'the marker goes through its phases with no other change': async ({ provider }) => {
    let { marker } = await provider.readMarker(signal());
    for (const phase of ['partial', 'frozen', 'warm'] as const satisfies readonly MarkerPhase[]) {
      const next = { ...markerAfter(marker), phase, activation: 3 };
      expect(await write(provider, marker, next, [])).toEqual({ status: 'applied' });
      marker = (await read(provider)).marker;
      expect(marker).toEqual(next);
    }
  },

  'what a batch was accepted for is read at once, and the next one goes on from there': async ({ provider }) => {
    const { marker, rrsets, handles } = await provider.readZone(signal());
    const [first, second] = [markerAfter(marker), markerAfter(markerAfter(marker))];
    const one = await provider.apply(
      { expected: marker, next: first, changes: [], ...(handles && { handles }) },
      signal(),
    );
    expect(['applied', 'accepted']).toContain(one.status);
    expect(await read(provider)).toEqual({ rrsets, marker: first });
    const known = 'handles' in one ? { ...handles, ...one.handles } : handles;
    const two = await provider.apply(
      { expected: first, next: second, changes: [], ...(known && { handles: known }) },
      signal(),
    );
    expect(await served(one)).toEqual({ status: 'applied' });
    expect(await served(two)).toEqual({ status: 'applied' });
    expect(await read(provider)).toEqual({ rrsets, marker: second });
  },

  'a thousand services go in and out in batches': async (subject) => {
    const many = Array.from({ length: 1000 }, (_, i) => service(`s${i}.many`, `10.1.${i >> 8}.${i & 255}`));
    expect(await publish(subject, [kubernetes, ...many])).toBeGreaterThanOrEqual(subject.leastBatchesOfThousand);
    const moved = many.map((one, i) => (i % 2 === 0 ? one : { ...one, values: [`10.2.${i >> 8}.${i & 255}`] }));
    await publish(subject, [kubernetes, ...moved.slice(0, 900)]);
    await publish(subject, [kubernetes]);
  },

  'a set of as many values as the host takes comes, changes and goes': async (subject) => {
    const values = Array.from({ length: subject.manyValues }, (_, i) => `10.3.${i >> 8}.${i & 255}`);
    await publish(subject, [kubernetes, service('huge.x', ...values)]);
    await publish(subject, [kubernetes, service('huge.x', ...values.slice(1), '10.4.0.1')]);
    await publish(subject, [kubernetes]);
  },

  'a set with too many values is refused before anything is sent': async ({ provider, tooManyValues, writes }) => {
    const values = Array.from({ length: tooManyValues }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    const big = service('big.x', ...values);
    const { rrsets, marker } = await read(provider);
    const before = writes?.();
    const plan = await planOf(provider, rrsets, [...rrsets, big]);
    expect(plan.status).toBe('refused');
    expect(plan.findings.map((finding) => finding.reason).join()).toContain('big.x.svc.cluster.local. A');
    await expect(
      write(provider, marker, markerAfter(marker), [{ action: 'create', after: big }]),
    ).rejects.toMatchObject({
      code: 'limit',
    });
    expect(writes?.()).toBe(before);
    expect(await read(provider)).toEqual({ rrsets, marker });
  },

  'a change of what is not ours is a fault of ours, and is not sent': async ({ provider, writes }) => {
    const { marker } = await provider.readMarker(signal());
    const before = writes?.();
    for (const one of foreign) {
      await expect(
        write(provider, marker, markerAfter(marker), [{ action: 'delete', before: one }]),
      ).rejects.toMatchObject({
        code: 'internal',
      });
    }
    expect(writes?.()).toBe(before);
  },

  "other people's records are still there": async (subject) => {
    await publish(subject, [kubernetes, service('last.x')]);
    const belonging = belongingIn(conformanceZone);
    expect((await subject.all()).filter((one) => belonging(one) === 'foreign')).toEqual(
      [...foreign].sort(compareRrsets),
    );
    expect((await subject.all()).filter((one) => one.name === markerName(conformanceZone))).toHaveLength(1);
  },
};

/** Publishes and checks: every batch applied, read back equal, the next plan empty. Returns the number of batches. */
async function publish({ provider }: Subject, desired: readonly Rrset[]): Promise<number> {
  const { rrsets, marker } = await read(provider);
  const { handles } = await provider.readZone(signal());
  const plan = await planOf(provider, rrsets, desired);
  expect(plan.status).toBe('ready');
  const batches = cutBatches(plan.changes, await provider.describe(signal()));
  let current = marker;
  let known = handles;
  for (const [i, changes] of batches.entries()) {
    const next: Marker = { ...markerAfter(current), phase: i === batches.length - 1 ? 'warm' : 'partial' };
    const outcome = await provider.apply(
      { expected: current, next, changes, ...(known && { handles: known }) },
      signal(),
    );
    if ('handles' in outcome) known = { ...known, ...outcome.handles };
    expect(await served(outcome)).toEqual({ status: 'applied' });
    current = next;
  }
  const after = await read(provider);
  expect(after.marker).toEqual(current);
  expect(after.rrsets).toEqual([...desired].sort(compareRrsets));
  expect(await planOf(provider, after.rrsets, desired)).toMatchObject({ status: 'unchanged', changes: [] });
  return batches.length;
}

/** The whole zone; the marker alone must be the same, and be named by the same handles. */
async function read(provider: Provider): Promise<Omit<ZoneState, 'handles'>> {
  const { handles, ...state } = await provider.readZone(signal());
  const alone = await provider.readMarker(signal());
  expect(alone.marker).toEqual(state.marker);
  expect({ ...handles, ...alone.handles }).toEqual({ ...handles });
  return state;
}

/** All that a guard would hold is released: what is looked at is the provider. */
async function planOf(provider: Provider, current: readonly Rrset[], desired: readonly Rrset[]): Promise<Plan> {
  const request = {
    zone: provider.zone,
    desired,
    current,
    policy: { mustHave: [kubernetes.name], maxDeleteShare: 1, minDeletesToHold: 1, holdExpiresAfterMs: 0 },
    clusterHealthy: true,
    capabilities: await provider.describe(signal()),
    memory: noMemory,
    now: 0,
  };
  const { memory } = await buildPlan(request);
  return (await buildPlan({ ...request, memory: release(memory, { at: 0, who: 'conformance', why: 'test' }) })).plan;
}

/** One batch over what is there; until it is served, where it is only accepted. */
async function write(
  provider: Provider,
  expected: Marker | undefined,
  next: Marker,
  changes: readonly Change[],
): Promise<Pick<ApplyOutcome, 'status'>> {
  const { handles } = await provider.readZone(signal());
  const outcome = await provider.apply({ expected, next, changes, ...(handles && { handles }) }, signal());
  return served(outcome);
}

async function served(outcome: ApplyOutcome): Promise<Pick<ApplyOutcome, 'status'>> {
  if (outcome.status === 'conflict' || outcome.status === 'refused') return outcome;
  if (outcome.status === 'accepted') await outcome.settled(signal());
  return { status: 'applied' };
}

function markerAfter(current: Marker | undefined): Marker {
  const digest = `sha256:${'5'.repeat(64)}`;
  return nextMarker(current, {
    snapshot: 1,
    digest,
    cluster: 'prod',
    writer: 'conformance',
    phase: 'warm',
    activation: 0,
  });
}

function service(name: string, ...values: readonly string[]): Rrset {
  return set(`${name}.svc`, 'A', 30, ...(values.length > 0 ? values : ['10.0.0.1']));
}

function set(name: string, type: RecordType, ttlSeconds: number, ...values: readonly string[]): Rrset {
  return { name: child(name, conformanceZone), type, ttlSeconds, values: [...values].sort() };
}
