// Sessions of signed-in people, in a store: kept by the hash of a random id, so that whoever reads the store cannot use one. A session is
// only as good as its token. It knows no cookies and no requests.
import { z } from 'zod';
import type { TokenConfig } from '../config/schema.ts';
import { toBase64Url } from '../lib/base64url.ts';
import { sha256Hex } from '../lib/canonical.ts';
import { LifeboatError } from '../lib/errors.ts';
import type { ApiDeps, Caller } from './context.ts';

export const sessionMs = 8 * 3_600_000;
/** Beyond it the oldest go. */
export const maxSessions = 200;
/** Of one token: beyond it its own oldest go, so that whoever signs in again and again signs nobody else out. */
export const maxSessionsOfToken = 20;

/** A session that is to last longer was opened by a clock that has been set back since. */
const toleranceMs = 60_000;
const randomBytes = 32;
const idPattern = /^[A-Za-z0-9_-]{43}$/;
const prefix = 'sessions/';

const sessionShape = z.object({
  format: z.literal(1),
  token: z.string(),
  /** Of the token when the session was opened: a new token under an old id does not inherit its sessions. */
  sha256: z.string(),
  csrf: z.string(),
  expiresAt: z.number(),
});
type Session = z.output<typeof sessionShape>;

type SessionDeps = Pick<ApiDeps, 'clock' | 'random' | 'config' | 'sessions'>;

/** Opens a session for whoever showed this token; the id goes into the cookie and is kept nowhere. */
export async function openSession(deps: SessionDeps, token: TokenConfig): Promise<string> {
  const now = deps.clock.now();
  await prune(deps, token.id, now);
  const id = toBase64Url(deps.random.bytes(randomBytes));
  const csrf = toBase64Url(deps.random.bytes(randomBytes));
  const session: Session = { format: 1, token: token.id, sha256: token.sha256, csrf, expiresAt: now + sessionMs };
  const { status } = await deps.sessions.write(await keyOf(id), JSON.stringify(session), 0);
  if (status === 'conflict') throw new LifeboatError('internal', 'a random session id came twice');
  return id;
}

/** Who opened the session with this id; undefined when there is none, it is over, or its token is not configured any more. */
export async function findSession(deps: SessionDeps, id: string): Promise<Caller | undefined> {
  if (!idPattern.test(id)) return undefined;
  const session = parseSession((await deps.sessions.read(await keyOf(id)))?.value);
  if (session === undefined || !isCurrent(session, deps.clock.now())) return undefined;
  const token = deps.config.api.tokens.find((one) => one.id === session.token && one.sha256 === session.sha256);
  return token && { id: token.id, scopes: new Set(token.scopes), csrf: session.csrf };
}

export async function endSession(deps: SessionDeps, id: string): Promise<void> {
  if (idPattern.test(id)) await deps.sessions.remove(await keyOf(id));
}

function isCurrent({ expiresAt }: Session, now: number): boolean {
  return expiresAt > now && expiresAt <= now + sessionMs + toleranceMs;
}

async function keyOf(id: string): Promise<string> {
  return `${prefix}${await sha256Hex(id)}`;
}

/** Removes what is over or unreadable, and the oldest where there is no room for one more of this token. */
async function prune({ sessions }: SessionDeps, token: string, now: number): Promise<void> {
  const keys = await sessions.list(prefix);
  const all = await Promise.all(
    keys.map(async (key) => ({ key, session: parseSession((await sessions.read(key))?.value) })),
  );
  const current = all.flatMap(({ key, session }) => {
    return session !== undefined && isCurrent(session, now)
      ? [{ key, token: session.token, expiresAt: session.expiresAt }]
      : [];
  });
  const newestFirst = current.sort((a, b) => b.expiresAt - a.expiresAt);
  const tooMany = new Set(newestFirst.filter((one) => one.token === token).slice(maxSessionsOfToken - 1));
  const within = newestFirst.filter((one) => !tooMany.has(one)).slice(0, maxSessions - 1);
  const kept = new Set(within.map(({ key }) => key));
  await Promise.all(keys.filter((key) => !kept.has(key)).map((key) => sessions.remove(key)));
}

function parseSession(text: string | undefined): Session | undefined {
  if (text === undefined) return undefined;
  try {
    return sessionShape.safeParse(JSON.parse(text)).data;
  } catch {
    // A damaged session is none: signing in again is cheap.
    return undefined;
  }
}
