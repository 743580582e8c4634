// What the configuration knows of a kind of channel. Data only: what the channel does is in functions/alerts/channels/<kind>/.
import type { z } from 'zod';
import type { Repeats } from '../../model/repeats.ts';
import { milliseconds, text } from '../field.ts';

/** What every channel has, whatever its kind. */
export interface AnyChannelConfig {
  readonly kind: string;
  readonly id: string;
  readonly timeoutMs: number;
}

export interface ChannelKind<Schema extends z.ZodObject = z.ZodObject> {
  /** Its fields, with `kind: z.literal(…)` and `channelFields`. Secrets are fields of `secretRef`: whoever asks which there are finds them there. */
  readonly schema: Schema;
  readonly repeats: Repeats;
  /** What `lifeboat init` writes, commented out: a channel of this kind with every field. */
  readonly template: string;
}

export const channelFields = {
  id: text('1 to 40 of a-z, 0-9 and -', /^[a-z0-9-]{1,40}$/, { what: 'Its name in stored deliveries and messages' }),
  timeoutMs: milliseconds(100, 60_000, 5000, { what: 'Deadline of one delivery' }),
} as const;
