// The first screen: is it bad, since when, seen from where, what has Lifeboat done, what to do. In this order, on every size of screen.
import type { Deed, Step } from '../../alerts/catalogue/entry.ts';
import type { Phase } from '../../decision/machine/state.ts';
import type { ClusterView } from '../../tasks/control/control-port.ts';
import type { Condition } from './condition.ts';
import type { Headline } from './headline.ts';
import { markOf, wordOfSeverity } from './marks.ts';
import { ageOf, type Markup, markup, momentOf, nothing } from './markup.ts';
import { commandWords } from './order-words.ts';
import { releasePath } from './release-form.ts';

const phases: readonly Phase[] = ['watching', 'suspected', 'confirmed', 'active', 'recovering'];

/** `mayAct`: the buttons are there. */
export function statusCard(view: ClusterView, headline: Headline, mayAct: boolean): Markup {
  const { severity, since, seenFrom, did, next } = headline;
  const { at } = view;
  const { cluster } = view.record.machine;
  return markup`<section id="status" class="status ${severity}" aria-labelledby="headline" data-severity="${severity}">
<div class="verdict" aria-live="polite" aria-atomic="true">${markOf(severity)}<p class="word">${wordOfSeverity(severity)}</p>
<h1 id="headline">${headline.headline}</h1></div>
<dl class="facts">
<div><dt>Since</dt><dd>${momentOf(since, at)}</dd></div>
<div><dt>Seen from</dt><dd>${seenFrom.length === 0 ? 'Lifeboat itself' : seenFrom.join(', ')}</dd></div>
<div><dt>As of</dt><dd id="as-of">${momentOf(at, at)}</dd></div>
</dl>
<div class="answers">
<div><h2>What Lifeboat has done</h2>${did.length === 0 ? markup`<p>Nothing yet.</p>` : deeds(did, at)}</div>
<div class="next"><h2>What to do now</h2><ol>${next.map((step) => stepOf(step, { cluster, mayAct }))}</ol></div>
</div>
${phaseLine(view.record.machine.phase)}
</section>
${alsoList(headline.also, cluster, at)}`;
}

function deeds(did: readonly Deed[], at: number): Markup {
  return markup`<ul>${did.map(
    (deed) =>
      markup`<li>${deed.words}${deed.at === undefined ? nothing : markup` <span class="age">${ageOf(deed.at, at)}</span>`}</li>`,
  )}</ul>`;
}

interface Asking {
  readonly cluster: string;
  readonly mayAct: boolean;
}

/** The button sends the form of the section "Act", so that it works without script and takes along the reason typed there. */
function stepOf({ words, command, button, heldOf, later }: Step, { cluster, mayAct }: Asking): Markup {
  if (command === undefined) return markup`<li><p>${words}</p></li>`;
  const look = later === true || button === undefined ? 'plain' : commandWords[button].grave ? 'grave' : 'go';
  const press =
    button === undefined || !mayAct
      ? nothing
      : markup`<button form="act-form" name="command" value="${button}" class="${look}">${commandWords[button].button}</button>`;
  return markup`<li><p>${words}</p><div class="run">${press}${heldOf === undefined ? nothing : markup`<a href="${releasePath(cluster, heldOf)}">See them by name, and let them out…</a>`}<code class="command">${command}</code></div></li>`;
}

function phaseLine(phase: Phase): Markup {
  const held = phase === 'held' ? markup`<li class="apart" aria-current="step">${phase}</li>` : nothing;
  return markup`<ol class="phases" aria-label="Phases">${phases.map((one) =>
    one === phase ? markup`<li aria-current="step">${one}</li>` : markup`<li>${one}</li>`,
  )}${held}</ol>`;
}

function alsoList(also: readonly Condition[], cluster: string, at: number): Markup {
  if (also.length === 0) return nothing;
  return markup`<section id="also" aria-labelledby="also-title"><h2 id="also-title">Also</h2><ul class="also">${also.map(
    ({ severity, headline, since, did, next }) =>
      markup`<li class="${severity}"><details><summary>${markOf(severity)}<span class="word">${wordOfSeverity(severity)}</span> <span class="what">${headline}</span> <span class="age">${ageOf(since, at)}</span></summary>${deeds(did, at)}<ol>${next.map((step) => stepOf(step, { cluster, mayAct: false }))}</ol></details></li>`,
  )}</ul></section>`;
}
