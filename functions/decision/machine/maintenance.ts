// Maintenance windows: is the cluster in one, and until when? Pure; what may not happen meanwhile is said in transitions.ts.
import { assertNever } from '../../lib/assert.ts';
import type { MaintenanceWindow, Policy } from './policy.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** 1970-01-01 was a Thursday. */
const daysOfWeek = ['thu', 'fri', 'sat', 'sun', 'mon', 'tue', 'wed'] as const;

/** The end of the window that `now` is in, of the last one where several overlap; undefined: it is in none. */
export function maintenanceUntil({ maintenance }: Pick<Policy, 'maintenance'>, now: number): number | undefined {
  const ends = maintenance.flatMap((window) =>
    spansAround(window, now).filter(({ from, to }) => from <= now && now < to),
  );
  return ends.length === 0 ? undefined : Math.max(...ends.map(({ to }) => to));
}

/** The spans of a window that may hold `now`, in milliseconds since the epoch; the end is no part of it. */
function spansAround(
  window: MaintenanceWindow,
  now: number,
): readonly { readonly from: number; readonly to: number }[] {
  switch (window.kind) {
    case 'once':
      return [window];
    case 'weekly': {
      const today = Math.floor(now / dayMs);
      const { days, fromMinute, toMinute } = window;
      // One that began yesterday may go on after midnight.
      const overnightMs = toMinute <= fromMinute ? dayMs : 0;
      return [today - 1, today].flatMap((day) => {
        if (!days.some((name) => name === daysOfWeek[day % daysOfWeek.length])) return [];
        const midnight = day * dayMs;
        return [{ from: midnight + fromMinute * minuteMs, to: midnight + toMinute * minuteMs + overnightMs }];
      });
    }
    default:
      return assertNever(window, 'maintenance window');
  }
}
