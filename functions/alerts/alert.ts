// An alert: what a person is told about one incident, bounded and without secrets. Pure data; channels turn it into their own form.

export type AlertAction = 'trigger' | 'resolve';
export type AlertSeverity = 'critical' | 'warning' | 'info';

/** What whoever raises an alert says; the machine's notices (functions/decision/effect.ts) have this form. */
export interface AlertFields {
  /** Equal for everything about one incident: its trigger, its reminders, its resolve. `prod/activation/3`. */
  readonly dedupKey: string;
  readonly cluster: string;
  readonly severity: AlertSeverity;
  /** One line. */
  readonly summary: string;
  readonly whatIsWrong: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Vantages. */
  readonly seenFrom: readonly string[];
  readonly whatLifeboatDid: string;
  readonly whatToRunNext: string;
  /** Milliseconds since the epoch, when it was raised. */
  readonly at: number;
  /** 0 for the first trigger of an incident, then 1, 2, … for its reminders. */
  readonly repeat: number;
}

export interface Alert extends AlertFields {
  readonly action: AlertAction;
}

/** PagerDuty's limit for a summary, the tightest of the channels. */
export const maxSummaryCharacters = 1024;
const maxTextCharacters = 4096;
const maxVantages = 32;

/** An alert within its limits: what is longer is cut, and ends in `…`. Line breaks in the summary become spaces. */
export function createAlert(action: AlertAction, fields: AlertFields): Alert {
  return {
    action,
    // Never cut, whatever its length: two incidents would become one.
    dedupKey: fields.dedupKey,
    cluster: fields.cluster,
    severity: fields.severity,
    summary: clip(fields.summary.replace(/\s*[\r\n]+\s*/g, ' '), maxSummaryCharacters),
    whatIsWrong: clip(fields.whatIsWrong, maxTextCharacters),
    since: fields.since,
    seenFrom: fields.seenFrom.slice(0, maxVantages),
    whatLifeboatDid: clip(fields.whatLifeboatDid, maxTextCharacters),
    whatToRunNext: clip(fields.whatToRunNext, maxTextCharacters),
    at: fields.at,
    repeat: fields.repeat,
  };
}

/** The text cut to a length in UTF-16 code units. */
export function clip(text: string, length: number): string {
  if (text.length <= length) return text;
  // Not in the middle of a surrogate pair.
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

const maxInstant = 8_640_000_000_000_000;

/** An instant as ISO 8601; what no date can be becomes the nearest that can, since an alert must not fail for it. */
export function isoInstant(at: number): string {
  return new Date(Math.max(-maxInstant, Math.min(maxInstant, at)) || 0).toISOString();
}
