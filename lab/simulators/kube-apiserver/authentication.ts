// Who asks: a client certificate of the cluster's authority, a bearer token of the token file, or nobody that is known. It decides nothing
// about what they may do.
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

export const mastersGroup = 'system:masters';
export const authenticatedGroup = 'system:authenticated';
export const unauthenticatedGroup = 'system:unauthenticated';

/** Who sends no credentials at all. */
export const anonymous: User = { name: 'system:anonymous', groups: [unauthenticatedGroup] };

export type Tokens = ReadonlyMap<string, User>;

/** `token,user,uid` and optionally `"group,group"`, a line each; read once, as the real server does. */
export function readTokens(file: string): Tokens {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  const tokens = new Map<string, User>();
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const match = /^([^,"]+),([^,"]+),([^,"]*)(?:,("?)([^"]*)\4)?$/.exec(line);
    if (match === null) throw new Error(`${file}:${i + 1}: expected token,user,uid,"groups"`);
    const [, token = '', name = '', , , groups = ''] = match;
    tokens.set(token.trim(), known(name.trim(), groups.split(',')));
  }
  return tokens;
}

/** undefined: what was presented is not known, which is a 401. */
export function authenticate(request: IncomingMessage, tokens: Tokens): User | undefined {
  const socket = request.socket as TLSSocket;
  const certificate = socket.getPeerCertificate();
  const hasCertificate = Object.keys(certificate ?? {}).length > 0;
  if (hasCertificate && socket.authorized) return userOf(certificate.subject);
  const token = /^Bearer +(\S+)/i.exec(request.headers.authorization ?? '')?.[1];
  if (token !== undefined) return tokens.get(token);
  return hasCertificate ? undefined : anonymous;
}

type Subject = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Common name = user, organisations = groups. */
function userOf(subject: object): User | undefined {
  const { CN, O } = subject as Subject;
  const [name] = [CN ?? []].flat();
  return name === undefined ? undefined : known(name, [O ?? []].flat());
}

function known(name: string, groups: readonly string[]): User {
  const named = groups.map((group) => group.trim()).filter((group) => group !== '');
  return { name, groups: [...new Set([...named, authenticatedGroup])] };
}
