// The configuration of the toy: what a newcomer writes into functions/config/channels/<kind>.ts, as docs/contributing/add-a-channel.md says.
import { z } from 'zod';
import { type ChannelKind, channelFields } from '../../../functions/config/channels/kind.ts';
import { channelUrlOrSecret } from '../../../functions/config/channels/url.ts';
import { section } from '../../../functions/config/field.ts';

const schema = section(
  { what: 'A board that keeps a thread for each incident' },
  {
    kind: z.literal('board'),
    id: channelFields.id,
    url: channelUrlOrSecret({ what: 'Where it takes notes' }),
    timeoutMs: channelFields.timeoutMs,
  },
);

export const boardKind = {
  schema,
  // Whoever has a thread open on the board is asked about it each morning.
  repeats: 'channel',
  template: "{ kind: 'board', id: 'board', url: secret('BOARD_URL') },",
} as const satisfies ChannelKind;

export type BoardConfig = z.output<typeof schema>;
