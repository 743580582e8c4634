// What the machine has people told: an incident that opens, is told again, or is over. Facts only; functions/alerts/catalogue/ makes a Notice of it.
import type { Incident } from './incident.ts';
import type { Severity } from './severity.ts';

export interface Telling {
  /** Equal for everything about one incident: its trigger, its reminders, its resolve. `prod/activation/3`, `prod/dns/10.0.0.10:53`. */
  readonly dedupKey: string;
  readonly cluster: string;
  readonly severity: Severity;
  readonly facts: Incident;
  /** Milliseconds since the epoch: of a reminder and a resolve, when the incident was opened. */
  readonly since: number;
  /** Vantages. */
  readonly seenFrom: readonly string[];
  /** What probes and servers said, a line each. */
  readonly evidence: readonly string[];
  /** Milliseconds since the epoch, when it was raised. */
  readonly at: number;
  /** 0 for the first page of an incident, then 1, 2, … for its reminders. */
  readonly repeat: number;
  /** It is over. */
  readonly over?: Over;
}

export interface Over {
  /** When the facts were last told. */
  readonly toldAt: number;
  /** Where the machine is now, and why; none: what is over is a fault of Lifeboat itself. */
  readonly machine?: { readonly phase: string; readonly reason: string };
}
