// What an entry of the catalogue says of one kind of incident, and the parts that entries are made of. Types and small parts; pure.
import { clip } from '../../lib/clip.ts';
import { counted } from '../../lib/words.ts';
import type { Incident, Keeping, Spells } from '../../model/incident.ts';
import type { OperatorCommand } from '../../model/outage.ts';

/** Of which cluster it is said, and when: ages count up to then. */
export interface Moment {
  readonly cluster: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

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
  /** The standby whose held deletes are shown by name where they can be: on the page. */
  readonly heldOf?: string;
  /** Not to be done now, but when what the words say has come. */
  readonly later?: true;
}

/** One place for what a pager, the page, the command line, docs/alerts.md and a runbook say of a kind of incident. */
export interface Entry<Facts extends Incident = Incident> {
  /** Its row in docs/alerts.md. */
  readonly row: (facts: Facts) => string;
  /** One line, for a pager: what it is, and the evidence in brief. */
  readonly title: (facts: Facts, moment: Moment) => string;
  /** The same for the page: without numbers that grow, so that a screen reader says it once. None: the title has none. */
  readonly headline?: (facts: Facts, moment: Moment) => string;
  /** The same line when it is over; none: that it is, after how long, and what it was. */
  readonly over?: (facts: Facts, moment: Moment) => string;
  /** What it means for whoever is on call, a line each; the evidence of probes follows. */
  readonly means: (facts: Facts, moment: Moment) => readonly string[];
  readonly did: (facts: Facts, moment: Moment) => readonly Deed[];
  readonly next: (facts: Facts, moment: Moment) => readonly Step[];
}

/** A command of the CLI for this cluster, as a person would type it. */
export function command(cluster: string, words: string): string {
  return `npx lifeboat ${words} --cluster ${cluster}`;
}

export function say(words: string): Step {
  return { words };
}

export function run({ cluster }: Moment, line: string, words: string): Step {
  return { words, command: command(cluster, line) };
}

export function see(moment: Moment): Step {
  return run(moment, 'status', 'See what is known.');
}

/** A step that a button of the page and a command of the CLI both do. */
export function act({ cluster }: Moment, button: OperatorCommand, words: string): Step {
  return { words, command: command(cluster, button), button };
}

/** The same, for when its time has come. */
export function later(step: Step): Step {
  return { ...step, later: true };
}

const maxTitleCharacters = 600;

export function brief(title: string): string {
  return clip(title, maxTitleCharacters);
}

/** `comes and goes: bad in 75 and unknown in 3 of the last 120 rounds`. */
export function comingAndGoing({ bad, unknown, rounds }: Spells): string {
  const parts = [bad > 0 ? `bad in ${bad}` : '', unknown > 0 ? `unknown in ${unknown}` : ''].filter(Boolean);
  return `comes and goes: ${parts.join(' and ')} of the last ${counted(rounds, 'round')}`;
}

/** What was told of and is right now, and may be bad again. */
export function rightAgain(what: string): string {
  return `${what} is healthy again, not for long yet`;
}

/** Who keeps a zone in our place; empty: nobody does. */
export function keptWords(kept: Keeping | null): string {
  if (kept === null) return '';
  const { by, frozen } = kept;
  const how = frozen > 0 ? `frozen by activation ${frozen} of` : 'kept by';
  return `the zone is ${how} ${by}; this deployment stands by`;
}
