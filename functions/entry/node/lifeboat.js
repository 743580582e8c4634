#!/usr/bin/env node
// Starts the CLI on Node 24, whatever Node started this file (20 or newer): on Linux the project brings Node 24 as a package.
// Plain JavaScript, because an older Node cannot read TypeScript. It does nothing else.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = join(dirname(fileURLToPath(import.meta.url)), 'cli.ts');

function bundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-linux-${process.arch}/package.json`);
    const binary = join(dirname(manifest), 'bin', 'node');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(cli);
} else {
  const node = bundledNode();
  if (node === undefined) {
    process.stderr.write(
      `lifeboat: Node ${process.versions.node} is too old and no bundled Node 24 was found: run "npm ci", or install Node 24.\n`,
    );
    process.exit(1);
  }
  const child = spawn(node, [cli, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGKILL' ? 137 : 1);
    process.exit();
  });
}
