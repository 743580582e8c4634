// Builds the real parts from their Go modules into the user's cache folder and finds them there again. It starts none of them.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../processes/process.ts';
import { ensureDnsServers } from './dns-servers.ts';
import { type Recipe, recipes } from './recipes.ts';

/** The binaries. */
export interface Parts {
  readonly coredns: Program;
  readonly kubeApiserver: Program;
  readonly etcd: Program;
}

export type PartsResult =
  | { readonly status: 'ready'; readonly parts: Parts }
  | { readonly status: 'absent'; readonly reason: string };

type Say = (line: string) => void;

const modules = join(import.meta.dirname, 'go');
const baseFlags = ['-trimpath', '-buildvcs=false', '-mod=readonly'];
const outputLimit = 64 * 1024;

/**
 * Finds or builds every part, one line each through `say` (default: standard output). `absent` when one is missing and there is no Go to
 * build it with; a build that fails throws with the end of the compiler's output.
 */
export async function ensureParts(say: Say = console.log): Promise<PartsResult> {
  const missing = Object.values(recipes).filter((recipe) => !isExecutable(binaryOf(recipe)));
  if (missing.length > 0 && spawnSync('go', ['version']).status !== 0) {
    const names = missing.map((recipe) => `${recipe.name} ${recipe.version}`).join(', ');
    return {
      status: 'absent',
      reason: `Go is not installed (no working "go" in PATH), it is needed to build ${names}`,
    };
  }
  const parts = {
    coredns: await ensurePart(recipes.coredns, say),
    kubeApiserver: await ensurePart(recipes.kubeApiserver, say),
    etcd: await ensurePart(recipes.etcd, say),
  };
  return { status: 'ready', parts };
}

async function ensurePart(recipe: Recipe, say: Say): Promise<Program> {
  const binary = binaryOf(recipe);
  const label = `parts: ${recipe.name} ${recipe.version}`;
  if (isExecutable(binary)) {
    say(`${label} found (${binary})`);
    return [binary];
  }
  say(`${label} building ...`);
  const startedAt = Date.now();
  await build(recipe, binary);
  say(`${label} built in ${Math.round((Date.now() - startedAt) / 1000)} s (${binary})`);
  return [binary];
}

/** Builds beside the final place and renames: whoever looks sees a whole binary or none, also with two builds at once. */
async function build(recipe: Recipe, binary: string): Promise<void> {
  const folder = join(binary, '..');
  mkdirSync(folder, { recursive: true });
  const temporary = `${binary}.building-${process.pid}`;
  const args = ['build', ...baseFlags, '-ldflags', recipe.ldflags, '-o', temporary, recipe.package];
  try {
    const { code, output } = await run('go', args, join(modules, recipe.module));
    if (code !== 0) {
      throw new Error(
        `go build of ${recipe.name} ${recipe.version} failed with exit code ${code}:\n${output.slice(-4000)}`,
      );
    }
    renameSync(temporary, binary);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function run(command: string, args: readonly string[], cwd: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, CGO_ENABLED: '0' },
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-outputLimit);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

function binaryOf(recipe: Recipe): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = `${recipe.name}-${recipe.version}-${hashOf(recipe)}`;
  return join(cache, 'lifeboat', 'parts', folder, recipe.name);
}

/** Everything that decides what comes out of a build, except the Go toolchain: binaries in the cache are good without Go. */
function hashOf(recipe: Recipe): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([recipe, baseFlags, process.platform, process.arch]));
  const folder = join(modules, recipe.module);
  for (const file of readdirSync(folder).sort()) {
    const content = readFileSync(join(folder, file));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 12);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const parts = await ensureParts();
  if (parts.status === 'absent') console.log(`parts: absent: ${parts.reason}`);
  const servers = await ensureDnsServers();
  if (servers.status === 'absent') console.log(`parts: Knot and BIND absent: ${servers.reason}`);
}
