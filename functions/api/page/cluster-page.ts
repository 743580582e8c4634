// The page of one cluster, and the list of several. It reads views and writes markup; it decides nothing.
import { command } from '../../alerts/catalogue/entry.ts';
import type { ClusterView } from '../../tasks/control/control-port.ts';
import type { Caller } from '../context.ts';
import type { Condition } from './condition.ts';
import { type Headline, headlineOf, pressing } from './headline.ts';
import { markOf, wordOfSeverity } from './marks.ts';
import { ageOf, type Markup, markup, momentOf, nothing } from './markup.ts';
import { commands, commandWords } from './order-words.ts';
import { alerts, history } from './past.ts';
import { ownHealth, section, snapshot, standbys, targets, vantages } from './sections.ts';
import { statusCard } from './status-card.ts';

/** A view, or why there is none. */
export type Seen =
  | { readonly status: 'seen'; readonly id: string; readonly view: ClusterView }
  | { readonly status: 'unseen'; readonly id: string; readonly reason: string; readonly at: number };

/** For the tab: the state first, since it is cut at the end. */
export function titleOf(seen: Seen): string {
  const headline = seen.status === 'seen' ? headlineOf(seen.view) : unseenHeadline(seen);
  return `${wordOfSeverity(headline.severity)}: ${seen.id}`;
}

/** `done`: what the caller has just asked for. */
export function clusterMain(seen: Seen, caller: Caller, done: keyof typeof commandWords | undefined): Markup {
  const mayAct = caller.scopes.has('operate') && caller.csrf !== undefined;
  const title = markup`<p id="title" hidden>${titleOf(seen)}</p>`;
  if (seen.status === 'unseen') return markup`${title}${unseenCard(seen)}${actSection(seen.id, caller)}`;
  const { view } = seen;
  const { phase, reason } = view.record.machine;
  const told =
    done === undefined
      ? nothing
      : markup`<p class="notice" role="status">You asked for: ${commandWords[done].title.toLowerCase()}. The phase is now ${phase}: ${reason}</p>`;
  return markup`${title}${told}
${statusCard(view, headlineOf(view), mayAct)}
<div id="panels" class="panels">
${targets(view)}
${history(view)}
${standbys(view)}
${snapshot(view)}
${alerts(view)}
${vantages(view)}
${ownHealth(view)}
${actSection(seen.id, caller)}
</div>`;
}

/** One form for all commands: the plan comes next, so that a button here does nothing yet. */
function actSection(id: string, caller: Caller): Markup {
  const lines = commands.map((each) => {
    const { title, what, button } = commandWords[each];
    const press =
      caller.csrf === undefined ? nothing : markup`<button name="command" value="${each}">${button}</button>`;
    return markup`<li>${caller.scopes.has('operate') && caller.csrf !== undefined ? press : markup`<strong>${title}</strong>`}<div><p>${what}</p><code class="command">${command(id, each)}</code></div></li>`;
  });
  if (!caller.scopes.has('operate') || caller.csrf === undefined) {
    const why = markup`<p>Your token may read but not act here. The same with the command line:</p>`;
    return section('act', 'Act', markup`${why}<ul class="commands">${lines}</ul>`, 'wide');
  }
  return section(
    'act',
    'Act',
    markup`<form id="act-form" method="post" action="/clusters/${encodeURIComponent(id)}/plan">
<input type="hidden" name="csrf" value="${caller.csrf}">
<p class="field"><label for="why">Why</label><input id="why" name="why" maxlength="200" autocomplete="off" aria-describedby="why-note"><span id="why-note" class="note">Goes into the history and the alerts. A button shows the plan first; nothing is done before you confirm it.</span></p>
<ul class="commands">${lines}</ul>
</form>`,
    'wide',
  );
}

type Unseen = Extract<Seen, { status: 'unseen' }>;

function unseenHeadline({ id, reason, at }: Unseen): Condition {
  return {
    severity: 'blind',
    headline: `Lifeboat cannot say how ${id} is`,
    since: at,
    seenFrom: [],
    did: [{ words: `Its own state could not be read: ${reason}` }],
    next: [
      {
        words: 'Look at the cluster by other means, from a machine with the configuration.',
        command: command(id, 'check'),
      },
      {
        words: 'If it is down, fail over from there, with a kept snapshot or a zone file.',
        command: command(id, 'failover --file last.zone'),
      },
    ],
  };
}

function unseenCard(seen: Unseen): Markup {
  const { severity, headline, did, next } = unseenHeadline(seen);
  return markup`<section id="status" class="status ${severity}" aria-labelledby="headline" data-severity="${severity}">
<div class="verdict" aria-live="polite" aria-atomic="true">${markOf(severity)}<p class="word">${wordOfSeverity(severity)}</p>
<h1 id="headline">${headline}</h1></div>
<div class="answers"><div><h2>What is known</h2><ul>${did.map(({ words }) => markup`<li>${words}</li>`)}</ul></div>
<div class="next"><h2>What to do now</h2><ol>${next.map(({ words, command: line }) => markup`<li><p>${words}</p><div class="run"><code class="command">${line ?? ''}</code></div></li>`)}</ol></div></div>
</section>`;
}

/** The worst first; of equals the order of the configuration. */
export function listMain(all: readonly Seen[], at: number): Markup {
  const told = all
    .map((seen) => ({ seen, headline: headlineOfSeen(seen) }))
    .toSorted((a, b) => pressing(a.headline.severity) - pressing(b.headline.severity));
  const bad = told.filter(({ headline }) => headline.severity !== 'calm').length;
  const words = bad === 0 ? 'all are well' : `${bad} ${bad === 1 ? 'needs' : 'need'} a look`;
  return markup`<p id="title" hidden>${`${words}: ${all.length} clusters`}</p>
<h1 id="headline" class="list-title" aria-live="polite">${`${all.length} clusters: ${words}`}</h1>
<p class="age" id="as-of">As of ${momentOf(at, at)}</p>
<ul class="clusters">${told.map(
    ({ seen, headline: { severity, headline, since } }) => markup`<li class="${severity}">
<a href="/clusters/${encodeURIComponent(seen.id)}">${markOf(severity)}<span class="word">${wordOfSeverity(severity)}</span><strong>${seen.id}</strong></a>
<p>${headline}</p><span class="age">${ageOf(since, atOf(seen))}</span></li>`,
  )}</ul>`;
}

function headlineOfSeen(seen: Seen): Condition | Headline {
  return seen.status === 'seen' ? headlineOf(seen.view) : unseenHeadline(seen);
}

function atOf(seen: Seen): number {
  return seen.status === 'seen' ? seen.view.at : seen.at;
}
