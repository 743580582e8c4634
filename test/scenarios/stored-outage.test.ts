import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { createFileStore } from '../../functions/stores/file-node.ts';
import { realClock, realRandom } from '../fakes/real-deps.ts';
import { type CarriedOn, carryOn, goesOn, isReadWhole, storedFiles } from '../fakes/stored-outage.ts';

/** Some hundred durable writes, each with a lock: seconds on a disk that others use. */
const diskMs = 60_000;

describe('an outage that version c894b1a stored in files', () => {
  let directory: string;
  let outage: CarriedOn;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lifeboat-stored-'));
    for (const [name, text] of Object.entries(storedFiles)) await writeFile(join(directory, name), text);
    outage = await carryOn(createFileStore({ clock: realClock, random: realRandom }, { directory }));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is read whole', () => isReadWhole(outage));

  it('goes on without a false page, a lost page or a lost hold', () => goesOn(outage), diskMs);
});
