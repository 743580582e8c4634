// The long run, by hand: `npm run test:soak -- --minutes 30`. A watch with automatic failback over a living cluster whose API server freezes
// again and again. It measures what only time shows (memory, stored state, lookups that fail) and writes the numbers into results/.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureParts } from '../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../lab/binaries/dns-servers.ts';
import { startWatch } from '../../lab/processes/lifeboat-process.ts';
import { startClients } from '../../lab/scenario/clients.ts';
import { zone } from '../../lab/scenario/control-plane.ts';
import { createSeededRandom } from '../../lab/scenario/random.ts';
import { startWorkload } from '../../lab/scenario/workload.ts';
import { startWorld } from '../cluster/story/world.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 600)) throw new Error(`--minutes: got ${values.minutes}, want a number from 1 to 600`);

const built = await ensureParts();
const system = await ensureDnsServers();
if (built.status === 'absent' || system.status === 'absent') {
  console.log(`soak: not run: ${built.status === 'absent' ? built.reason : 'no DNS servers'}`);
  process.exit(0);
}

const calmMs = 40_000;
const frozenMs = 20_000;
const sampleMs = 10_000;

const world = await startWorld(built.parts, system.servers, {
  change: (cluster) => ({
    ...cluster,
    policy: { ...cluster.policy, failback: 'automatic', maxActivationsPerHour: 60 },
  }),
});
const watch = world.own(await startWatch(world.deployment));
const seed = Number(process.env.LIFEBOAT_SEED ?? Date.now() % 1_000_000);
console.log(`soak: ${minutes} min, LIFEBOAT_SEED=${seed}`);
const workload = await startWorkload({
  client: world.api.client('admin', { timeoutMs: 2_000 }),
  random: createSeededRandom(seed),
  zone,
  namespaces: ['north', 'south'],
  services: 200,
  perSecond: 5,
});
const clients = startClients({
  server: world.nodeCache.address,
  names: workload.names,
  perSecond: 50,
  random: createSeededRandom(seed + 1),
});

const startedAt = Date.now();
const endAt = startedAt + minutes * 60_000;
const memory: number[] = [];
const sampler = setInterval(() => memory.push(residentKilobytes(watch.pid)), sampleMs);
let freezes = 0;
while (Date.now() + calmMs + frozenMs < endAt) {
  await sleep(calmMs);
  world.api.freeze();
  freezes++;
  await sleep(frozenMs);
  world.api.thaw();
}
await sleep(Math.max(0, endAt - Date.now()));
clearInterval(sampler);
await workload.stop();
const lookups = await clients.stop();
const lines = watch.lines();
const count = (fits: (line: (typeof lines)[number]) => boolean): number => lines.filter(fits).length;
const third = Math.max(1, Math.floor(memory.length / 3));
const result = {
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
  date: new Date().toISOString().slice(0, 10),
  minutes,
  seed,
  freezes,
  activations: count(({ phase }) => phase === 'active'),
  captures: count(({ outcome }) => outcome?.kind === 'captured'),
  publications: count(({ outcome }) => outcome?.kind === 'published'),
  failedWork: count(({ outcome }) => /refused|failed/.test(outcome?.kind ?? '')),
  faults: count(({ fault }) => fault !== undefined),
  changes: workload.counts(),
  lookups: lookups.length,
  failedLookups: lookups.filter(({ rcode }) => rcode !== 'NOERROR' && rcode !== 'NXDOMAIN').length,
  /** Median of the first and the last third: a ratio far above 1 is a leak. */
  residentMegabytesFirst: Math.round(median(memory.slice(0, third)) / 1024),
  residentMegabytesLast: Math.round(median(memory.slice(-third)) / 1024),
  stateBytes: folderBytes(join(world.deployment.folder, '.lifeboat')),
};
console.log(JSON.stringify(result, null, 2));
const results = join(import.meta.dirname, 'results');
mkdirSync(results, { recursive: true });
writeFileSync(join(results, `${result.date}-${result.commit}.json`), `${JSON.stringify(result, null, 2)}\n`);
await world.end();
process.exit(result.failedLookups === 0 && result.faults === 0 ? 0 : 1);

function residentKilobytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
