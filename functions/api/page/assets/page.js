// Makes the page live: listens for news, fetches the inside of main, and changes only what differs, so that what the reader has opened,
// focused and typed stays. It knows nothing of clusters.
// @ts-check
(() => {
  const main = document.querySelector('main[data-live]');
  const live = document.getElementById('live');
  const words = document.getElementById('live-words');
  if (!(main instanceof HTMLElement) || !live || !words) return;
  const { cluster } = main.dataset;
  /** The stream tells of what is new; that Lifeboat itself has stopped, only a question tells. */
  const calmMs = 15_000;
  const pollMs = 5_000;
  const leastMs = 500;

  /** @type {WeakSet<Element>} Details that the reader opened or closed. */
  const handled = new WeakSet();
  let streaming = false;
  let fetching = false;
  let again = false;
  let failure = '';
  let goodAt = Date.now();
  /** The server's clock minus ours. */
  let ahead = 0;
  let timer = 0;

  /** @param {Node} old @param {Node} wanted */
  function morph(old, wanted) {
    let at = old.firstChild;
    for (const child of [...wanted.childNodes]) {
      const match = find(at, child);
      if (match) {
        while (at && at !== match) at = drop(at);
        patch(match, child);
        at = match.nextSibling;
      } else old.insertBefore(child, at);
    }
    while (at) at = drop(at);
  }

  /** @param {ChildNode} node */
  function drop(node) {
    const next = node.nextSibling;
    node.remove();
    return next;
  }

  /** @param {Node} node */
  const idOf = (node) => (node instanceof Element ? node.id : '');

  /** @param {ChildNode | null} at @param {Node} wanted What has an id is looked for further on, else it is what stands there. */
  function find(at, wanted) {
    const id = idOf(wanted);
    for (let node = at; node; node = node.nextSibling) {
      if (node.nodeName === wanted.nodeName && idOf(node) === id) return node;
      if (id === '') return null;
    }
    return null;
  }

  /** @param {Node} old @param {Node} wanted */
  function patch(old, wanted) {
    if (!(old instanceof Element) || !(wanted instanceof Element)) {
      if (old.nodeValue !== wanted.nodeValue) old.nodeValue = wanted.nodeValue;
      return;
    }
    for (const name of new Set([...old.getAttributeNames(), ...wanted.getAttributeNames()])) {
      const value = wanted.getAttribute(name);
      if (old.getAttribute(name) === value || (name === 'open' && handled.has(old))) continue;
      if (value === null) old.removeAttribute(name);
      else old.setAttribute(name, value);
    }
    morph(old, wanted);
  }

  /** @param {number} ms The words of markup.ts. */
  function ago(ms) {
    const s = Math.floor(ms / 1000);
    const m = Math.floor(s / 60);
    const h = Math.floor(m / 60);
    if (s < 1) return 'just now';
    if (m < 1) return `${s} s ago`;
    if (h < 1) return `${m} min ago`;
    if (h < 24) return m % 60 ? `${h} h ${m % 60} min ago` : `${h} h ago`;
    return h % 24 ? `${Math.floor(h / 24)} d ${h % 24} h ago` : `${h / 24} d ago`;
  }

  /** @param {Element} element @param {string} text */
  function put(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function tick() {
    for (const time of document.querySelectorAll('time[data-ago]'))
      put(time, ago(Date.now() + ahead - Date.parse(time.getAttribute('datetime') ?? '')));
  }

  function show() {
    const state = failure ? 'lost' : streaming || !cluster ? 'live' : 'polling';
    const since = new Date(goodAt + ahead).toISOString().slice(11, 19);
    const text = {
      lost: `Not live since ${since} UTC: ${failure}`,
      live: 'Live',
      polling: 'No stream: asks every 5 s',
    };
    if (live) live.dataset.state = state;
    if (words) put(words, text[state]);
    document.title = document.getElementById('title')?.textContent ?? document.title;
    tick();
  }

  function readClock() {
    const at = document.querySelector('#as-of time')?.getAttribute('datetime');
    if (at) ahead = Date.parse(at) - Date.now();
  }

  async function refresh() {
    again = fetching;
    if (fetching) return;
    fetching = true;
    try {
      const url = new URL(location.href);
      url.searchParams.set('part', 'main');
      const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
      if (answer.status === 401 || answer.status === 403) return location.assign('/');
      const template = document.createElement('template');
      template.innerHTML = await answer.text();
      failure = answer.ok ? '' : `Lifeboat answers ${answer.status}`;
      if (answer.ok && main) {
        morph(main, template.content);
        goodAt = Date.now();
        readClock();
      }
    } catch {
      failure = 'no connection to Lifeboat';
    } finally {
      fetching = false;
    }
    show();
    plan(again ? leastMs : streaming && !failure ? calmMs : pollMs);
  }

  /** @param {number} ms */
  function plan(ms) {
    clearTimeout(timer);
    timer = window.setTimeout(refresh, ms);
  }

  function listen() {
    if (!cluster) return;
    const source = new EventSource(`/v1/clusters/${encodeURIComponent(cluster)}/events`);
    source.onopen = () => {
      streaming = true;
      show();
    };
    source.addEventListener('view', refresh);
    source.onerror = () => {
      streaming = false;
      plan(0);
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 30_000);
    };
  }

  document.addEventListener('click', ({ target }) => {
    const details = target instanceof Element && target.closest('summary')?.parentElement;
    if (details) handled.add(details);
  });
  document.addEventListener('visibilitychange', () => document.hidden || plan(0));
  document.getElementById('reload')?.addEventListener('click', (event) => {
    event.preventDefault();
    plan(0);
  });

  readClock();
  show();
  setInterval(tick, 1000);
  listen();
  plan(pollMs);
})();
