// A notice: what the machine has people told, in the words of the catalogue. Pure.
import { duration } from '../../lib/duration.ts';
import type { Incident } from '../../model/incident.ts';
import type { Notice } from '../../model/notice.ts';
import type { Severity } from '../../model/severity.ts';
import type { Over, Telling } from '../../model/telling.ts';
import { type Moment, run, type Step } from './entry.ts';
import { entryOf, said } from './index.ts';
import { isMissing, leftAlone, putBack } from './lifeboat.ts';

export function noticeOf(telling: Telling): Notice {
  return telling.over === undefined ? opening(telling) : ending(telling, telling.over);
}

function opening(telling: Telling): Notice {
  const { dedupKey, cluster, severity, facts, since, seenFrom, evidence, at, repeat } = telling;
  const { means, did, next } = said(facts, { cluster, at });
  return {
    ...{ dedupKey, cluster, severity, since, seenFrom, at, repeat },
    summary: summaryOf({ facts, openedAt: since, pagedAt: at, repeat }, cluster),
    whatIsWrong: [...means, ...evidence].join('\n'),
    whatLifeboatDid: did.map(({ words }) => words).join('\n'),
    whatToRunNext: next.map(lineOf).join('\n'),
  };
}

function ending(telling: Telling, { toldAt, machine }: Over): Notice {
  const { dedupKey, cluster, severity, facts, since, seenFrom, at, repeat } = telling;
  const over = entryOf(facts).over?.(facts, { cluster, at });
  const was = summaryOf({ facts, openedAt: since, pagedAt: toldAt, repeat }, cluster);
  return {
    ...{ dedupKey, cluster, severity, since, seenFrom, at, repeat },
    summary: over === undefined ? `resolved after ${duration(at - since)}: ${was}` : `[${cluster}] ${over}`,
    whatIsWrong: 'Nothing any more.',
    whatLifeboatDid:
      machine === undefined ? 'Goes on as before.' : `Goes on. The cluster is ${machine.phase}: ${machine.reason}.`,
    whatToRunNext: 'Nothing.',
  };
}

/** An open incident as it was last told. */
export interface Open {
  readonly severity: Severity;
  readonly facts: Incident;
  readonly openedAt: number;
  readonly pagedAt: number;
  readonly repeat: number;
}

/** The line that was told, with the cluster before it; what another version told is as it said it. */
export function summaryOf({ facts, openedAt, pagedAt, repeat }: Omit<Open, 'severity'>, cluster: string): string {
  const title = titleOf(facts, { cluster, at: pagedAt });
  if (facts.kind === 'told') return title;
  const still = repeat === 0 ? '' : `still, after ${duration(pagedAt - openedAt)}: `;
  return `[${cluster}] ${still}${title}`;
}

/** Of a cluster that the configuration does not have any more: closed, and nobody knows whether it is over. */
export function closingNotice(cluster: string, dedupKey: string, open: Open | undefined, now: number): Notice {
  const was = open === undefined ? dedupKey : summaryOf(open, cluster);
  return {
    dedupKey,
    cluster,
    severity: open?.severity ?? 'warning',
    summary: `[${cluster}] closed, and not because it is over: ${isMissing(cluster)}. It was: ${was}`,
    whatIsWrong: `Nobody knows any more: ${isMissing(cluster)}, and what it watched is not watched.`,
    since: open?.openedAt ?? now,
    seenFrom: [],
    whatLifeboatDid: leftAlone,
    whatToRunNext: lineOf(run({ cluster, at: now }, 'status', putBack(cluster))),
    at: now,
    repeat: open?.repeat ?? 0,
  };
}

function titleOf(facts: Incident, moment: Moment): string {
  return entryOf(facts).title(facts, moment);
}

/** `When it is over, fail back: npx lifeboat failback --cluster prod`. */
function lineOf({ words, command }: Step): string {
  return command === undefined ? words : `${words.replace(/\.$/, '')}: ${command}`;
}
