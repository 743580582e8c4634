// A vantage's way to its Worker: signs a report, sends it within a deadline, and says what came of it. It follows no redirect, tries
// nothing twice but what the Worker's own restart cost, and never throws for the Worker.
import { z } from 'zod';
import { readBoundedText } from '../../lib/bounded-text.ts';
import { clip } from '../../lib/clip.ts';
import { withDeadline } from '../../lib/deadline.ts';
import type { Clock, Fetch } from '../../lib/deps.ts';
import { codeOf } from '../../lib/errors.ts';
import { createRedactor } from '../../lib/redact.ts';
import { visible } from '../../lib/visible.ts';
import { type CaptureRequest, type ReportRefusal, reportRefusals } from '../../tasks/control/control-port.ts';
import { following, type Nonce, newSeries } from '../protocol/replay.ts';
import { signRequest } from '../protocol/sign.ts';

export interface LinkOptions {
  /** `https://lifeboat.example.workers.dev`. */
  readonly origin: string;
  /** A bearer token of the scope `vantage`. */
  readonly token: string;
  readonly cluster: string;
  readonly vantage: string;
  readonly privateKey: CryptoKey;
}

export interface Report {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export type Sent =
  /** `dropped`: why parts of the report are not taken. */
  | { readonly status: 'taken'; readonly wants: readonly CaptureRequest[]; readonly dropped?: string }
  /** The Worker says no to this report. `afterMs`: when it wants to be asked again. */
  | { readonly status: 'refused'; readonly refusal: ReportRefusal; readonly reason: string; readonly afterMs?: number }
  /** Not delivered, or not to Lifeboat, or without a token that is good. */
  | { readonly status: 'failed'; readonly reason: string; readonly afterMs?: number };

export interface VantageLink {
  send(report: Report): Promise<Sent>;
}

const maxAnswerBytes = 65_536;
const maxWaitMs = 60_000;
const maxWordsCharacters = 400;
const problemStart = 'urn:lifeboat:problem:';

const takenShape = z.object({
  wants: z
    .array(
      z.object({
        kind: z.literal('capture'),
        number: z.int().min(1),
        // A Worker of before knows one source, and does not name it.
        source: z.string().max(40).default('axfr'),
        from: z.array(z.string().max(300)).max(32),
        until: z.number(),
      }),
    )
    .max(32),
  dropped: z.string().exactOptional(),
});
const problemShape = z.object({ type: z.string().startsWith(problemStart).max(100), detail: z.string() });
const refusalShape = z.enum(reportRefusals);

export function createVantageLink(
  deps: { readonly clock: Clock; readonly fetch: Fetch },
  options: LinkOptions,
): VantageLink {
  const { clock } = deps;
  const { origin, token, cluster, vantage: keyId, privateKey } = options;
  const redact = createRedactor([token]);
  let nonce: Nonce = { startedAt: clock.now(), count: 0 };

  const attempt = async ({ method, path, body, timeoutMs, signal }: Report): Promise<Sent> => {
    nonce = following(nonce);
    const facts = { keyId, createdSeconds: Math.floor(clock.now() / 1000), nonce };
    const signed = await signRequest({ method, path, headers: {}, body }, cluster, facts, privateKey);
    const headers = { ...signed.headers, 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const deadline = { what: `the Worker at ${origin}`, timeoutMs, ...(signal === undefined ? {} : { signal }) };
    try {
      return await withDeadline(clock, deadline, async (until) => {
        const response = await deps.fetch(`${origin}${path}`, {
          method,
          headers,
          body,
          redirect: 'manual',
          signal: until,
        });
        return judge(origin, response, redact);
      });
    } catch (error) {
      return { status: 'failed', reason: faultWords(origin, timeoutMs, error) };
    }
  };

  return {
    async send(report) {
      const used = nonce;
      const sent = await attempt(report);
      if (sent.status !== 'refused') return sent;
      // Its clock may have been set back since the series began.
      if (sent.refusal === 'clock-skew') nonce = { startedAt: clock.now(), count: 0 };
      if (sent.refusal !== 'replayed') return sent;
      // A Worker that started anew does not know how far this series was taken: begin another, unless somebody here has.
      if (nonce.startedAt === used.startedAt) nonce = newSeries(nonce, clock.now());
      return attempt(report);
    },
  };
}

/**
 * | answer                                   | outcome                                            |
 * |------------------------------------------|----------------------------------------------------|
 * | 2xx with `wants`                         | taken                                              |
 * | a problem of the kind `report-…`         | refused, with its word                             |
 * | 401, 403                                 | failed: the token                                  |
 * | any other, redirects too                 | failed                                             |
 */
async function judge(origin: string, response: Response, redact: (text: string) => string): Promise<Sent> {
  const { status } = response;
  const plain = (text: string) => clip(redact(visible(text)), maxWordsCharacters);
  const json = jsonOf(await readText(response));
  const at = `the Worker at ${origin}`;
  if (response.ok) {
    const taken = takenShape.safeParse(json);
    if (taken.success) {
      const { wants, dropped } = taken.data;
      return { status: 'taken', wants, ...(dropped === undefined ? {} : { dropped: plain(dropped) }) };
    }
    return {
      status: 'failed',
      reason: `${at} answers ${status} with something else: is it Lifeboat, and which version?`,
    };
  }
  const wait = afterMs(response.headers.get('retry-after'));
  const problem = problemShape.safeParse(json);
  const kind = problem.success ? problem.data.type.slice(problemStart.length) : '';
  const detail = problem.success ? plain(problem.data.detail) : '';
  const refusal = refusalShape.safeParse(kind.replace(/^report-/, ''));
  if (kind.startsWith('report-') && refusal.success) {
    return { status: 'refused', refusal: refusal.data, reason: detail, ...wait };
  }
  if (status === 401 || status === 403) {
    return {
      status: 'failed',
      reason: `${at} does not take the token: it needs one of the scope vantage (${status})`,
      ...wait,
    };
  }
  const redirected = status === 0 || (status >= 300 && status < 400) ? ': redirects are not followed' : '';
  return {
    status: 'failed',
    reason: `${at} answers ${status}${redirected}${detail === '' ? '' : ` (${detail})`}`,
    ...wait,
  };
}

function afterMs(header: string | null): { readonly afterMs?: number } {
  return header !== null && /^\d{1,6}$/.test(header) ? { afterMs: Math.min(maxWaitMs, Number(header) * 1000) } : {};
}

/** What is longer than the limit is no answer of Lifeboat. */
async function readText({ body }: Response): Promise<string> {
  const { text, isWhole } = await readBoundedText(body, maxAnswerBytes);
  return isWhole ? text : '';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Only the kind of fault: messages of the platform's fetch may hold headers. */
function faultWords(origin: string, timeoutMs: number, error: unknown): string {
  if (codeOf(error) === 'timeout') return `the Worker at ${origin} did not answer within ${timeoutMs} ms`;
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return `the Worker at ${origin} could not be reached${typeof code === 'string' ? ` (${code})` : ''}`;
}
