// The step before acting: the plan in words with the form that confirms it, and the fields that every such form has. Markup only.
import type { OrderForm } from './form-checks.ts';
import { markOf } from './marks.ts';
import { type Markup, markup, nothing } from './markup.ts';
import { commandWords } from './order-words.ts';

export interface PlanPage {
  readonly id: string;
  readonly form: OrderForm;
  readonly words: readonly string[];
  readonly csrf: string;
  readonly key: string;
  /** It would be refused, but not with the box ticked. */
  readonly canForce: boolean;
  /** Who keeps or froze a zone in our place. */
  readonly kept: readonly string[];
  /** Why the last confirmation was not taken. */
  readonly problem?: string;
}

export function planMain({ id, form, words, csrf, key, canForce, kept, problem }: PlanPage): Markup {
  const { title, what, confirm, grave } = commandWords[form.command];
  const path = `/clusters/${encodeURIComponent(id)}`;
  return markup`<section class="card plan" aria-labelledby="plan-title">
<h1 id="plan-title">${`${title}: ${id}`}</h1>
${noticeOf('This is the plan. Nothing has been done yet.', problem)}
<p>${what}</p>
<h2>What would happen</h2>
${words.length === 0 ? markup`<p>Nothing would change.</p>` : markup`<ul class="evidence">${words.map((line) => markup`<li>${line}</li>`)}</ul>`}
<h2>Confirm</h2>
<form method="post" action="${path}/orders">
${hiddenFields({ csrf, key, command: form.command })}
${whyField(form.why)}
${confirmField(id, problem)}
${form.command === 'hold' ? timeField(form.forMs) : nothing}
${canForce || form.force ? forceField(form.force) : nothing}
${kept.length > 0 || form.takeOver ? takeOverField(form.takeOver, kept) : nothing}
<p class="buttons"><button class="${grave ? 'grave' : 'go'}">${confirm}</button> <a href="${path}">Back, do nothing</a></p>
</form></section>`;
}

/** `problem`: why the last confirmation was not taken. */
export function noticeOf(words: string, problem: string | undefined): Markup {
  if (problem === undefined) return markup`<p class="notice" role="status">${words}</p>`;
  return markup`<p class="notice wrong" role="alert">${markOf('critical')}${problem}</p>`;
}

export function hiddenFields(fields: Readonly<Record<string, string>>): Markup {
  return markup`${Object.entries(fields).map(([name, value]) => markup`<input type="hidden" name="${name}" value="${value}">`)}`;
}

export function whyField(why: string): Markup {
  return markup`<p class="field"><label for="why">Why</label><input id="why" name="why" maxlength="200" autocomplete="off" value="${why}"></p>`;
}

export function confirmField(id: string, problem: string | undefined): Markup {
  const isWrong = problem !== undefined;
  return markup`<p class="field"><label for="confirm">Type the id of the cluster, <strong>${id}</strong>, to confirm</label><input id="confirm" name="confirm" required autofocus autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false"${
    isWrong ? markup` aria-invalid="true" aria-describedby="confirm-problem"` : nothing
  }>${isWrong ? markup`<span id="confirm-problem" class="problem">${problem}</span>` : nothing}</p>`;
}

function takeOverField(isTicked: boolean, kept: readonly string[]): Markup {
  const who = kept.length === 0 ? nothing : markup`<span class="note">${kept.join('; ')}</span>`;
  return markup`<p class="field"><label><input type="checkbox" name="take-over" value="yes"${isTicked ? markup` checked` : nothing}> Also take over what another deployment of this cluster keeps, its freeze included: when that one is gone</label>${who}</p>`;
}

function forceField(isTicked: boolean): Markup {
  return markup`<p class="field"><label><input type="checkbox" name="force" value="yes"${isTicked ? markup` checked` : nothing}> Fail back although it is not known that the outage is over; this goes into the history</label></p>`;
}

function timeField(forMs: number | undefined): Markup {
  const value = forMs === undefined ? '' : forMs % 60_000 === 0 ? `${forMs / 60_000}m` : `${forMs / 1000}s`;
  return markup`<p class="field"><label for="for">For how long (30m, 2h; empty: until it is released)</label><input id="for" name="for" maxlength="10" autocomplete="off" autocapitalize="none" value="${value}"></p>`;
}
