// What the object of a cluster knows of itself besides the record: its own name, which an alarm does not tell, and the backstop's last start.
import { z } from 'zod';
import { LifeboatError } from '../../lib/errors.ts';
import type { Store } from '../../stores/store.ts';

const selfShape = z.object({
  cluster: z.string(),
  /** Milliseconds since the epoch; null: the backstop never had to start the watch. */
  rearmedAt: z.number().nullable(),
});
export type Self = Readonly<z.infer<typeof selfShape>>;

const key = 'self';

/** undefined: nobody has ever asked this object to watch. */
export async function readSelf(store: Store): Promise<Self | undefined> {
  const stored = await store.read(key);
  if (stored === undefined) return undefined;
  const parsed = selfShape.safeParse(JSON.parse(stored.value));
  if (!parsed.success) throw new LifeboatError('store', `the stored ${key} of a cluster's object cannot be read`);
  return parsed.data;
}

/** Only the object itself writes here. */
export async function writeSelf(store: Store, self: Self): Promise<Self> {
  const version = (await store.read(key))?.version ?? 0;
  await store.write(key, JSON.stringify(self), version);
  return self;
}
