// The cookie that carries a session's id. Over https its name makes the browser hold it to this host and to TLS; over http, which only
// `wrangler dev` on loopback speaks, a plain name stands in.

const secureName = '__Host-lifeboat';
const loopbackName = 'lifeboat';
const maxHeaderCharacters = 8192;

/** The session id that a request carries; undefined when there is none, or several. */
export function readCookie(url: string, header: string | undefined): string | undefined {
  if (header === undefined || header.length > maxHeaderCharacters) return undefined;
  const start = `${nameFor(url)}=`;
  const values = header
    .split(';')
    .map(withoutBlanks)
    .filter((part) => part.startsWith(start));
  return values.length === 1 ? values[0]?.slice(start.length) : undefined;
}

/**
 * Without spaces and tabs at both ends (RFC 6265 section 5.2), and no other white space: a browser takes U+2000 before `__Host-` for a part of
 * the name, so that a neighbour of this host may set such a cookie.
 */
function withoutBlanks(part: string): string {
  const isBlank = (at: number) => part[at] === ' ' || part[at] === '\t';
  let start = 0;
  let end = part.length;
  while (isBlank(start)) start++;
  while (end > start && isBlank(end - 1)) end--;
  return part.slice(start, end);
}

/** The value of `Set-Cookie`; an empty id with no age removes it. */
export function writeCookie(url: string, id: string, maxAgeSeconds: number): string {
  const name = nameFor(url);
  const secure = name === secureName ? '; Secure' : '';
  return `${name}=${id}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`;
}

function nameFor(url: string): string {
  const { protocol, hostname } = new URL(url);
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return protocol === 'http:' && isLoopback ? loopbackName : secureName;
}
