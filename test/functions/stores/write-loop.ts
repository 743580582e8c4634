// A process that writes one key in a loop until it is killed: `node write-loop.ts DIRECTORY KEY WORD`. Each value is one word many times.
// For tests of functions/stores/file-node.ts.
import { createFileStore } from '../../../functions/stores/file-node.ts';
import { realClock, realRandom } from '../../fakes/real-deps.ts';

const [directory = '', key = '', word = ''] = process.argv.slice(2);
const store = createFileStore({ clock: realClock, random: realRandom }, { directory });
for (let i = 0; ; i++) {
  const version = (await store.read(key))?.version ?? 0;
  await store.write(key, `${word}-${i} `.repeat(20_000), version);
  if (i === 0) console.log('writing');
}
