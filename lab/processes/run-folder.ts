// The one temporary folder of a run: keys, data, logs. Removed at the end of the process unless LIFEBOAT_KEEP=1.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './process.ts';

/** Makes the folder of this run below `parent` (default: the system's folder for such); with LIFEBOAT_KEEP=1 it stays, and its path is printed. */
export function createRunFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'lifeboat-run-'));
  if (process.env.LIFEBOAT_KEEP === '1') console.error(`keeping ${folder}`);
  else atExit(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** A folder for one part below the run's folder. */
export function partFolder(runFolder: string, name: string): string {
  const folder = join(runFolder, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
