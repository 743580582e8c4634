// `npm start`: the lab. It starts a cluster and Lifeboat on loopback, replays the outage of 11 December 2024, sums it up, and then stays for
// whoever wants to break things. `--help` says what else.
import { mkdirSync, rmdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../functions/lib/errors.ts';
import { createBreaks } from './director/breaks.ts';
import { type LabOptions, readOptions } from './director/options.ts';
import { tellPage } from './director/page.ts';
import { embeddedParts, realParts } from './director/parts.ts';
import { converse } from './director/prompt.ts';
import { replay } from './director/replay.ts';
import { createScreen, type Screen } from './director/screen.ts';
import { type Show, startShow } from './director/show.ts';
import { openStage } from './director/stage.ts';
import { type Summary, summaryLines, summaryOf } from './director/summary.ts';
import { freePort, isFree } from './processes/ports.ts';
import { atExit, startReaper } from './processes/process.ts';
import { createRunFolder } from './processes/run-folder.ts';

const root = join(import.meta.dirname, '..');
const defaultPort = 8787;
const leastBytes = 100_000_000;

const startedAtMs = Date.now();

async function run(options: LabOptions): Promise<number> {
  const stream = options.json ? process.stderr : process.stdout;
  const screen = createScreen({ stream, elapsedMs: () => Date.now() - startedAtMs, env: process.env });
  const say = (line: string) => screen.say('lab', line);
  const parts = options.real ? await realParts(say) : embeddedParts();
  const folder = join(root, '.lab');
  mkdirSync(folder, { recursive: true });
  // Last: after the parts were killed and the folder of this run is gone.
  atExit(() => {
    screen.close();
    removeEmpty(folder);
  });
  expectRoom(folder);
  const runFolder = createRunFolder(folder);
  startReaper(runFolder);
  const stage = await openStage({ parts, runFolder, port: await portFor(options, say), say });
  // A machine's log is no place for the token.
  tellPage(screen, stage, !options.json);
  const show = startShow(stage, screen);
  try {
    await untilWarm(show);
    const breaks = createBreaks(stage);
    const live = await replay(show, breaks, options.nodes);
    const counts = await stage.impact.settled();
    const { created, deleted, rescaled } = stage.workload.counts();
    const summary = summaryOf(
      {
        ...live,
        faults: show.faults(),
        changes: created + deleted + rescaled,
        parts: options.real ? 'real' : 'embedded',
        tookMs: Date.now() - startedAtMs,
      },
      counts,
    );
    conclude(screen, show, summary);
    if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    if (!options.once) await converse(show, breaks);
    return summary.ok ? 0 : 1;
  } finally {
    await show.end();
    await stage.end();
  }
}

/** Until every target was seen healthy and the standby holds the first snapshot: from here on clients are counted. */
async function untilWarm(show: Show): Promise<void> {
  await show.healthy();
  await show.saw('the first publication', ({ outcome }) => outcome?.kind === 'published', 0);
  show.begin();
  show.screen.say('lifeboat', 'everything is healthy, and the standby is warm: it holds the first snapshot', 'good');
}

function conclude(screen: Screen, { stage }: Show, summary: Summary): void {
  screen.say('summary', summaryLines(summary).join('\n'), summary.ok ? 'good' : 'bad');
  for (const complaint of stage.impact.complaints()) screen.say('summary', `with Lifeboat: ${complaint}`, 'bad');
}

/** Runs side by side share it; the last one takes it away. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It is not empty, or it is not ours.
  }
}

/** The lab writes some 30 MB; half of a run on a full disk would say less than this. */
function expectRoom(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes >= leastBytes) return;
  const [free, least] = [freeBytes, leastBytes].map((bytes) => Math.floor(bytes / 1_000_000));
  throw new Error(`the disk is full: ${free} MB are free in ${folder}, and the lab needs ${least} MB`);
}

/** The port that was asked for, or the usual one, or where that is taken any other. */
async function portFor({ port }: LabOptions, say: (line: string) => void): Promise<number> {
  const wanted = port ?? defaultPort;
  if (await isFree(wanted)) return wanted;
  if (port !== undefined)
    throw new Error(`--port ${port}: something listens there; name another one, or none for a free one`);
  say(`port ${wanted} is taken: the page gets another one`);
  return freePort();
}

// npm and its shell may be ended without a word to us.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), 1_000).unref();
// Whoever reads the story may stop reading it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(1));

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

function fail(error: unknown): never {
  process.stderr.write(`lab: ${messageOf(error)}\n`);
  process.exit(1);
}

const options = readOptions(process.argv.slice(2));
process.exit(typeof options === 'number' ? options : await run(options).catch(fail));
