// What the Worker shows: its page as a browser gets it, signed in with the token, and by the API what it says of CoreDNS and what is live.
import type { Screen } from './screen.ts';
import { clusterId, type Stage } from './stage.ts';
import type { Summary } from './summary.ts';

const timeoutMs = 10_000;

function pageUrl({ worker }: Pick<Stage, 'worker'>): string {
  return `${worker.url}/clusters/${clusterId}`;
}

/** Where it is, and what opens it: on lines of their own, to be copied whole. */
export function tellPage(screen: Screen, stage: Pick<Stage, 'worker' | 'token'>, withToken = true): void {
  screen.say('lab', withToken ? 'the page, and the token that opens it:' : 'the page:');
  screen.print(`  ${pageUrl(stage)}`);
  if (withToken) screen.print(`  ${stage.token}`);
}

export async function fetchPage(stage: Stage): Promise<NonNullable<Summary['page']>> {
  const { worker, token } = stage;
  const signIn = await fetch(`${worker.url}/session`, {
    method: 'POST',
    headers: { origin: worker.url, 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const cookie = signIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const url = pageUrl(stage);
  const response = await fetch(url, { headers: { cookie }, signal: AbortSignal.timeout(timeoutMs) });
  const title = /<title>([^<]*)<\/title>/.exec(await response.text())?.[1] ?? '';
  return { url, status: response.status, title };
}

/** What Lifeboat says of CoreDNS now, in its words. */
export async function fetchWordsOnDns(stage: Stage): Promise<readonly string[]> {
  const { verdicts } = (await ask(stage, '')) as {
    readonly verdicts: Readonly<Record<string, { readonly words: string }>>;
  };
  return Object.entries(verdicts).flatMap(([key, { words }]) => (key.startsWith('dns') ? [words] : []));
}

export async function fetchSnapshot(stage: Stage): Promise<Summary['snapshot']> {
  const { latest } = (await ask(stage, '/snapshots')) as {
    readonly latest?: {
      readonly number: number;
      readonly digest: string;
      readonly counts: { readonly records: number };
    };
  };
  if (latest === undefined) return null;
  return { number: latest.number, records: latest.counts.records, digest: latest.digest };
}

async function ask({ worker, token }: Stage, path: string): Promise<unknown> {
  const response = await fetch(`${worker.url}/v1/clusters/${clusterId}${path}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(timeoutMs),
  });
  return response.json();
}
