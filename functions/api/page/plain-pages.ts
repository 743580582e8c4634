// The pages without a cluster on them: signing in, and what cannot be shown or done. They name nothing that the caller did not send.
import { type Markup, markup, nothing } from './markup.ts';

/** Says nothing of any cluster, not even how many there are. */
export function signInMain(): Markup {
  return markup`<section class="card" aria-labelledby="sign-in"><h1 id="sign-in">Sign in to Lifeboat</h1>
<form method="post" action="/session">
<p class="field"><label for="token">Token</label><input id="token" name="token" type="password" autocomplete="current-password" required autofocus spellcheck="false" aria-describedby="token-note"><span id="token-note" class="note">The one that <code>npx lifeboat token</code> printed.</span></p>
<p><button class="go">Sign in</button></p>
</form></section>`;
}

export function messageMain(title: string, words: readonly string[], link?: { href: string; words: string }): Markup {
  return markup`<section class="card" aria-labelledby="message"><h1 id="message">${title}</h1>
${words.map((line) => markup`<p>${line}</p>`)}
${link === undefined ? nothing : markup`<p><a href="${link.href}">${link.words}</a></p>`}</section>`;
}
