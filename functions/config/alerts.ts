// The configuration of alerts: who is told, and how often. What each kind of channel takes is in channels/. Checks only; nothing is sent.
import { channelKinds, channelSchemaOf } from './channels/index.ts';
import { list, milliseconds, section } from './field.ts';

export const alertsSchema = section(
  { what: 'Who is told, and how' },
  {
    channels: list(channelSchemaOf(channelKinds), 'channels', 0, 20, {
      what: 'Every alert goes to every channel, through a stored outbox',
      why: 'Without a channel nobody is paged.',
    }).prefault([]),
    remindAfterMs: milliseconds(60_000, 604_800_000, 3_600_000, {
      what: 'An open alert is sent again after this long',
    }),
  },
);
