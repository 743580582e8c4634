// The story, once for each fault of a control plane, whatever Lifeboat runs on: what it sees and does, and what clients notice of it on each
// of three paths.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PartsResult } from '../../../lab/binaries/build.ts';
import type { DnsServersResult } from '../../../lab/binaries/dns-servers.ts';
import { queryUdp } from '../../../lab/processes/dns-client.ts';
import type { Deployment, Watch, WatchLine } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import { zone } from '../../../lab/scenario/control-plane.ts';
import { type ClusterInput, type DeploymentOptions, timing } from '../../../lab/scenario/deployment.ts';
import type { Judgement, Lookup } from '../../../lab/scenario/judge.ts';
import { loadEndpointSlices, startOverload } from '../../../lab/scenario/overload.ts';
import { type Detection, openScene, type Path, type Scene } from './scene.ts';
import { startWorld, type World } from './world.ts';

/** What Lifeboat runs on. */
export interface Subject {
  readonly platform: 'node' | 'worker';
  /** More of the configuration. */
  readonly extra?: DeploymentOptions['extra'];
  readonly start: (deployment: Deployment) => Promise<Watch>;
  /** The state as an operator sees it. */
  readonly status: (world: World, watch: Watch) => Promise<StatusDocument>;
}

interface Fault {
  readonly name: string;
  /** Whose verdict tells. */
  readonly target: 'apiserver' | 'dns';
  readonly conditions: readonly string[];
  /** What a verdict says in words; on a small machine not the first one, perhaps. */
  readonly words: RegExp;
  readonly overloadable?: boolean;
  readonly change?: (cluster: ClusterInput) => object;
  readonly prepare?: (world: World) => Promise<void>;
  readonly strike: (world: World) => unknown;
  /** CoreDNS as it comes has no data or is gone, so that clients behind it fail and the standby answers the others. */
  readonly coreDnsFails: boolean;
  /** What becomes of the wired CoreDNS: it goes on, it is away until it listens again, or it is gone. */
  readonly wired: 'stays' | 'returns' | 'gone';
}

const faults: readonly Fault[] = [
  {
    name: 'API server frozen',
    target: 'apiserver',
    conditions: ['down'],
    words: /API server is down: no answer within the deadline/,
    strike: ({ api }) => api.freeze(),
    coreDnsFails: false,
    wired: 'stays',
  },
  {
    name: 'API server killed',
    target: 'apiserver',
    conditions: ['down'],
    // A Worker is told only that the connection failed.
    words: /API server is down: (connections are refused|no connection can be made to it)/,
    strike: ({ api }) => api.kill(),
    coreDnsFails: false,
    wired: 'stays',
  },
  {
    name: 'API server overloaded by lists of an ordinary identity',
    target: 'apiserver',
    conditions: ['degraded', 'down'],
    words: /API server is degraded: (it answers ordinary clients slowly|.*although its health endpoints answer|.*429)/,
    overloadable: true,
    // Long deadlines: where the machine is small, the server's own CPU is what runs out first.
    change: (cluster) => ({
      ...cluster,
      apiServer: { ...cluster.apiServer, slowMs: 200 },
      probe: { intervalMs: 3_000, timeoutMs: 2_800 },
    }),
    prepare: ({ api }) => loadEndpointSlices(api.admin),
    strike: async (world) => world.own(await startOverload({ api: world.api, runFolder: world.runFolder })),
    coreDnsFails: false,
    wired: 'stays',
  },
  {
    name: 'etcd killed',
    target: 'apiserver',
    conditions: ['degraded', 'down'],
    words: /API server is (down|degraded)/,
    strike: ({ etcd }) => etcd?.kill(),
    coreDnsFails: false,
    wired: 'stays',
  },
  {
    name: 'CoreDNS killed with the API server healthy',
    target: 'dns',
    conditions: ['down'],
    words: /CoreDNS \S+ is down: (connections are refused|no connection can be made to it)/,
    strike: ({ plain, wired }) => Promise.all([plain.kill(), wired.kill()]),
    coreDnsFails: true,
    wired: 'gone',
  },
  {
    name: 'CoreDNS restarted unsynced, the API server being gone',
    target: 'apiserver',
    conditions: ['down'],
    words: /API server is down: no answer within the deadline/,
    strike({ api, plain, wired }) {
      api.freeze();
      return Promise.all([plain.restart({ wait: false }), wired.restart({ wait: false })]);
    },
    coreDnsFails: true,
    wired: 'returns',
  },
];

/** How long clients go on after Lifeboat has done its part. */
const afterwardsMs = 8_000;

/** Runs the story on the real parts, where they are there. */
export function describeFaults(subject: Subject, built: PartsResult, system: DnsServersResult): void {
  const isAbsent = built.status === 'absent' || system.status === 'absent';
  describe.skipIf(isAbsent).each(faults)('$name', (fault) => {
    describeFault(subject, fault, built, system);
  });
}

function describeFault(subject: Subject, fault: Fault, built: PartsResult, system: DnsServersResult): void {
  let scene: Scene;
  let detection: Detection;
  let status: StatusDocument;
  let standby: Judgement;
  let readyStatus = 0;
  let inPeace: number;
  let wiredIsBackAtMs = 0;
  let faultAtMs: number;
  let lookups: Readonly<Record<Path, readonly Lookup[]>>;

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    const { overloadable = false, change, prepare, strike } = fault;
    const world = await startWorld(built.parts, system.servers, {
      overloadable,
      platform: subject.platform,
      ...(subject.extra === undefined ? {} : { extra: subject.extra }),
      ...(change === undefined ? {} : { change }),
    });
    await prepare?.(world);
    scene = await openScene(world, subject.start);
    inPeace = world.relay.queries();
    console.log(`fault: ${fault.name}`);
    faultAtMs = await scene.strike(() => strike(world));
    if (fault.wired === 'returns') wiredIsBackAtMs = await answersAgain(world);
    detection = await scene.detection(fault.target, fault.words);
    if (fault.target === 'apiserver') {
      const isFreeze = (kind: string | undefined) => kind === 'published' || kind === 'frozen';
      await scene.watch.saw('the frozen standby', ({ outcome }) => isFreeze(outcome?.kind), { sinceMs: faultAtMs });
    }
    await sleep(afterwardsMs);
    if (overloadable) readyStatus = await readyOf(world);
    status = await subject.status(world, scene.watch);
    lookups = await scene.stopClients();
    standby = await scene.judgeStandby();
  }, 300_000);

  afterAll(() => scene?.end());

  it('is detected, confirmed and paged', () => {
    const { verdict, verdictMs, activeMs, pageMs } = detection;
    expect(fault.conditions).toContain(verdict.condition);
    expect(verdictMs).toBeLessThanOrEqual(activeMs);
    expect(activeMs).toBeLessThanOrEqual(pageMs);
    expect(scene.world.webhook.rejected()).toBe(0);
    expect(scene.world.pagerduty.refusals).toEqual([]);
    expect(status).toMatchObject({ phase: 'active', cause: fault.target === 'dns' ? 'dns' : 'control-plane' });
  });

  it('behind the node cache no lookup fails and none is wrong', () => {
    expectServed(scene, 'nodeCache', lookups.nodeCache, fault.coreDnsFails);
  });

  if (fault.wired !== 'gone') {
    it('behind the wired CoreDNS no lookup fails and none is wrong, while it lives', () => {
      const isAway = ({ atMs, tookMs }: Lookup) => atMs + tookMs > faultAtMs && atMs < wiredIsBackAtMs;
      const counted = lookups.wired.filter((lookup) => !isAway(lookup));
      const left = lookups.wired.length - counted.length;
      if (left > 0) console.log(`wired: away for ${wiredIsBackAtMs - faultAtMs} ms, ${left} lookups not counted`);
      expectServed(scene, 'wired', counted, fault.coreDnsFails);
    });
  }

  it(`behind CoreDNS as it comes lookups ${fault.coreDnsFails ? 'fail' : 'go on'}`, () => {
    const { failed, wrong } = scene.judge('plain', lookups.plain, false);
    expect(wrong).toEqual([]);
    if (fault.coreDnsFails) expect(failed.length).toBeGreaterThan(50);
    else expect(failed).toEqual([]);
  });

  it('asked the standby nothing in peace, while the cluster changed and the standby followed', () => {
    expect(inPeace).toBe(0);
    const { created, deleted, rescaled, reused } = scene.workload.counts();
    const isPublication = ({ at, outcome }: WatchLine) => outcome?.kind === 'published' && at < faultAtMs;
    const instants = [
      ...scene.watch
        .lines()
        .filter(isPublication)
        .map(({ at }) => at),
      faultAtMs,
    ];
    const longestMs = Math.max(...instants.slice(1).map((at, i) => at - (instants[i] ?? 0)));
    console.log(
      `peace: ${created} created, ${deleted} deleted, ${rescaled} rescaled, ${reused} addresses used again; ${instants.length - 1} publications, at most ${longestMs} ms apart`,
    );
    expect(Math.min(created, deleted, rescaled, reused)).toBeGreaterThan(5);
    expect(longestMs).toBeLessThan(2 * (timing.snapshot.intervalMs + timing.probe.intervalMs));
  });

  if (fault.target === 'apiserver' && !fault.coreDnsFails) {
    it('left in the standby what the API server said last, and nobody asks it as long as CoreDNS answers', () => {
      if (!fault.overloadable) expect(scene.world.relay.queries()).toBe(0);
      expect(standby.lookups).toBeGreaterThan(50);
      expect([...standby.failed, ...standby.wrong]).toEqual([]);
    });
  }

  if (fault.overloadable) {
    it('is seen although /readyz answers 200', () => {
      expect(readyStatus).toBe(200);
    });
  }

  if (fault.target === 'dns') {
    it('freezes nothing and shows the age of the standby', () => {
      const { standbys, verdicts } = status;
      expect(verdicts.apiserver?.condition).toBe('healthy');
      const [held] = Object.values(standbys);
      expect(held?.frozen).toBe(0);
      expect(held?.ageMs).toBeGreaterThanOrEqual(afterwardsMs);
    });
  }
}

/** What is read of a state. */
export interface StatusDocument {
  readonly phase: string;
  readonly cause: string | null;
  readonly verdicts: Readonly<Record<string, { readonly condition: string }>>;
  readonly standbys: Readonly<Record<string, { readonly frozen: number; readonly ageMs: number }>>;
}

function expectServed(scene: Scene, path: Path, lookups: readonly Lookup[], standbyAnswers: boolean): void {
  const { failed, wrong } = scene.judge(path, lookups, standbyAnswers);
  expect(lookups.length).toBeGreaterThan(300);
  expect({ failed: failed.slice(0, 10), wrong: wrong.slice(0, 10) }).toEqual({ failed: [], wrong: [] });
}

/** When the wired CoreDNS answered again after its restart. */
async function answersAgain({ wired }: World): Promise<number> {
  const rcode = async () => (await queryUdp(wired.address, `kubernetes.default.svc.${zone}`, 'A', 2_000)).rcode;
  return poll('answer of the wired CoreDNS', async () => ((await rcode()) === 'NOERROR' ? Date.now() : undefined));
}

/** What health probes see; 0 when there is no answer. */
async function readyOf({ api }: World): Promise<number> {
  const client = api.client('watchdog', { timeoutMs: 10_000 });
  const status = await client.request('GET', '/readyz').then(
    (response) => response.status,
    () => 0,
  );
  client.close();
  return status;
}
