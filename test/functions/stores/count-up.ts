// A process that adds one to a stored number so many times, by compare-and-swap: `node count-up.ts DIRECTORY KEY TIMES`.
// For tests of functions/stores/file-node.ts.
import { createFileStore } from '../../../functions/stores/file-node.ts';
import { realClock, realRandom } from '../../fakes/real-deps.ts';

const [directory = '', key = '', times = '0'] = process.argv.slice(2);
const store = createFileStore({ clock: realClock, random: realRandom }, { directory });
for (let done = 0; done < Number(times); ) {
  const stored = await store.read(key);
  const next = Number(stored?.value ?? 0) + 1;
  if ((await store.write(key, String(next), stored?.version ?? 0)).status === 'written') done++;
}
