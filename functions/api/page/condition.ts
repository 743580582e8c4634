// A concern: one thing that a person should know of a cluster now, with the five answers of the first screen. Types and small parts; pure.

import { command } from '../../alerts/catalogue/entry.ts';
import type { OperatorCommand } from '../../model/outage.ts';

/**
 * `calm` nothing is wrong and Lifeboat sees well; `progress` it is being put right; `warning`, `critical` the cluster or the standby needs
 * somebody; `blind` Lifeboat itself cannot see or cannot work, so that nothing else it says may be relied on.
 */
export type Severity = 'calm' | 'progress' | 'warning' | 'critical' | 'blind';

/** What was done, and when, as far as that is known. */
export interface Deed {
  readonly words: string;
  readonly at?: number;
}

export interface Step {
  readonly words: string;
  /** As typed in a shell. */
  readonly command?: string;
  /** The button of the page that does the same. */
  readonly button?: OperatorCommand;
  /** The page that does the same, or more of it. */
  readonly link?: { readonly href: string; readonly words: string };
  /** Not to be done now, but when what the words say has come. */
  readonly later?: true;
}

export interface Concern {
  readonly severity: Severity;
  readonly headline: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Vantages; none where it is Lifeboat's own knowledge. */
  readonly seenFrom: readonly string[];
  readonly did: readonly Deed[];
  readonly next: readonly Step[];
  /** The incidents (dedup keys without the cluster) that it tells already. */
  readonly covers?: RegExp;
}

/** A step that a button of the page and a command of the CLI both do. */
export function act(cluster: string, button: OperatorCommand, words: string): Step {
  return { words, command: command(cluster, button), button };
}

/** The same, for when its time has come. */
export function later(step: Step): Step {
  return { ...step, later: true };
}

export function run(cluster: string, words: string, line: string): Step {
  return { words, command: command(cluster, line) };
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
