import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { createFileStore } from '../../functions/stores/file-node.ts';
import { realClock, realRandom } from '../fakes/real-deps.ts';
import { type CarriedOn, carryOn, storedByVersion2, storedByVersion3 } from '../fakes/stored-outage.ts';
import * as two from '../fakes/stored-outage-2.ts';
import * as three from '../fakes/stored-outage-3.ts';

/** Some hundred durable writes, each with a lock: seconds on a disk that others use. */
const diskMs = 240_000;

describe.each([
  ['c894b1a', storedByVersion2, two],
  ['6439bb2', storedByVersion3, three],
])('an outage that version %s stored in files', (_version, stored, { isReadWhole, goesOn }) => {
  let directory: string;
  let outage: CarriedOn;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lifeboat-stored-'));
    for (const [name, text] of Object.entries(stored.files)) await writeFile(join(directory, name), text);
    outage = await carryOn(stored, createFileStore({ clock: realClock, random: realRandom }, { directory }));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is read whole', () => isReadWhole(outage));

  it('goes on without a false page, a lost page or a lost hold', () => goesOn(outage), diskMs);
});
