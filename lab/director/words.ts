// What Lifeboat did, in a line for the timeline; how clients are affected, in a line for the footer. Pure.
import { paint } from '../../functions/cli/terminal.ts';
import type { WatchLine } from '../processes/lifeboat-process.ts';
import type { Count, Path } from './client-impact.ts';

export interface Told {
  readonly text: string;
  readonly tone?: 'good' | 'warn' | 'bad';
}

/** A line of Lifeboat's log as people want to read it; none for what is everyday (a publication in peace). */
export function tell(line: WatchLine, isPeace: boolean): readonly Told[] {
  const told: Told[] = [];
  for (const verdict of Object.values(line.verdicts ?? {})) {
    const [evidence] = verdict.evidence;
    const because = verdict.condition === 'healthy' || evidence === undefined ? '' : `\n${evidence}`;
    told.push({ text: `${verdict.words}${because}`, tone: verdict.condition === 'healthy' ? 'good' : 'warn' });
  }
  if (line.phase !== undefined) {
    const tone = line.phase === 'watching' ? 'good' : line.phase === 'suspected' ? 'warn' : 'bad';
    told.push({ text: `phase ${line.from} -> ${line.phase}: ${line.reason}`, tone });
  }
  return [...told, ...workDone(line, isPeace)];
}

/** By what the publication was for. */
const published: Readonly<Record<string, string>> = {
  activate: 'published to the standby and frozen: nothing may change it until the failback',
  failback: 'a fresh snapshot is published with its deletes: the standby follows the cluster again',
};

function workDone({ work, outcome, tookMs = 0 }: WatchLine, isPeace: boolean): readonly Told[] {
  if (outcome === undefined) return [];
  const { kind, reason } = outcome;
  if (kind === 'frozen')
    return [{ text: 'the standby is frozen: nothing may change it until the failback', tone: 'good' }];
  if (kind === 'captured' && work?.final === true)
    return [
      { text: `last capture: snapshot ${outcome.snapshot} by zone transfer from CoreDNS (${tookMs} ms)`, tone: 'good' },
    ];
  if (kind === 'published' && work?.intent?.kind === 'activate' && work.read === 'zone')
    return [{ text: `the frozen standby was read whole (${tookMs} ms)`, tone: 'good' }];
  if (kind === 'published' && !isPeace)
    return [
      { text: `${published[work?.intent?.kind ?? ''] ?? 'published to the standby'} (${tookMs} ms)`, tone: 'good' },
    ];
  if (typeof reason === 'string' && !isPeace) return [{ text: `${work?.kind ?? kind}: ${reason}`, tone: 'warn' }];
  return [];
}

/** `with Lifeboat 0 failed of 1,204 lookups`, twice: side by side where there is room, and what matters first where there is little. */
export function impactLines(
  counts: Readonly<Record<Path, Count>>,
  terminal: { readonly color: boolean; readonly columns: number },
): readonly string[] {
  const line = (title: string, { lookups, failed, wrong }: Count) => {
    const bad = `${number(failed)} failed${wrong > 0 ? `, ${number(wrong)} wrong` : ''}`;
    return `${title} ${paint(terminal, failed + wrong > 0 ? 'bad' : 'good', bad)} of ${number(lookups)} lookups`;
  };
  const both = [line('with Lifeboat', counts.withLifeboat), line('CoreDNS alone', counts.alone)];
  return terminal.columns < 90 ? both : [both.join('   |   ')];
}

export function number(count: number): string {
  return count.toLocaleString('en-US');
}

/** `2.4 s` */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
