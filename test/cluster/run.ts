// `npm run test:cluster`: makes sure of the real parts, runs the cluster tests on them, and says what ran and how long each part took. Without Go
// every case counts as skipped, which is no failure, except in CI. Arguments go to vitest (a file, `-t name`).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ensureParts } from '../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../lab/binaries/dns-servers.ts';

const root = join(import.meta.dirname, '../..');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
/** The tests alone: 20 min on two cores that do nothing else. The first build of the parts takes some 12 min more. */
const limitMs = 40 * 60_000;
const isCi = ['true', '1'].includes(process.env.CI ?? '');

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What vitest's JSON reporter writes, as far as it is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly name: string; readonly startTime: number; readonly endTime: number }[];
}

const startedAt = Date.now();
const parts = await ensureParts();
const servers = await ensureDnsServers();
const preparedMs = Date.now() - startedAt;
if (servers.status === 'absent') say(`Knot and BIND are absent, what needs them is skipped: ${servers.reason}`);
if (parts.status === 'absent') say(`${parts.reason}; every case is skipped`);
const { counts, code } =
  parts.status === 'absent'
    ? runCases(['--reporter', 'dot', '-t', 'no case has this name'], 'ignore')
    : runCases([...process.argv.slice(2), '--reporter', 'verbose', '--disable-console-intercept'], 'inherit');
say(`${seconds(preparedMs)} for the parts, ${seconds(Date.now() - startedAt)} in all`);
const isFailure = code !== 0 || counts.failed > 0 || (isCi && counts.skipped > 0);
if (isCi && counts.skipped > 0) say('a skipped case is a failure in CI');
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = isFailure ? Math.max(code, 1) : 0;

/** Runs vitest and reads its report. A name that no case has runs none and counts them all. */
function runCases(
  args: readonly string[],
  output: 'inherit' | 'ignore',
): { readonly counts: Counts; readonly code: number } {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-report-'));
  const file = join(folder, 'report.json');
  const always = ['run', '--project', 'cluster', '--reporter', 'json', `--outputFile.json=${file}`];
  try {
    const { status, error } = spawnSync(process.execPath, [vitest, ...always, ...args], {
      cwd: root,
      stdio: ['ignore', output, output],
      timeout: limitMs,
    });
    if (error !== undefined) say(`the tests were ended: ${error.message} (limit ${seconds(limitMs)})`);
    const code = status ?? 1;
    return { counts: countsOf(file, code), code };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The counts of a report, with a line for each file. A failure without a failed case (a hook, a file that cannot be read) counts as one. */
function countsOf(file: string, code: number): Counts {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  for (const { name, startTime, endTime } of report.testResults)
    say(`${basename(name).padEnd(34)} ${seconds(endTime - startTime).padStart(6)}`);
  const failed = Math.max(report.numFailedTests, code === 0 ? 0 : 1);
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}

function say(line: string): void {
  console.log(`test:cluster: ${line}`);
}
