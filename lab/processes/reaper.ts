// Ends what a run has started and removes its folder when the run itself was ended without a word (SIGKILL), which no handler of its own could
// see. The run tells it the process groups on standard input; that the input ends is the sign. It knows nothing else of the run.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const folder = process.argv[2];
const groups = new Set<number>();

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const group = Number(line.slice(1));
  if (line.startsWith('+')) groups.add(group);
  else groups.delete(group);
});
input.on('close', () => {
  for (const group of groups) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // It is gone.
    }
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});
