// HTML from templates: everything put in is escaped, and what would hide or turn text around is shown by its code instead. No page of its own.
import { html } from 'hono/html';
import { visible } from '../../lib/visible.ts';

/** HTML that is safe as it stands. */
export type Markup = ReturnType<typeof html>;

/** A template whose values are made visible and escaped; markup, and lists of it, stay as they are. */
export function markup(strings: TemplateStringsArray, ...values: readonly unknown[]): Markup {
  return html(strings, ...values.map(prepared));
}

function prepared(value: unknown): unknown {
  if (typeof value === 'string') return visible(value);
  return Array.isArray(value) ? value.map(prepared) : value;
}

export const nothing: Markup = markup``;

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** `12 s ago`, `14 min ago`, `2 h 5 min ago`, `3 d 4 h ago`; assets/page.js goes on counting with the same words. */
export function ago(ms: number): string {
  if (ms < 1000) return 'just now';
  if (ms < minuteMs) return `${Math.floor(ms / 1000)} s ago`;
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)} min ago`;
  if (ms < dayMs) return pair(Math.floor(ms / hourMs), 'h', Math.floor((ms % hourMs) / minuteMs), 'min');
  return pair(Math.floor(ms / dayMs), 'd', Math.floor((ms % dayMs) / hourMs), 'h');
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit} ago` : `${large} ${largeUnit} ${small} ${smallUnit} ago`;
}

/** The last instant that RFC 3339 can write: the end of the year 9999. */
const maxInstant = 253_402_300_799_999;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

function isoOf(at: number): string {
  return new Date(Math.max(0, Math.min(maxInstant, Math.trunc(at)))).toISOString();
}

/** `22:13:20 UTC` on the day of `now`, else `14 Nov 22:13 UTC`, with the year when that is another one. */
export function clockTime(at: number, now: number): string {
  const iso = isoOf(at);
  const today = isoOf(now);
  if (iso.slice(0, 10) === today.slice(0, 10)) return `${iso.slice(11, 19)} UTC`;
  const month = months[Number(iso.slice(5, 7)) - 1];
  const year = iso.slice(0, 4) === today.slice(0, 4) ? '' : ` ${iso.slice(0, 4)}`;
  return `${Number(iso.slice(8, 10))} ${month}${year} ${iso.slice(11, 16)} UTC`;
}

/** An instant as its age, which goes on counting where there is script. */
export function ageOf(at: number, now: number): Markup {
  return markup`<time datetime="${isoOf(at)}" title="${isoOf(at).slice(0, 19).replace('T', ' ')} UTC" data-ago>${ago(now - at)}</time>`;
}

/** An instant as time of the day, and its age. */
export function momentOf(at: number, now: number): Markup {
  return markup`<span class="moment"><time datetime="${isoOf(at)}">${clockTime(at, now)}</time> <span class="age">${ageOf(at, now)}</span></span>`;
}
