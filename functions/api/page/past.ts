// What happened and who was told: the history of phases, with a picture of it, and the alerts that are open, waiting or given up.
import { summaryOf } from '../../alerts/catalogue/notice.ts';
import { byUrgency } from '../../alerts/claims.ts';
import type { Phase, Transition } from '../../decision/machine/state.ts';
import { duration } from '../../lib/duration.ts';
import type { ClusterView } from '../../tasks/control/control-port.ts';
import type { Severity } from './condition.ts';
import { badge } from './marks.ts';
import { ageOf, clockTime, type Markup, markup, momentOf, nothing } from './markup.ts';
import { section } from './sections.ts';

const severityOf: Readonly<Record<Phase, Severity>> = {
  watching: 'calm',
  suspected: 'warning',
  confirmed: 'critical',
  active: 'critical',
  recovering: 'progress',
  held: 'blind',
};

const shownAtOnce = 6;
const hourMs = 3_600_000;
/** What the picture may span; the shortest that shows the last changes. */
const spans = [hourMs, 3 * hourMs, 6 * hourMs, 12 * hourMs, 24 * hourMs] as const;
const changesToShow = 5;
const width = 960;
/** Narrower could not be seen. */
const leastWidth = 3;

export function history({ record, at }: ClusterView): Markup {
  const { transitions } = record.machine;
  const newest = transitions.toReversed();
  if (newest.length === 0) return section('history', 'Phases', markup`<p>The phase has never changed.</p>`, 'wide');
  const older = newest.slice(shownAtOnce);
  return section(
    'history',
    'Phases',
    markup`${strip(transitions, at)}<ol class="past">${newest.slice(0, shownAtOnce).map((one) => transition(one, at))}</ol>
${older.length === 0 ? nothing : markup`<details id="older"><summary>${older.length} older changes</summary><ol class="past">${older.map((one) => transition(one, at))}</ol></details>`}`,
    'wide',
  );
}

function transition({ at, from, to, reason, by }: Transition, now: number): Markup {
  return markup`<li><div class="row">${badge(severityOf[to], to)}<span class="from">from ${from}${by === null ? nothing : markup`, by ${by}`}</span>${momentOf(at, now)}</div><p class="words">${reason}</p></li>`;
}

interface Stretch {
  readonly phase: Phase;
  readonly from: number;
  readonly to: number;
}

/** So much of the past that the last few changes can be told apart, a day at most. */
function spanOf(transitions: readonly Transition[], at: number): number {
  const oldest = transitions.at(-changesToShow) ?? transitions[0];
  return spans.find((span) => oldest !== undefined && oldest.at > at - span) ?? 24 * hourMs;
}

/** The phases since `begin`, oldest first; what lies before the first known change was its `from`. */
function stretchesOf(transitions: readonly Transition[], begin: number, at: number): readonly Stretch[] {
  const [first] = transitions;
  if (first === undefined) return [];
  const marks = [{ phase: first.from, from: begin }, ...transitions.map(({ to, at: from }) => ({ phase: to, from }))];
  return marks
    .map(({ phase, from }, i) => ({ phase, from: Math.max(begin, from), to: Math.min(at, marks[i + 1]?.from ?? at) }))
    .filter(({ from, to }) => to > from);
}

/** A picture of the list below it; whoever does not see it misses nothing. */
function strip(transitions: readonly Transition[], at: number): Markup {
  const span = spanOf(transitions, at);
  const x = (instant: number) => ((instant - (at - span)) / span) * width;
  const bars = stretchesOf(transitions, at - span, at).map(({ phase, from, to }) => {
    const wide = Math.max(leastWidth, x(to) - x(from));
    const left = Math.min(x(from), width - wide);
    return markup`<rect class="${severityOf[phase]}" x="${left.toFixed(1)}" y="0" width="${wide.toFixed(1)}" height="20"/>`;
  });
  return markup`<div class="strip" aria-hidden="true"><svg viewBox="0 0 ${width} 20" preserveAspectRatio="none" width="100%" height="20" focusable="false">${bars}</svg><p><span>${duration(span)} ago</span><span>${duration(span / 2)}</span><span>now</span></p></div>`;
}

export function alerts({ record, at }: ClusterView): Markup {
  const { incidents, cluster } = record.machine;
  const { pending, dead, deadTotal, sequence } = record.outbox;
  const open = Object.entries(incidents);
  const state =
    pending.length > 0
      ? badge('warning', `${pending.length} waiting`)
      : sequence === 0
        ? badge('progress', 'none sent yet')
        : badge('calm', 'all sent');
  return section(
    'alerts',
    'Alerts',
    markup`<p>${state} ${deadTotal === 0 ? nothing : badge('warning', `${deadTotal} given up`)}</p>
<h3>Open incidents</h3>
${
  open.length === 0
    ? markup`<p>None.</p>`
    : markup`<ul class="rows">${open.map(
        ([key, incident]) =>
          markup`<li><div class="row">${badge(incident.severity === 'info' ? 'progress' : incident.severity, incident.severity)}<span class="name">${key.replace(`${cluster}/`, '')}</span><span class="age">${ageOf(incident.openedAt, at)}</span></div><p class="words">${summaryOf(incident, cluster)}</p></li>`,
      )}</ul>`
}
${
  pending.length === 0
    ? nothing
    : markup`<h3>Waiting</h3><ul class="evidence">${pending
        .toSorted(byUrgency)
        .slice(0, 10)
        .map(
          ({ channel, alert, failures, lastFailure, enqueuedAt }) =>
            markup`<li>${channel}: ${alert.summary}${failures === 0 ? nothing : markup` (${failures} failures, the last: ${lastFailure})`} <span class="age">${ageOf(enqueuedAt, at)}</span></li>`,
        )}</ul>`
}
${
  dead.length === 0
    ? nothing
    : markup`<details id="dead"><summary>Given up, the last ${Math.min(10, dead.length)}</summary><ul class="evidence">${dead
        .toReversed()
        .slice(0, 10)
        .map(
          ({ delivery, reason, diedAt }) =>
            markup`<li>${delivery.channel}: ${delivery.alert.summary}: ${reason} (${clockTime(diedAt, at)})</li>`,
        )}</ul></details>`
}`,
  );
}
