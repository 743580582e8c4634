// A plan as plain text for people: the counts, what the guards said, then the changes up to a limit. No colour, no terminal.
import { assertNever } from '../lib/assert.ts';
import type { Rrset } from '../records/rrset.ts';
import { shortName } from './ownership.ts';
import type { Change, HeldChange, Plan } from './plan.ts';

export interface RenderOptions {
  /** Milliseconds since the epoch, for the age of what is held. */
  readonly now: number;
  /** Changes and held ones that are listed, default 40; the rest is counted. */
  readonly maxLines?: number;
  /** Values listed of one set, default 4; the rest is counted. */
  readonly maxValues?: number;
}

/** Lines without line ends: `+` create, `~` replace, `-` delete, `!` held with its age. */
export function renderPlan(plan: Plan, options: RenderOptions): readonly string[] {
  const { maxLines = 40, maxValues = 4 } = options;
  const changes = plan.changes.map((change) => () => changeLine(plan, change, maxValues));
  const held = plan.held.map((one) => () => heldLine(plan, one, options.now, maxValues));
  const all = [...held, ...changes];
  const more = all.length - maxLines;
  return [
    countsLine(plan),
    ...plan.findings.map((finding) => `${finding.effect} by ${finding.guard}: ${finding.reason}`),
    ...all.slice(0, maxLines).map((line) => line()),
    ...(more > 0 ? [`and ${number(more)} more`] : []),
  ];
}

function countsLine({ zone, status, changes, held, checksum }: Plan): string {
  const of = (action: Change['action']) => number(changes.filter((change) => change.action === action).length);
  const counts = `${of('create')} to create, ${of('replace')} to replace, ${of('delete')} to delete, ${number(held.length)} held`;
  return `${zone} ${status}: ${counts} (${checksum.slice(0, 19)})`;
}

function changeLine({ zone }: Plan, change: Change, maxValues: number): string {
  switch (change.action) {
    case 'create':
      return `+ ${owner(change.after, zone)} ${valuesText(change.after, maxValues)}`;
    case 'delete':
      return `- ${owner(change.before, zone)} ${valuesText(change.before, maxValues)}`;
    case 'replace': {
      const [before, after] = [valuesText(change.before, maxValues), valuesText(change.after, maxValues)];
      return `~ ${owner(change.after, zone)} ${before} -> ${after}`;
    }
    default:
      return assertNever(change, 'change');
  }
}

function heldLine(plan: Plan, { change, guard, heldSince }: HeldChange, now: number, maxValues: number): string {
  return `! ${changeLine(plan, change, maxValues).slice(2)} (kept, held by ${guard} for ${ageText(now - heldSince)})`;
}

function owner({ name, type }: Rrset, zone: Plan['zone']): string {
  return `${shortName(name, zone)} ${type}`;
}

function valuesText({ values, ttlSeconds }: Rrset, maxValues: number): string {
  const shown = values.slice(0, maxValues).join(', ');
  const more = values.length > maxValues ? ` and ${number(values.length - maxValues)} more` : '';
  return `${ttlSeconds} s ${shown}${more}`;
}

/** `45 s`, `12 min`, `3 h`, `2 d`: rounded down. */
function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
