// The embedded CoreDNS: `node main.ts -conf Corefile`, a subset of the real one for a machine that has nothing but Node. Loopback only. It reads
// the command line, starts, and ends on a signal or when whoever started it is gone; everything else is in instance.ts.
import { readFileSync } from 'node:fs';
import { createInstance, type Instance } from './instance.ts';
import { version } from './metrics.ts';

const parentCheckMs = 1_000;
/** Of an orderly end; then the process ends all the same. */
const stopMs = 800;

try {
  const instance = createInstance(readFileSync(corefileName(process.argv.slice(2)), 'utf8'));
  endWith(instance);
  await instance.start();
  console.log(`CoreDNS-${version}\nlifeboat lab`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

function corefileName(args: readonly string[]): string {
  const [flag, file, ...rest] = args;
  if (flag === '-conf' && file !== undefined && rest.length === 0) return file;
  throw new Error(`usage: main.ts -conf FILE (got "${args.join(' ')}")`);
}

function endWith(instance: Instance): void {
  const end = (): void => {
    setTimeout(() => process.exit(0), stopMs);
    void instance.stop().finally(() => process.exit(0));
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) end();
  }, parentCheckMs).unref();
}
