// Installs the locked dependencies when they are missing or older than the lock file. Plain JavaScript without dependencies,
// because it must run on whatever Node the machine has (20 or newer). It changes nothing else.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const fail = (line) => {
  process.stderr.write(`lifeboat: ${line}\n`);
  process.exit(1);
};

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) fail(`Node ${process.versions.node} is too old: install Node 20 or newer (Linux) or 24 (elsewhere).`);
if (process.platform !== 'linux' && major < 24) {
  fail(
    `Node ${process.versions.node} on ${process.platform}: install Node 24; only on Linux does the project bring its own.`,
  );
}

const lock = join(root, 'package-lock.json');
const installed = join(root, 'node_modules', '.package-lock.json');
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  process.stderr.write('lifeboat: installing the locked dependencies (npm ci) ...\n');
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // What it says is no result: standard output belongs to the command that comes next.
    stdio: ['inherit', 2, 2],
  });
  if (result.status !== 0) fail('npm ci failed: see the lines above; a package registry must be reachable.');
}

const bundled = join(root, 'node_modules', '.bin', 'node');
if (process.platform === 'linux' && major < 24 && !existsSync(bundled)) {
  fail(
    `no Node 24 for ${process.platform}-${process.arch}: the package node-linux-${process.arch} was not installed; install Node 24 yourself.`,
  );
}
