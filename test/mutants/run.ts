// `npm run test:mutants`: puts one fault at a time into a copy of the tree and runs the test files that must find it there. Fails when one of
// them passes all the same, when a fault's text is no longer in the source, or when a named test fails without any fault. Arguments: parts of names.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { type Mutant, mutants } from './list.ts';

const root = join(import.meta.dirname, '../..');
const runners = Math.min(2, availableParallelism());
/** One run of a few files takes some seconds. */
const limitMs = 120_000;
/** All named files at once, on a machine that does much else. */
const allLimitMs = 300_000;
/** A slow machine must not be taken for a test that finds the fault. */
const testTimeoutMs = 60_000;

/** Of what a failed test says: the seed, the counterexample and the error. */
const maxWords = 4000;

type Verdict = 'killed' | 'survived' | 'not found' | 'broken';

/** What vitest's JSON reporter writes, as far as it is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly failureMessages: readonly string[] }[];
  }[];
}

const wanted = process.argv.slice(2);
const chosen = mutants.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const copies = Array.from({ length: runners }, createCopy);
process.on('exit', () => {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
});

const startedAt = Date.now();
const sound = await runTests(copies[0] ?? '', [...new Set(chosen.flatMap(({ tests }) => tests))], allLimitMs);
if (sound === undefined || sound.numFailedTests > 0 || sound.numPassedTests === 0) {
  console.error('mutants: the named tests fail without any fault, so that they show nothing:');
  console.error(sound === undefined ? 'nothing ran' : wordsOf(sound));
  process.exit(1);
}
const queue = [...chosen];
const verdicts: { readonly mutant: Mutant; readonly verdict: Verdict }[] = [];
await Promise.all(copies.map(work));
const alive = verdicts.filter(({ verdict }) => verdict !== 'killed');
for (const { mutant, verdict } of alive) console.error(`mutants: ${verdict}: ${mutant.name} (${mutant.file})`);
const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
console.log(`mutants: ${verdicts.length - alive.length} of ${chosen.length} killed in ${seconds} s`);
process.exitCode = alive.length === 0 && verdicts.length === chosen.length && chosen.length > 0 ? 0 : 1;

/** The tree as it stands, without what is not tracked and large; its packages are those of the tree. */
function createCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), 'lifeboat-mutants-'));
  const left = ['node_modules', '.git', '.wrangler', '.lifeboat', '.lab', 'pictures', 'recordings'];
  cpSync(root, copy, { recursive: true, filter: (source) => !left.includes(source.split(sep).at(-1) ?? '') });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

async function work(copy: string): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const verdict = await judge(copy, mutant);
    verdicts.push({ mutant, verdict });
    console.log(`${verdict.padEnd(10)} ${mutant.name}`);
  }
}

async function judge(copy: string, { file, from, to, tests }: Mutant): Promise<Verdict> {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2) return 'not found';
  try {
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
    const report = await runTests(copy, tests);
    // A file that cannot be loaded fails without a test: such a fault says nothing of the suite.
    if (report === undefined) return 'broken';
    return failuresOf(report).length > 0 ? 'killed' : 'survived';
  } finally {
    writeFileSync(path, source);
  }
}

/** Every test that failed, and what it said: a property says its seed there. */
function wordsOf({ testResults }: Report): string {
  const failed = testResults.flatMap(({ assertionResults }) => assertionResults);
  return failed
    .filter(({ failureMessages }) => failureMessages.length > 0)
    .map(({ fullName, failureMessages }) => `${fullName}\n${failureMessages.join('\n').slice(0, maxWords)}`)
    .join('\n');
}

/** Tests that failed, but for those that were only too slow. */
function failuresOf({ testResults }: Report) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  return tests.filter(
    ({ failureMessages: [message] }) => message !== undefined && !message.startsWith('TestTimeoutError'),
  );
}

/** undefined: nothing was run, or it did not end in time. */
async function runTests(copy: string, tests: readonly string[], timeout = limitMs): Promise<Report | undefined> {
  const output = join(copy, 'mutants-report.json');
  rmSync(output, { force: true });
  const files = tests.map((test) => `test/${test}`);
  const shown = ['--reporter', 'json', '--outputFile', output];
  const options = ['run', '--project', 'node', '--testTimeout', `${testTimeoutMs}`, ...shown];
  const child = spawn(process.execPath, [join(copy, 'node_modules/vitest/vitest.mjs'), ...options, ...files], {
    cwd: copy,
    stdio: 'ignore',
    timeout,
  });
  await new Promise((resolve) => child.once('close', resolve));
  try {
    const report = JSON.parse(readFileSync(output, 'utf8')) as Report;
    return report.numPassedTests + report.numFailedTests === 0 ? undefined : report;
  } catch {
    return undefined;
  }
}
