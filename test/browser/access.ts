// What a page must not do to people who cannot see it well, as an expression to evaluate in the browser: a list of faults in words. By hand,
// after WCAG 2.2: language, landmarks, headings, names, labels, references, size of targets, and the contrast of every text.

/** WCAG 2.2: 1.4.3 wants 4.5, for large text (24 px, or 18.66 px and bold) 3; 1.4.11 wants 3 for what bounds a control; 2.5.8 24 px. */
export const faultsOfAccess = `(() => {
  const faults = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility() && element.getBoundingClientRect().width > 1;
  const say = (element) => element.tagName.toLowerCase() + (element.id ? '#' + element.id : '') + ' ' + element.textContent.trim().slice(0, 40);

  if (!document.documentElement.lang) faults.push('no lang');
  if (!document.title) faults.push('no title');
  if (all('main').length !== 1) faults.push('one main is wanted, there are ' + all('main').length);
  if (all('h1').filter(shown).length !== 1) faults.push('one h1 is wanted');
  let level = 0;
  for (const heading of all('h1,h2,h3,h4')) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1 && level > 0) faults.push('h' + own + ' after h' + level + ': ' + say(heading));
    level = own;
  }
  const ids = all('[id]').map(({ id }) => id);
  for (const id of new Set(ids)) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push('an id twice: ' + id);
  for (const element of all('[aria-labelledby],[aria-describedby]'))
    for (const id of ((element.getAttribute('aria-labelledby') ?? '') + ' ' + (element.getAttribute('aria-describedby') ?? '')).split(' '))
      if (id && !document.getElementById(id)) faults.push('leads nowhere: ' + id);
  for (const input of all('input:not([type=hidden])')) if (input.labels.length === 0) faults.push('no label: ' + say(input));
  for (const named of all('button,a,summary'))
    if (!named.textContent.trim() && !named.getAttribute('aria-label')) faults.push('no name: ' + say(named));
  for (const image of all('img')) if (!image.hasAttribute('alt')) faults.push('img without alt');
  for (const svg of all('svg')) if (!svg.closest('[aria-hidden=true]')) faults.push('an svg that is read out');
  for (const section of all('section')) if (!section.getAttribute('aria-labelledby')) faults.push('a section without a name: ' + section.id);
  for (const target of all('button,input:not([type=hidden]),summary').filter(shown)) {
    const { width, height } = target.getBoundingClientRect();
    if (Math.min(width, height) < 24) faults.push('a target of ' + width + ' by ' + height + ': ' + say(target));
  }

  const channels = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (a, b) => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = channels(getComputedStyle(each).backgroundColor);
      if (colour.length === 3) return colour;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !shown(element)) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const size = parseFloat(fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700) ? 3 : 4.5;
    const found = ratio(channels(color), ground(element));
    if (found < least) faults.push('contrast ' + found.toFixed(2) + ': ' + say(element));
  }
  for (const control of all('input:not([type=hidden]),button').filter(shown)) {
    const found = ratio(channels(getComputedStyle(control).borderTopColor), ground(control.parentElement));
    if (found < 3) faults.push('edge ' + found.toFixed(2) + ': ' + say(control));
  }
  for (const mark of all('.mark,.buoy').filter(shown)) {
    const { fill, color } = getComputedStyle(mark);
    const found = ratio(channels(mark.matches('.mark') ? fill : color), ground(mark));
    if (found < 3) faults.push('mark ' + found.toFixed(2));
  }
  return faults;
})()`;
