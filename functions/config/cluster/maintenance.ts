// The configuration of maintenance windows: when an outage is expected, so that nothing fails over for it. Checks only.
import { z } from 'zod';
import { choice, list, notes, readAs, section } from '../field.ts';

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

function readInstant(text: string): number {
  const isInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const at = Date.parse(text);
  if (!isInstant || Number.isNaN(at)) throw new Error('with a time zone, Z for UTC');
  return at;
}

/** Minutes since midnight. */
function readTimeOfDay(text: string): number {
  const [, hours = '', minutes = ''] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hours === '') throw new Error('hours and minutes, in UTC');
  return 60 * Number(hours) + Number(minutes);
}

const instant = (what: string) => readAs('an instant like 2026-12-05T02:00:00Z', readInstant, { what });
const timeOfDay = (what: string) => readAs('a time of day like 02:30', readTimeOfDay, { what });

const once = section(
  { what: 'A window that comes once' },
  {
    kind: z.literal('once'),
    from: instant('When it begins'),
    to: instant('When it ends; at most seven days later'),
  },
);

const weekly = section(
  { what: 'A window that comes every week' },
  {
    kind: z.literal('weekly'),
    days: list(choice(days, { what: 'A day of the week' }), 'days', 1, days.length, {
      what: 'The days on which it begins, in UTC',
    }),
    from: timeOfDay('When it begins, in UTC'),
    to: timeOfDay('When it ends, in UTC; a time that is not after `from` is of the next day'),
  },
);

export const maintenanceSchema = list(
  z
    .discriminatedUnion('kind', [once, weekly], { error: "a window of the kind 'once' or 'weekly'" })
    .meta(notes('one of the kinds below', { what: 'One window' })),
  'windows',
  0,
  32,
  {
    what: 'Windows in which Lifeboat opens no activation by itself. It goes on looking, capturing and publishing; an outage is told as a warning, and one that outlives its window is treated as any other at once',
    why: 'The planned restart of a single API server looks like an outage, and would leave the standby frozen until a person fails back.',
  },
).prefault([]);
