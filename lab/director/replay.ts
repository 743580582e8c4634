// The replay of 11 December 2024 in under two minutes: what happens, in its order, with a word on why. Everything that is said about Lifeboat
// comes from Lifeboat itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { queryUdp } from '../processes/dns-client.ts';
import { zone } from '../scenario/control-plane.ts';
import type { Breaks } from './breaks.ts';
import { bad } from './faults.ts';
import { fetchPage, fetchSnapshot, fetchWordsOnDns } from './page.ts';
import type { Show } from './show.ts';
import { clusterId } from './stage.ts';
import type { Summary } from './summary.ts';
import { number, seconds } from './words.ts';

const calmMs = 12_000;
const drownedMs = 10_000;
const unsyncedMs = 15_000;
const afterwardsMs = 6_000;
const askTimeoutMs = 4_000;
/** Of what a command prints. */
const shownLines = 9;

/** Tells the story once, from peace to peace; what was live in the outage. */
export async function replay(show: Show, breaks: Breaks, nodes: number): Promise<Pick<Summary, 'snapshot' | 'page'>> {
  const { screen, stage } = show;
  const story = (text: string) => screen.say('story', text, 'bold');

  story('Peace. Services come, go, are rescaled and take over addresses; the standby follows, and nobody asks it.');
  await sleep(calmMs);
  const inPeace = stage.relay.queries();
  screen.say('standby', `${inPeace} queries so far: clients ask it only when CoreDNS fails them`);

  story(
    `A new telemetry agent is rolled out to ${number(nodes)} nodes. Each lists every EndpointSlice of the cluster, again and again.`,
  );
  const flood = await breaks.flood(nodes);
  show.struck(flood);
  await show.saw('a bad verdict of the API server', (line) => isBad(line, 'apiserver'), flood.atMs);
  await tellGreen(show);
  await show.saw('the activation', ({ phase }) => phase === 'active', flood.atMs);
  await show.saw('the frozen standby', ({ outcome, work }) => isFreeze(outcome?.kind, work?.intent?.kind), flood.atMs);
  screen.say('cluster', `controllers stand still: their writes are refused or too slow${still(show)}`);
  await operate(show, ['status']);
  await sleep(drownedMs);
  screen.say(
    'cluster',
    `CoreDNS answers from memory: the newest change that it knows of is ${await serialAge(show)} old`,
  );

  story(
    'Nobody notices yet: in 2024 caches hid the damage for twenty minutes. Now both CoreDNS replicas are evicted and start anew.',
  );
  const unsynced = await breaks.restartDns();
  show.struck(unsynced);
  await show.saw('a bad verdict of CoreDNS', (line) => isBad(line, 'dns'), unsynced.atMs);
  await sleep(unsyncedMs);
  for (const words of await fetchWordsOnDns(stage)) screen.say('lifeboat', words, 'warn');
  show.sayImpact();
  const [snapshot, page] = await Promise.all([fetchSnapshot(stage), fetchPage(stage)]);
  story('Without Lifeboat this is the outage: healthy workloads that cannot find each other.');

  story('The agent is taken off the nodes. In 2024 this took hours: kubectl needs the API server, too.');
  const removedAtMs = Date.now();
  await breaks.endFlood();
  show.healed();
  await show.healthy();
  screen.say(
    'cluster',
    `the control plane is healthy ${seconds(Date.now() - removedAtMs)} after the agent is gone`,
    'good',
  );
  await show.saw(
    'the recovery',
    ({ pages }) => (pages ?? []).some(({ dedupKey }) => dedupKey.endsWith('failback-due')),
    removedAtMs,
  );

  story("Failing back is the operator's: a fresh snapshot, published with its deletes, thaws the standby.");
  show.calm();
  await operate(show, ['failback', '--yes', '--why', 'the agent is removed']);
  await show.saw('peace', ({ phase }) => phase === 'watching', removedAtMs);
  await sleep(afterwardsMs);
  return { snapshot, page };
}

interface Line {
  readonly verdicts?: Readonly<Record<string, { readonly condition: string }>>;
}

function isBad({ verdicts = {} }: Line, target: string): boolean {
  return Object.entries(verdicts).some(([key, { condition }]) => key.startsWith(target) && bad.includes(condition));
}

function isFreeze(outcome: string | undefined, intent: string | undefined): boolean {
  return outcome === 'frozen' || (outcome === 'published' && intent !== 'publish');
}

function still({ stage }: Show): string {
  const sinceMs = stage.workload.stillSinceMs();
  return sinceMs === undefined ? '' : ` for ${seconds(Date.now() - sinceMs)}`;
}

/** CoreDNS's serial is the Unix second of the last change that it saw. */
async function serialAge({ stage }: Show): Promise<string> {
  const { serial } = await queryUdp(stage.dns[0].address, zone, 'SOA', askTimeoutMs);
  return serial === undefined ? 'unknown how long' : `${Math.floor(Date.now() / 1_000) - serial} s`;
}

/** Shows what a watchdog sees that looks at /readyz, and what everybody else sees. */
async function tellGreen({ stage, screen }: Show): Promise<void> {
  const client = stage.api.client('controller', { timeoutMs: askTimeoutMs, maxConnections: 2 });
  const ask = async (path: string): Promise<string> => {
    const atMs = Date.now();
    const answer = await client.request('GET', path).then(
      ({ status }) => `${status}`,
      () => 'no answer',
    );
    return `${answer} after ${seconds(Date.now() - atMs)}`;
  };
  const [ready, read] = await Promise.all([ask('/readyz'), ask('/api/v1/namespaces/default')]);
  client.close();
  screen.say('cluster', `GET /readyz: ${ready}. An ordinary GET of one namespace: ${read}.`, 'warn');
}

/** What an operator types, and what comes back. */
export async function operate({ stage, screen }: Show, args: readonly string[]): Promise<number> {
  screen.say('operator', `$ npx lifeboat ${args.map(quoted).join(' ')} --remote`, 'bold');
  const { code, stdout, stderr } = await stage.lifeboat([...args, '--cluster', clusterId]);
  const lines = `${stdout}${stderr}`.trimEnd().split('\n');
  // The last one says how it ended.
  const hidden = lines.length - shownLines;
  const shown = hidden > 1 ? [...lines.slice(0, shownLines - 1), `(${hidden} lines more)`, ...lines.slice(-1)] : lines;
  for (const line of shown) screen.say('', line);
  return code;
}

function quoted(argument: string): string {
  return /\s/.test(argument) ? `'${argument}'` : argument;
}
