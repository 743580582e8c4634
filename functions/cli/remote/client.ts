// A cluster that the Worker watches, as the CLI sees it through the Worker's API (--remote). What comes in is checked here, once.
import { z } from 'zod';
import type { Outbox } from '../../alerts/outbox.ts';
import { parseOutbox } from '../../alerts/outbox-schema.ts';
import { type ClusterState, initialState } from '../../decision/machine/state.ts';
import { parseState } from '../../decision/machine/state-schema.ts';
import { toHex } from '../../lib/canonical.ts';
import { clip } from '../../lib/clip.ts';
import { isLoopback } from '../../lib/endpoint.ts';
import { codeOf, LifeboatError, messageOf } from '../../lib/errors.ts';
import { visible } from '../../lib/visible.ts';
import type { OperatorCommand } from '../../model/outage.ts';
import { holdGuards } from '../../plan/plan.ts';
import { decodeSnapshot, maxDocumentCharacters } from '../../snapshot/codec.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { maxWhyCharacters } from '../../tasks/control/control-port.ts';
import { type HeldByStandby, releaseStates } from '../../tasks/publish/holds.ts';
import type { CliContext } from '../context.ts';
import { createSend, type RemoteRequest, type Send } from './http.ts';

/** One cluster at the Worker. Errors name what to do; those of the network say that the command works without --remote, too. */
export interface Remote {
  readonly origin: string;
  readonly cluster: string;
  view(): Promise<RemoteView>;
  /** Given once, however often it has to be sent. */
  order(order: RemoteOrder): Promise<OrderOutcome>;
  snapshots(): Promise<RemoteSnapshots>;
  /** The newest without a number. */
  snapshot(number?: number): Promise<Snapshot>;
}

export interface RemoteView {
  /** The Worker's clock, milliseconds since the epoch. */
  readonly at: number;
  /** What the API shows of it; the rest is as in a cluster that was never looked at. */
  readonly state: ClusterState;
  readonly held: HeldByStandby;
  readonly outbox: Outbox;
  readonly watch: z.output<typeof watchShape>;
  readonly vantages: z.output<typeof viewShape>['vantages'];
  /** All of it, as it came. */
  readonly document: object;
}

export interface RemoteOrder {
  readonly command: OperatorCommand | 'release-deletes';
  readonly why: string;
  readonly dryRun: boolean;
  /** Of a failback. */
  readonly takeOver?: boolean;
  /** Of a release: whose, and what was shown. */
  readonly standby?: string;
  readonly digest?: string;
  readonly force?: boolean;
  /** Of a hold. */
  readonly forMs?: number;
}

export type OrderOutcome =
  | { readonly status: 'planned'; readonly words: readonly string[] }
  | { readonly status: 'accepted' | 'refused'; readonly reason: string };

export type RemoteSnapshots = z.output<typeof snapshotsShape>;

const watchShape = z.object({
  lastRoundAt: z.number().nullable(),
  troubles: z.array(z.string()).default([]),
});
const heldShape = z.object({
  digest: z.string(),
  total: z.number(),
  releasable: z.number().default(0),
  changes: z.array(
    z.object({
      set: z.string(),
      guard: z.enum(holdGuards),
      since: z.number(),
      wants: z.array(z.string()),
      release: z.enum(releaseStates),
    }),
  ),
});
const viewShape = z.object({
  at: z.number(),
  verdicts: z.record(z.string(), z.record(z.string(), z.unknown())),
  capture: z.record(z.string(), z.unknown()),
  // A Worker of another version may say it in another way: the rest is worth more.
  held: z.record(z.string(), heldShape).catch({}),
  outbox: z.unknown(),
  watch: watchShape,
  vantages: z
    .array(z.object({ id: z.string(), lastSeenAt: z.number().nullable(), lastRefusal: z.string().default('') }))
    .default([]),
});
const listShape = z.object({ clusters: z.array(z.object({ id: z.string() })) });
const plannedShape = z.object({ words: z.array(z.string()) });
const acceptedShape = z.object({ reason: z.string() });
const snapshotsShape = z.object({
  /** Oldest first. */
  numbers: z.array(z.number()),
  latest: z
    .object({
      number: z.number(),
      takenAt: z.number(),
      serial: z.number().optional(),
      digest: z.string(),
      counts: z.object({ records: z.number(), rrsets: z.number() }),
    })
    .optional(),
});

const readLimits = { timeoutMs: 20_000, maxBytes: 33_554_432 } as const;
/** A dry run looks and plans first. */
const orderLimits = { timeoutMs: 60_000, maxBytes: 1_048_576 } as const;
const snapshotLimits = { timeoutMs: 120_000, maxBytes: 2 * maxDocumentCharacters } as const;
const orderAttempts = 3;
const retryMs = 1000;
const keyBytes = 16;
const tokenName = 'LIFEBOAT_TOKEN';

/** The cluster at the Worker that --remote names; undefined without --remote: the command acts by itself. */
export async function openRemote(context: CliContext, cluster: string | undefined): Promise<Remote | undefined> {
  const given = context.remote();
  if (given === undefined) return undefined;
  const origin = given === '' ? await configuredOrigin(context) : readOrigin(given);
  const send = createSend(context, origin, readToken(context));
  // A cluster that is named is not looked up: in an outage each request less is one that cannot fail.
  const id = cluster ?? (await onlyCluster(send, origin));
  const path = `/v1/clusters/${encodeURIComponent(id)}`;
  const get = async <T>(shape: z.ZodType<T>, request: RemoteRequest) =>
    readAs(shape, origin, await textOf(send, request));
  const remote: Remote = {
    origin,
    cluster: id,
    view: async () => readView(id, origin, await textOf(send, { path, ...readLimits })),
    order: (order) => giveOrder(context, send, origin, id, order),
    snapshots: () => get(snapshotsShape, { path: `${path}/snapshots`, ...readLimits }),
    snapshot: async (number) => {
      const chosen = number ?? (await remote.snapshots()).numbers.at(-1);
      if (chosen === undefined) throw new LifeboatError('input', `the Worker keeps no snapshot of ${id} yet`);
      return decodeSnapshot(await textOf(send, { path: `${path}/snapshots/${chosen}`, ...snapshotLimits }));
    },
  };
  return remote;
}

async function giveOrder(
  { clock, random, signal }: CliContext,
  send: Send,
  origin: string,
  id: string,
  { command, why, forMs, ...asked }: RemoteOrder,
): Promise<OrderOutcome> {
  const { dryRun } = asked;
  const idempotencyKey = toHex(random.bytes(keyBytes));
  const path = `/v1/clusters/${encodeURIComponent(id)}/${command}`;
  const end = forMs === undefined ? {} : { forSeconds: forMs / 1000 };
  const request = {
    path,
    body: { confirm: id, why: clip(visible(why), maxWhyCharacters), ...asked, ...end },
    idempotencyKey,
    ...orderLimits,
  };
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await send(request);
      if (answer.status === 'refused') return answer;
      if (dryRun) return { status: 'planned', ...readAs(plannedShape, origin, answer.text) };
      return { status: 'accepted', reason: readAs(acceptedShape, origin, answer.text).reason };
    } catch (error) {
      const canHelp = codeOf(error) === 'network' || codeOf(error) === 'timeout';
      if (!canHelp) throw error;
      if (dryRun) throw error;
      if (attempt < orderAttempts && !signal.aborted) {
        await clock.sleep(retryMs * attempt, signal);
        continue;
      }
      const maybe = `The ${command} may have arrived all the same: see lifeboat status --remote.`;
      throw new LifeboatError(codeOf(error), `${messageOf(error)} ${maybe}`, { cause: error });
    }
  }
}

/** The only cluster there. */
async function onlyCluster(send: Send, origin: string): Promise<string> {
  const { clusters } = readAs(listShape, origin, await textOf(send, { path: '/v1/clusters', ...readLimits }));
  const ids = clusters.map(({ id }) => id);
  const [only] = ids;
  if (only !== undefined && ids.length === 1) return only;
  throw new LifeboatError(
    'usage',
    `${ids.length} clusters are at ${origin}: name one with --cluster: ${ids.join(', ')}`,
  );
}

async function configuredOrigin(context: CliContext): Promise<string> {
  const { api } = await context.loadConfig();
  if (api.url !== undefined) return api.url;
  throw new LifeboatError('usage', 'where is the Worker? Give its address, --remote https://…, or set api.url');
}

/** An https origin; http only to this machine, since the token goes along. */
function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(host));
  if (url !== undefined && safe && `${url.origin}/` === url.href) return url.origin;
  throw new LifeboatError('usage', '--remote takes scheme and host only, like https://lifeboat.example.workers.dev');
}

function readToken({ secrets }: CliContext): string {
  const token = secrets(tokenName);
  if (token === undefined)
    throw new LifeboatError(
      'config',
      `--remote needs a token of the Worker's API: put it into the environment variable ${tokenName}, or its file's path into ${tokenName}_FILE`,
    );
  if (/^[!-~]+$/.test(token)) return token;
  throw new LifeboatError('config', `${tokenName} is no token: it holds white space or other than ASCII`);
}

async function textOf(send: Send, request: RemoteRequest): Promise<string> {
  const answer = await send(request);
  if (answer.status === 'ok') return answer.text;
  throw new LifeboatError('refused', answer.reason);
}

function readView(id: string, origin: string, text: string): RemoteView {
  const document = jsonOf(origin, text);
  const { at, verdicts, capture, held, outbox, watch, vantages } = check(viewShape, origin, document);
  const empty = initialState(id, at);
  const judged = Object.entries(verdicts).map(([key, verdict]) => [key, { seenFrom: [], ...verdict }]);
  try {
    const state = parseState({
      ...empty,
      ...(document as object),
      verdicts: Object.fromEntries(judged),
      capture: { ...empty.capture, ...capture },
      // Of the same name in the document: what the control port says of each vantage, not what the machine remembers.
      vantages: empty.vantages,
    });
    return { at, state, held, outbox: parseOutbox(outbox), watch, vantages, document: document as object };
  } catch (error) {
    throw otherVersion(origin, messageOf(error));
  }
}

function readAs<T>(shape: z.ZodType<T>, origin: string, text: string): T {
  return check(shape, origin, jsonOf(origin, text));
}

function check<T>(shape: z.ZodType<T>, origin: string, value: unknown): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw otherVersion(origin, `${issue?.path.join('.') || 'the top'}: ${issue?.message}`);
}

function jsonOf(origin: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw otherVersion(origin, 'no JSON');
  }
}

function otherVersion(origin: string, why: string): LifeboatError {
  return new LifeboatError(
    'protocol',
    `the answer of ${origin} cannot be read: is that Lifeboat's address, and of the same version as this command? (${why})`,
  );
}
