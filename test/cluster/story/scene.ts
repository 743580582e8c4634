// A scene of the story: Lifeboat watches, the workload changes the cluster until the fault, and clients resolve on three paths all the time.
// It brings no fault about: the tests do, and say what should come of it.
import { setTimeout as sleep } from 'node:timers/promises';
import { addressesOf, type DnsAddress, queryUdp } from '../../../lab/processes/dns-client.ts';
import type { Deployment, Watch, WatchLine, WatchVerdict } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import { type Clients, startClients } from '../../../lab/scenario/clients.ts';
import { zone } from '../../../lab/scenario/control-plane.ts';
import { clusterId, timing, ttlSeconds } from '../../../lab/scenario/deployment.ts';
import { type Judgement, judge, type Lookup } from '../../../lab/scenario/judge.ts';
import { createSeededRandom } from '../../../lab/scenario/random.ts';
import { startWorkload, type Workload } from '../../../lab/scenario/workload.ts';
import type { World } from './world.ts';

/** How clients resolve: through a node cache or a CoreDNS with the generated wiring, or through CoreDNS as it comes. */
export const paths = ['nodeCache', 'wired', 'plain'] as const;
export type Path = (typeof paths)[number];

export interface Detection {
  /** Milliseconds from the fault to the first verdict that was not healthy, to the open activation, and to the page at the on-call service. */
  readonly verdictMs: number;
  readonly activeMs: number;
  readonly pageMs: number;
  /** The first one in the words that were waited for: on a small machine not always the very first. */
  readonly verdict: WatchVerdict;
}

export interface Scene {
  readonly world: World;
  readonly watch: Watch;
  readonly workload: Workload;
  /** Brings the fault about when the standby is about to be brought up to date, and ends the changes. The instant before the fault. */
  strike(fault: () => unknown): Promise<number>;
  /** Waits for the verdict on what was struck, one in these words, the activation and its page. */
  detection(target: 'apiserver' | 'dns', words: RegExp): Promise<Detection>;
  /** Ends the lookups. */
  stopClients(): Promise<Readonly<Record<Path, readonly Lookup[]>>>;
  /** `standbyAnswers`: after the fault what the standby holds is what clients see, so that its lag counts. */
  judge(path: Path, lookups: readonly Lookup[], standbyAnswers: boolean): Judgement;
  /** Asks the standby itself for every name that is there at the end. */
  judgeStandby(): Promise<Judgement>;
  end(): Promise<void>;
}

const services = 120;
const changesPerSecond = 15;
const lookupsPerSecond = 40;
const peaceMs = 10_000;
/** From a write that the API server has confirmed to every CoreDNS that shows it; 41-104 ms on an idle machine. */
const programmingMs = 1_000;
/** A writer that hangs at the fault is not waited for longer. */
const writeTimeoutMs = 2_000;

/** Starts the watch, the workload and the clients, and lets them live in peace until the standby follows the cluster, deletes included. */
export async function openScene(world: World, start: (deployment: Deployment) => Promise<Watch>): Promise<Scene> {
  const watch = world.own(await start(world.deployment));
  const seed = Number(process.env.LIFEBOAT_SEED ?? Date.now() % 1_000_000);
  console.log(`scene: LIFEBOAT_SEED=${seed}`);
  const client = world.api.client('admin', { timeoutMs: writeTimeoutMs });
  const random = createSeededRandom(seed);
  const namespaces = ['north', 'south'];
  const workload = await startWorkload({
    client,
    random,
    zone,
    namespaces,
    services,
    perSecond: changesPerSecond,
  });
  const clients = new Map<Path, Clients>();
  for (const [i, path] of paths.entries()) {
    const { address } = world[path];
    const own = createSeededRandom(seed + 1 + i);
    clients.set(
      path,
      startClients({ server: address, names: workload.names, perSecond: lookupsPerSecond, random: own }),
    );
  }
  await sleep(peaceMs);
  await steady(watch);
  let faultAtMs = Number.POSITIVE_INFINITY;
  const lagOf = (path: Path, standbyAnswers: boolean) => lagMs(path, standbyAnswers ? standbyLagMs(watch) : 0);
  return {
    world,
    watch,
    workload,
    async strike(fault) {
      await poll('publication that is almost due', () => isAlmostDue(watch), { everyMs: 20 });
      faultAtMs = Date.now();
      const done = Promise.resolve(fault());
      await Promise.all([done, workload.stop()]);
      return faultAtMs;
    },
    detection: (target, words) => detectionOf(world, watch, { target, words, faultAtMs }),
    async stopClients() {
      const stopped = await Promise.all(
        paths.map(async (path) => [path, (await clients.get(path)?.stop()) ?? []] as const),
      );
      return Object.fromEntries(stopped) as Record<Path, readonly Lookup[]>;
    },
    judge(path, lookups, standbyAnswers) {
      const history = workload.history();
      const isLater = ({ atMs, tookMs }: Lookup) => atMs + tookMs > faultAtMs;
      const [before, after] = [lookups.filter((one) => !isLater(one)), lookups.filter(isLater)];
      const peace = judge({ history, lookups: before, lagMs: lagOf(path, false) });
      const outage = judge({ history, lookups: after, lagMs: lagOf(path, standbyAnswers), faultAtMs });
      say(path, peace, `before the fault, lag ${lagOf(path, false)} ms`);
      say(path, outage, `after it, lag ${lagOf(path, standbyAnswers)} ms`);
      return {
        lookups: lookups.length,
        failed: [...peace.failed, ...outage.failed],
        wrong: [...peace.wrong, ...outage.wrong],
      };
    },
    async judgeStandby() {
      const history = workload.history();
      const names = [...history].filter(([, spans]) => spans.at(-1)?.held !== 'absent').map(([name]) => name);
      const lookups = await Promise.all(names.map((name) => lookUp(world.standby.address, name)));
      // What the last capture no longer had, and the publication before it still did, is kept.
      return judge({ history, lookups, lagMs: programmingMs, keptMs: standbyLagMs(watch), faultAtMs });
    },
    async end() {
      await workload.stop();
      await Promise.all([...clients.values()].map((one) => one.stop()));
      client.close();
      await world.end();
    },
  };
}

/** How far behind the API an answer may be. The node cache keeps answers for their TTL; the standby is as old as its last publication. */
function lagMs(path: Path, ofStandbyMs: number): number {
  return programmingMs + (path === 'nodeCache' ? ttlSeconds * 1_000 : 0) + ofStandbyMs;
}

/**
 * At most this long after it was captured the standby's set is followed by the next: the capture interval, up to one round more (captures are
 * asked for when a round ends), and the longest transfer and publication of this run.
 */
function standbyLagMs(watch: Watch): number {
  const longest = (kind: string) =>
    Math.max(0, ...watch.lines().map(({ work, tookMs }) => (work?.kind === kind ? (tookMs ?? 0) : 0)));
  return timing.snapshot.intervalMs + timing.probe.intervalMs + longest('capture') + longest('publish');
}

/** The worst moment for the standby: all that has changed since its last publication is missing there. */
function isAlmostDue(watch: Watch): true | undefined {
  const published = watch.lines().findLast(({ outcome }) => outcome?.kind === 'published');
  const ageMs = Date.now() - (published?.at ?? 0);
  return ageMs > 0.8 * timing.snapshot.intervalMs ? true : undefined;
}

/** The API server has been healthy for longer than deletes wait for, and the standby was brought up to date since. */
async function steady(watch: Watch): Promise<void> {
  const calmMs = (timing.policy.healthyRounds + 2) * timing.probe.intervalMs;
  await poll(
    'peace',
    () => {
      const lines = watch.lines();
      const last = lines.findLast(({ verdicts }) => verdicts?.apiserver !== undefined);
      const publishedAt = lines.findLast(({ outcome }) => outcome?.kind === 'published')?.at ?? 0;
      const isHealthy = last?.verdicts?.apiserver?.condition === 'healthy';
      return isHealthy && publishedAt > last.at + calmMs ? true : undefined;
    },
    {
      instead: () =>
        watch
          .lines()
          .slice(-10)
          .map((line) => JSON.stringify(line))
          .join('\n'),
    },
  );
}

async function detectionOf(
  { webhook, pagerduty }: World,
  watch: Watch,
  { target, words, faultAtMs }: { target: 'apiserver' | 'dns'; words: RegExp; faultAtMs: number },
): Promise<Detection> {
  const since = { sinceMs: faultAtMs };
  const bad = (line: WatchLine, fits = /./) =>
    Object.entries(line.verdicts ?? {}).find(
      ([key, { condition, words: said }]) =>
        key.startsWith(target) && ['degraded', 'stale', 'down'].includes(condition) && fits.test(said),
    )?.[1];
  const seen = await watch.saw(`a bad verdict of ${target}`, (line) => bad(line) !== undefined, since);
  const worded = await watch.saw(`a verdict like ${words}`, (line) => bad(line, words) !== undefined, since);
  const active = await watch.saw('phase active', ({ phase }) => phase === 'active', since);
  const key = `${clusterId}/activation/1`;
  const page = await webhook.paged(key, since);
  const event = await pagerduty.paged(key, since);
  const verdict = bad(worded, words);
  if (verdict === undefined) throw new Error('the line has no such verdict');
  const [verdictMs, activeMs] = [seen.at - faultAtMs, active.at - faultAtMs];
  const pageMs = page.receivedAtMs - faultAtMs;
  console.log(
    `detected: verdict after ${verdictMs} ms, active after ${activeMs} ms, page after ${pageMs} ms, at PagerDuty after ${event.receivedAtMs - faultAtMs} ms`,
  );
  console.log(`detected: ${[active.reason, ...verdict.evidence].join('; ')}`);
  return { verdictMs, activeMs, pageMs, verdict };
}

async function lookUp(server: DnsAddress, name: string): Promise<Lookup> {
  const atMs = Date.now();
  const reply = await queryUdp(server, name, 'A', 5_000);
  return { atMs, name, rcode: reply.rcode, addresses: addressesOf(reply), tookMs: Date.now() - atMs };
}

function say(path: Path, { lookups, failed, wrong }: Judgement, when: string): void {
  console.log(`${path}: ${lookups} lookups ${when}: ${failed.length} failed, ${wrong.length} wrong`);
}
