// Ways to get at state, or to act, without a token that allows it. As data, so that the same list runs against the app and a real Worker.

export interface Attempt {
  readonly title: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a list must know of whom it attacks. All of it is what an attacker could know, or once had. */
export interface Target {
  readonly cluster: string;
  /** SHA-256 of a token that may view: it stands in the configuration. */
  readonly tokenHash: string;
  /** A token with the scope `vantage` only, and one that may view but not act. */
  readonly vantageToken: string;
  readonly viewToken: string;
  /** `name=value` of a session that was ended, and the name of the cookie. */
  readonly endedCookie: string;
  readonly cookieName: string;
}

const hash = '0'.repeat(64);
const unknownToken = `lbt_${'x'.repeat(43)}`;

/** None of them may be answered with state, nor change any: each ends with a status of 400 or more, or with the page's sign-in form. */
export function attemptsOn(target: Target): readonly Attempt[] {
  const list = '/v1/clusters';
  const one = `${list}/${target.cluster}`;
  const get = (title: string, path: string, headers: Attempt['headers'] = {}): Attempt => {
    return { title, method: 'GET', path, headers };
  };
  const order = { method: 'POST', body: JSON.stringify({ confirm: target.cluster }) };
  const json = { 'content-type': 'application/json' };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  return [
    ...nothingShown(one, get),
    ...wrongCredentials(one, target, get),
    ...otherPlaces(one, target, get),
    ...bent(list, one, get),
    { title: 'an order without a token', ...order, path: `${one}/failover`, headers: json },
    {
      title: 'an order with a viewer',
      ...order,
      path: `${one}/hold`,
      headers: { ...json, ...bearer(target.viewToken) },
    },
    {
      title: 'an order with a vantage',
      ...order,
      path: `${one}/release`,
      headers: { ...json, ...bearer(target.vantageToken) },
    },
    {
      title: 'an order with an ended session',
      ...order,
      path: `${one}/failback`,
      headers: { ...json, cookie: target.endedCookie },
    },
    { title: 'an order as a form', ...order, path: `${one}/hold`, headers: { 'content-type': 'text/plain' } },
    {
      title: 'an order by GET with an override',
      method: 'GET',
      path: `${one}/hold`,
      headers: { 'x-http-method-override': 'POST' },
    },
    {
      title: 'observations without a token',
      method: 'POST',
      path: '/v1/observations',
      headers: { 'lifeboat-cluster': target.cluster },
      body: '{}',
    },
    {
      title: 'observations with a viewer',
      method: 'POST',
      path: '/v1/observations',
      headers: { 'lifeboat-cluster': target.cluster, ...bearer(target.viewToken) },
      body: '{}',
    },
    {
      title: 'a snapshot without a token',
      method: 'PUT',
      path: '/v1/snapshots/1',
      headers: { 'lifeboat-cluster': target.cluster },
      body: '{}',
    },
    {
      title: 'signing in from another site',
      method: 'POST',
      path: '/session',
      headers: { ...json, 'sec-fetch-site': 'cross-site' },
      body: JSON.stringify({ token: target.viewToken }),
    },
    {
      title: 'signing in with the hash',
      method: 'POST',
      path: '/session',
      headers: { ...json, 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify({ token: target.tokenHash }),
    },
  ];
}

type Get = (title: string, path: string, headers?: Attempt['headers']) => Attempt;

function nothingShown(one: string, get: Get): readonly Attempt[] {
  return [
    get('the list', '/v1/clusters'),
    get('a cluster', one),
    get('a cluster that is not there', '/v1/clusters/nobody'),
    get('observations', `${one}/observations`),
    get('snapshots', `${one}/snapshots`),
    get('a snapshot', `${one}/snapshots/1`),
    get('events', `${one}/events`, { accept: 'text/event-stream' }),
    get('metrics', '/metrics'),
    get('a path that is not there', '/v1/nothing'),
    { title: 'HEAD', method: 'HEAD', path: one, headers: {} },
    {
      title: 'OPTIONS',
      method: 'OPTIONS',
      path: one,
      headers: { origin: 'https://elsewhere.test', 'access-control-request-method': 'GET' },
    },
    { title: 'DELETE', method: 'DELETE', path: one, headers: {} },
    { title: 'a method nobody knows', method: 'PROPFIND', path: one, headers: {} },
    { title: 'POST where GET is', method: 'POST', path: one, headers: {}, body: '' },
  ];
}

function wrongCredentials(one: string, target: Target, get: Get): readonly Attempt[] {
  const shown: readonly (readonly [string, string])[] = [
    ['an empty header', ''],
    ['the scheme alone', 'Bearer'],
    ['an empty token', 'Bearer '],
    ['an unknown token', `Bearer ${unknownToken}`],
    ['the hash of a token', `Bearer ${target.tokenHash}`],
    ['a short token', 'Bearer lbt_'],
    ['a token without its end', `Bearer ${target.viewToken.slice(0, -1)}`],
    ['a token and more', `Bearer ${target.viewToken}0`],
    ['a token in capitals', `Bearer ${target.viewToken.toUpperCase()}`],
    ['a token in quotes', `Bearer "${target.viewToken}"`],
    ['a token without a scheme', target.viewToken],
    ['a token after a tab', `Bearer\t${target.viewToken}`],
    ['a token of the scheme Basic', `Basic ${target.viewToken}`],
    ['a token as a password', `Basic ${btoa(`admin:${target.viewToken}`)}`],
    ['a token of a made-up scheme', `Bearer-Token ${target.viewToken}`],
    ['two headers', `Bearer ${unknownToken}, Bearer ${target.viewToken}`],
    ['two tokens', `Bearer ${target.viewToken} ${unknownToken}`],
    ['a token of another scope', `Bearer ${target.vantageToken}`],
    ['a very long token', `Bearer ${'a'.repeat(7000)}`],
    ['null', 'Bearer null'],
    ['a hash of nothing', `Bearer ${hash}`],
  ];
  return shown.map(([title, authorization]) => get(title, one, { authorization }));
}

function otherPlaces(one: string, target: Target, get: Get): readonly Attempt[] {
  const { viewToken, cookieName } = target;
  return [
    get('a token in the query', `${one}?access_token=${viewToken}`),
    get('a token in the query by another name', `${one}?token=${viewToken}`),
    get('a token as the session', one, { cookie: `${cookieName}=${viewToken}` }),
    get('a token in another header', one, { 'x-api-key': viewToken, 'x-authorization': `Bearer ${viewToken}` }),
    get('a token for the proxy', one, { 'proxy-authorization': `Bearer ${viewToken}` }),
    get('an ended session', one, { cookie: target.endedCookie }),
    get('an ended session for events', `${one}/events`, { cookie: target.endedCookie }),
    get('an ended session for metrics', '/metrics', { cookie: target.endedCookie }),
    get('a made-up session', one, { cookie: `${cookieName}=${'A'.repeat(43)}` }),
    get('an empty session', one, { cookie: `${cookieName}=` }),
    get('a session that climbs out of its folder', one, {
      cookie: `${cookieName}=../clusters/${target.cluster}/state`,
    }),
    get('two sessions', one, { cookie: `${cookieName}=${'A'.repeat(43)}; ${target.endedCookie}` }),
    get('the token id as the session', one, { cookie: `${cookieName}=viewer` }),
    get('a CSRF token alone', one, { 'x-csrf-token': 'A'.repeat(43) }),
    {
      title: 'a token in the body',
      method: 'POST',
      path: one,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `access_token=${viewToken}`,
    },
  ];
}

/** Paths and headers that a server may read in more than one way. */
function bent(list: string, one: string, get: Get): readonly Attempt[] {
  return [
    get('a slash at the end', `${list}/`),
    get('two slashes', `/${list}`),
    get('two slashes inside', list.replace('/clusters', '//clusters')),
    get('dots', `/healthz/..${list}`),
    get('encoded dots', `/healthz/%2e%2e${list}`),
    get('an encoded slash', list.replace('/clusters', '%2Fclusters')),
    get('encoded letters', list.replace('v1', '%76%31')),
    get('letters encoded twice', list.replace('v1', '%2576%2531')),
    get('capitals', one.replace('clusters', 'Clusters')),
    get('a semicolon', `${one};/healthz`),
    get('an open path behind a question mark', `${one}?/healthz`),
    get('an encoded end of text', `${one}%00`),
    get('a backslash', list.replace('/clusters', '\\clusters')),
    get('a broken encoding', `${list}/%zz`),
    get('a file behind', `${one}/style.css`),
    get('HEAD by an override', one, { 'x-http-method-override': 'HEAD', 'x-method-override': 'HEAD' }),
    get('another path by a header', '/nothing', { 'x-original-url': one, 'x-rewrite-url': one }),
    get('a near address', one, {
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      forwarded: 'for=127.0.0.1;proto=https',
      'cf-connecting-ip': '127.0.0.1',
    }),
    get('another host', one, { 'x-forwarded-host': 'localhost', 'x-forwarded-proto': 'http' }),
    get('a user by a header', one, {
      'x-remote-user': 'viewer',
      'x-forwarded-user': 'viewer',
      'cf-access-authenticated-user-email': 'a@b.test',
    }),
    get('from the page itself', one, { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }),
  ];
}
