// What stands below the first screen: targets with evidence, standby zones, the last snapshot, vantages, Lifeboat's own health.

import { keptWords } from '../../alerts/catalogue/entry.ts';
import type { Verdict } from '../../decision/health/verdict.ts';
import { keepingOf } from '../../decision/machine/selectors.ts';
import type { StandbyState } from '../../decision/machine/state.ts';
import { duration } from '../../lib/duration.ts';
import { own } from '../../lib/own.ts';
import { freshnessWords } from '../../snapshot/snapshot.ts';
import type { ClusterView, SnapshotSummary } from '../../tasks/control/control-port.ts';
import { isOld, isSilent } from './conditions-own.ts';
import { badge, badgeOfCondition } from './marks.ts';
import { ageOf, type Markup, markup, momentOf, nothing } from './markup.ts';
import { heldPart } from './release-form.ts';

export function section(id: string, title: string, body: Markup, size: 'wide' | 'half' = 'half'): Markup {
  return markup`<section id="${id}" class="panel ${size}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>`;
}

export function targets({ record, at }: ClusterView): Markup {
  const verdicts = Object.entries(record.machine.verdicts);
  if (verdicts.length === 0) return section('targets', 'Targets', markup`<p>Nothing was looked at yet.</p>`, 'wide');
  return section(
    'targets',
    'Targets',
    markup`<ul class="rows">${verdicts.map(([key, verdict], i) => target(key, verdict, i, at))}</ul>`,
    'wide',
  );
}

function target(key: string, { condition, words, since, evidence, seenFrom }: Verdict, i: number, at: number): Markup {
  const open = condition === 'healthy' ? nothing : markup` open`;
  const why = words.split(` is ${condition}: `).at(-1) ?? words;
  return markup`<li><div class="row">${badgeOfCondition(condition)}<span class="name">${nameOf(key)}</span><span class="why">${why}</span><span class="age">since ${ageOf(since, at)}</span></div>
<details id="evidence-${i}"${open}><summary>Evidence${seenFrom.length === 0 ? nothing : markup`, seen from ${seenFrom.join(', ')}`}</summary>${
    evidence.length === 0
      ? markup`<p>None is fresh enough to count.</p>`
      : markup`<ul class="evidence">${evidence.map((line) => markup`<li>${line}</li>`)}</ul>`
  }</details></li>`;
}

function nameOf(key: string): string {
  return key === 'apiserver' ? 'API server' : key.replace(/^dns /, 'CoreDNS ').replace(/^standby /, 'Standby ');
}

export function standbys({ record, held, at }: ClusterView): Markup {
  const { machine } = record;
  const all = Object.entries(machine.standbys);
  if (all.length === 0) return section('standby', 'Standby', markup`<p>No standby zone is known yet.</p>`);
  return section(
    'standby',
    'Standby',
    markup`<ul class="rows">${all.map(([id, standby], i) => {
      const why = standby.foreign || standby.fence || keptWords(keepingOf(standby));
      return markup`<li><div class="row">${stateOf(standby)}<span class="name">${id}</span></div>
<dl class="pairs">${standby.label === '' ? nothing : markup`<div><dt>Where</dt><dd>${standby.label}</dd></div>`}<div><dt>Holds</dt><dd>${standby.snapshot === null ? 'nothing yet' : `snapshot ${standby.snapshot}`}</dd></div>
<div><dt>As old as</dt><dd>${standby.asOf === null ? 'never published' : momentOf(standby.asOf, at)}</dd></div>
<div><dt>Last written</dt><dd>${standby.publishedAt === null ? 'never' : momentOf(standby.publishedAt, at)}</dd></div>
${standby.failures > 0 ? markup`<div><dt>Failing</dt><dd>${standby.failures} in a row: ${standby.lastFailure}</dd></div>` : nothing}
${why === '' ? nothing : markup`<div><dt>Not written</dt><dd>${why}</dd></div>`}</dl>
${heldPart({ id: machine.cluster, standby: id, held: own(held, id) ?? unlisted, counted: standby.heldDeletes, at, element: `held-${i}` })}</li>`;
    })}</ul>`,
  );
}

/** What is held back could not be read: the last publication's count is all that is known. */
const unlisted = { digest: '', total: 0, releasable: 0, changes: [] } as const;

function stateOf(standby: StandbyState): Markup {
  if (standby.foreign !== '') return badge('critical', "another cluster's");
  if (standby.fence !== '') return badge('critical', 'fenced');
  if (keptWords(keepingOf(standby)) !== '') return badge('calm', 'stands by');
  if (standby.asOf === null) return badge('warning', 'empty');
  if (standby.failures > 0) return badge('warning', standby.frozen > 0 ? 'frozen, failing' : 'failing');
  return standby.frozen > 0 ? badge('progress', `frozen by activation ${standby.frozen}`) : badge('calm', 'warm');
}

export function snapshot({ snapshots, record, at }: ClusterView): Markup {
  const { latest, numbers } = snapshots;
  const { failures, lastFailure } = record.machine.capture;
  const failing =
    failures === 0 ? nothing : markup`<p>${badge('warning', `${failures} captures failed`)} ${lastFailure}</p>`;
  if (latest === undefined) return section('snapshot', 'Last snapshot', markup`<p>None is kept.</p>${failing}`);
  const { byType, byNamespace, records } = latest.counts;
  const spaces = Object.entries(byNamespace).sort(([, a], [, b]) => b - a);
  return section(
    'snapshot',
    'Last snapshot',
    markup`${failing}<dl class="pairs"><div><dt>Number</dt><dd>${latest.number}, ${numbers.length} kept</dd></div>
<div><dt>Taken</dt><dd>${momentOf(latest.takenAt, at)}</dd></div>
<div><dt>Records</dt><dd>${records} (${counts(Object.entries(byType))})</dd></div>
${freshness(latest)}
<div><dt>Digest</dt><dd><code>${latest.digest}</code></dd></div></dl>
<details id="namespaces"><summary>${spaces.length} namespaces</summary><p>${counts(spaces)}</p></details>`,
  );
}

function freshness({ serial, freshness: other }: SnapshotSummary): Markup {
  if (other !== undefined) return markup`<div><dt>As new as</dt><dd>${freshnessWords(other)}</dd></div>`;
  return markup`<div><dt>Serial</dt><dd>${serial}</dd></div>`;
}

function counts(entries: readonly (readonly [string, number])[]): string {
  return entries.map(([name, count]) => `${name} ${count}`).join(', ');
}

export function vantages({ vantages: all, watch, at }: ClusterView): Markup {
  if (all.length === 0) return section('vantages', 'Vantages', markup`<p>Lifeboat looks from where it runs.</p>`);
  return section(
    'vantages',
    'Vantages',
    markup`<ul class="rows">${all.map((vantage) => {
      const { id, group, kind, lastSeenAt, refused, lastRefusal } = vantage;
      const state = isSilent(vantage, watch, at) ? badge('warning', 'silent') : badge('calm', 'seeing');
      return markup`<li><div class="row">${state}<span class="name">${id}</span><span class="age">${lastSeenAt === null ? 'never heard of' : ageOf(lastSeenAt, at)}</span></div>
<p class="words">${kind === 'edge' ? 'outside the cluster' : 'inside the cluster'}, group ${group}${refused === 0 ? nothing : markup`; ${refused} requests refused, the last: ${lastRefusal}`}</p></li>`;
    })}</ul>`,
  );
}

export function ownHealth({ watch, at }: ClusterView): Markup {
  const { lastRoundAt, intervalMs, rearmedAt, troubles } = watch;
  const old = isOld(watch, at);
  return section(
    'own',
    'Lifeboat itself',
    markup`<p>${old ? badge('blind', 'not looking') : troubles.length > 0 ? badge('blind', 'in trouble') : badge('calm', 'looking')}</p>
<dl class="pairs"><div><dt>Last round</dt><dd>${lastRoundAt === null ? 'none yet' : momentOf(lastRoundAt, at)}</dd></div>
<div><dt>Looks every</dt><dd>${duration(intervalMs)}</dd></div>
<div><dt>Restarted</dt><dd>${rearmedAt === null ? 'never had to be' : momentOf(rearmedAt, at)}</dd></div></dl>
${troubles.length === 0 ? nothing : markup`<ul class="evidence">${troubles.map((trouble) => markup`<li>${trouble}</li>`)}</ul>`}`,
  );
}
