// What a person is told about one incident: raised by the machine, made an alert by functions/alerts/alert.ts. No behaviour.
import type { Severity } from './severity.ts';

export interface Notice {
  /** Equal for everything about one incident: its trigger, its reminders, its resolve. `prod/activation/3`, `prod/dns/10.0.0.10:53`. */
  readonly dedupKey: string;
  readonly cluster: string;
  readonly severity: Severity;
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
  /** 0 for the first page of an incident, then 1, 2, … for its reminders. */
  readonly repeat: number;
}
