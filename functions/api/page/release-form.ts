// What a guard holds back from a standby: a few lines on the page of the cluster, and the form that lets out exactly what it shows. Markup only.
import { command } from '../../alerts/catalogue/entry.ts';
import type { HeldChangeView, HeldView } from '../../tasks/publish/holds.ts';
import { ageOf, type Markup, markup, nothing } from './markup.ts';
import { confirmField, hiddenFields, noticeOf, whyField } from './order-pages.ts';

/** Names on the form; the digest is over all. */
const mostNames = 100;
/** A set may be of thousands of addresses. */
const mostValues = 5;
const mostHeldLines = 20;

export function releasePath(id: string, standby: string): string {
  return `/clusters/${encodeURIComponent(id)}/release-deletes?standby=${encodeURIComponent(standby)}`;
}

const releaseWords: Readonly<Record<HeldChangeView['release'], string>> = {
  possible: '',
  outage: ', until the outage is over',
  released: ', let out: goes with the next publication',
};

export interface HeldPart {
  readonly id: string;
  readonly standby: string;
  readonly held: HeldView;
  /** As the last publication counted them. */
  readonly counted: number;
  readonly at: number;
  /** Of the element, for the page that goes on by itself. */
  readonly element: string;
}

/** On the page of the cluster. */
export function heldPart({ id, standby, held, counted, at, element }: HeldPart): Markup {
  const { changes, total, releasable } = held;
  if (counted === 0 && total === 0) return nothing;
  const more = total > mostHeldLines ? markup`<li>and ${total - mostHeldLines} more</li>` : nothing;
  const link = markup`<p><a href="${releasePath(id, standby)}">See ${releasable === 1 ? 'it' : `all ${releasable}`} by name, and let ${releasable === 1 ? 'it' : 'them'} out…</a></p>`;
  return markup`<details id="${element}"><summary>${Math.max(counted, total)} changes held back</summary><ul class="evidence">${changes
    .slice(0, mostHeldLines)
    .map(
      ({ set, guard, since, release }) =>
        markup`<li>${set} by ${guard}${releaseWords[release]} <span class="age">${ageOf(since, at)}</span></li>`,
    )}${more}</ul></details>${releasable === 0 ? nothing : link}`;
}

export interface ReleasePage {
  readonly id: string;
  readonly standby: string;
  readonly held: HeldView;
  readonly at: number;
  /** Undefined: the caller may read only. */
  readonly acting: { readonly csrf: string; readonly key: string; readonly why: string } | undefined;
  /** Why the last confirmation was not taken. */
  readonly problem?: string;
}

export function releaseMain({ id, standby, held, at, acting, problem }: ReleasePage): Markup {
  const { digest, releasable } = held;
  const shown = held.changes.filter(({ release }) => release === 'possible').slice(0, mostNames);
  const more = releasable - shown.length;
  return markup`<section class="card plan" aria-labelledby="plan-title">
<h1 id="plan-title">${`${releaseTitle}: ${id}`}</h1>
${noticeOf('This is what is held back. Nothing has been done yet.', problem)}
<p>${counted(releasable)} held back from <strong>${standby}</strong> by a guard, because more would be lost than a healthy change explains. If they are right, let them out: exactly these, and nothing that comes later. The next publication that still asks for them makes them.</p>
<h2>What would go out</h2>
<ul class="evidence">${shown.map((change) => markup`<li>${changeWords(change)} <span class="age">${ageOf(change.since, at)}</span></li>`)}</ul>
${more === 0 ? nothing : markup`<p><strong>And ${more} more, which would go out too.</strong> Of all names a thousand are in <code>held</code> of the API's <code>/v1/clusters/${id}</code>.</p>`}
<p class="note">Digest of all ${releasable}: <code>${digest}</code></p>
${acting === undefined ? readOnly(id) : confirmation({ id, standby, digest, ...acting }, problem)}</section>`;
}

export const releaseTitle = 'Let held deletes out';

function counted(count: number): string {
  return count === 1 ? '1 change is' : `${count} changes are`;
}

function changeWords({ set, guard, wants }: HeldChangeView): string {
  const more = wants.length > mostValues ? ` and ${wants.length - mostValues} more` : '';
  const what =
    wants.length === 0 ? `delete ${set}` : `change ${set} to ${wants.slice(0, mostValues).join(', ')}${more}`;
  return `${what} (held by ${guard})`;
}

function readOnly(id: string): Markup {
  return markup`<p>Your token may read but not act here. The same with the command line:</p>
<code class="command">${command(id, 'publish --release-deletes')}</code>
<p><a href="/clusters/${encodeURIComponent(id)}">Back</a></p>`;
}

interface Confirmation {
  readonly id: string;
  readonly standby: string;
  readonly digest: string;
  readonly csrf: string;
  readonly key: string;
  readonly why: string;
}

function confirmation({ id, why, ...hidden }: Confirmation, problem: string | undefined): Markup {
  const path = `/clusters/${encodeURIComponent(id)}`;
  return markup`<h2>Confirm</h2>
<form method="post" action="${path}/release-deletes">
${hiddenFields({ ...hidden })}
${whyField(why)}
${confirmField(id, problem)}
<p class="buttons"><button class="grave">Let them out</button> <a href="${path}">Back, do nothing</a></p>
</form>`;
}
