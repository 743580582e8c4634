// The marks of the page: a shape and a word for each severity and condition, so that no colour ever says anything alone. Constant SVG only.
import type { VerdictCondition } from '../../decision/health/verdict.ts';
import type { Severity } from './condition.ts';
import { type Markup, markup } from './markup.ts';

/** A circle with a check, two arrows, a triangle, an octagon, an eye that is struck out. */
const shapes: Readonly<Record<Severity, Markup>> = {
  calm: markup`<circle cx="12" cy="12" r="10"/><path class="ink" d="m7 12.5 3.5 3.5L17 9"/>`,
  progress: markup`<circle cx="12" cy="12" r="10"/><path class="ink" d="M7 12h9m-4-4 4 4-4 4"/>`,
  warning: markup`<path d="M12 2 23 21H1Z"/><path class="ink" d="M12 9v5.5m0 2.2v.8"/>`,
  critical: markup`<path d="M7.9 1.5h8.2l6.4 6.4v8.2l-6.4 6.4H7.9L1.5 16.1V7.9Z"/><path class="ink" d="m8 8 8 8m0-8-8 8"/>`,
  blind: markup`<rect x="2" y="2" width="20" height="20" rx="4"/><path class="ink" d="M5.5 12S8 8 12 8s6.5 4 6.5 4-2.5 4-6.5 4-6.5-4-6.5-4Zm.5 6L18 6"/>`,
};

const severityWords: Readonly<Record<Severity, string>> = {
  calm: 'All well',
  progress: 'Under way',
  warning: 'Warning',
  critical: 'Critical',
  blind: 'Lifeboat is blind',
};

export function wordOfSeverity(severity: Severity): string {
  return severityWords[severity];
}

/** The mark of a severity; the word beside it says the same. */
export function markOf(severity: Severity): Markup {
  return markup`<svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">${shapes[severity]}</svg>`;
}

const conditionSeverity: Readonly<Record<VerdictCondition, Severity>> = {
  healthy: 'calm',
  degraded: 'warning',
  stale: 'warning',
  down: 'critical',
  unknown: 'blind',
};

/** A short word with its shape, in the colour of a severity. */
export function badge(severity: Severity, word: string): Markup {
  return markup`<span class="badge ${severity}">${markOf(severity)}${word}</span>`;
}

export function badgeOfCondition(condition: VerdictCondition): Markup {
  return badge(conditionSeverity[condition], condition);
}
