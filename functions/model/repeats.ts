// Who tells again that an incident is still open, as configuration, outbox and channels say it. No behaviour.

/**
 * `outbox`: reminders go to the channel, as often as the configuration says. `channel`: its receiver reminds by itself, and hears of an open
 * incident again only when that has another severity.
 */
export type Repeats = 'outbox' | 'channel';
