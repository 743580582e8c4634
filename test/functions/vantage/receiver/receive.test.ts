// The control port that hears vantages: it takes what is truly theirs once, refuses all else, and the verdict stays right whatever comes.
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../../functions/decision/health/observation.ts';
import { createMemoryStore } from '../../../../functions/stores/memory.ts';
import type { ReportAnswer, VantageRequest } from '../../../../functions/tasks/control/control-port.ts';
import {
  closetKeys,
  createEar,
  type Ear,
  type HandChanges,
  insideConfig,
  rackKeys,
  roundAt,
} from '../../../fakes/vantage.ts';

const word = (answer: ReportAnswer) => (answer.status === 'taken' ? 'taken' : answer.refusal);
const seen = (ear: Ear, weather?: 'calm' | 'api-down') => roundAt(ear.cluster, ear.clock.now(), weather);
const apiVerdict = (ear: Ear) => ear.state.verdicts.apiserver?.condition;

/** One honest round, taken. */
async function round(ear: Ear, weather?: 'calm' | 'api-down'): Promise<VantageRequest> {
  await ear.pass(5000);
  const request = await ear.hand.observations(seen(ear, weather));
  expect(await ear.control.report(request)).toEqual({ status: 'taken', wants: [] });
  return request;
}

describe('a report', () => {
  it('is taken, under the name and group of the configuration', async () => {
    const ear = createEar();
    await round(ear);
    const [heard] = ear.rounds;
    expect(heard).toMatchObject({ vantage: 'rack', group: 'dc' });
    expect(heard?.observations).toEqual(seen(ear));
    expect(apiVerdict(ear)).toBe('healthy');
    expect(await ear.control.statuses(ear.state)).toMatchObject([
      { id: 'rack', group: 'dc', kind: 'inside', lastSeenAt: ear.clock.now(), refused: 0 },
      { id: 'closet', lastSeenAt: null, refused: 0 },
    ]);
  });

  const body = (members: object) => JSON.stringify({ format: 1, ...members });
  const one = (ear: Ear, changes: object) => {
    const [first] = seen(ear);
    const { cluster, vantage, group, ...rest } = first as never as Record<string, unknown>;
    return body({ observations: [{ ...rest, ...changes }] });
  };

  it.each<[string, (ear: Ear) => string, string]>([
    ['no JSON', () => '{', 'malformed'],
    ['another format', () => '{"format":2,"observations":[]}', 'malformed'],
    ['nothing seen', () => body({ observations: [] }), 'malformed'],
    ['a vantage of its own', (ear) => one(ear, { vantage: 'edge' }), 'malformed'],
    ['a group of its own', (ear) => one(ear, { group: 'other' }), 'malformed'],
    ['a cluster of its own', (ear) => one(ear, { cluster: 'test' }), 'malformed'],
    ['another target', (ear) => one(ear, { target: { kind: 'apiserver', id: '10.0.0.2:6443' } }), 'malformed'],
    ['a signal of another target', (ear) => one(ear, { signal: 'dns.answer' }), 'malformed'],
    ['an unknown signal', (ear) => one(ear, { signal: 'apiserver.mood' }), 'malformed'],
    ['a long evidence', (ear) => one(ear, { evidence: 'x'.repeat(1001) }), 'malformed'],
    ['a line break in its evidence', (ear) => one(ear, { evidence: 'down\nprod: watching' }), 'malformed'],
    ['a control in its evidence', (ear) => one(ear, { evidence: '\u001b[2J' }), 'malformed'],
    ['a one-byte control in its evidence', (ear) => one(ear, { evidence: '\u009b2J' }), 'malformed'],
    ['text turned around', (ear) => one(ear, { evidence: '\u202eyhtlaeh' }), 'malformed'],
    ['a detail turned around', (ear) => one(ear, { details: { a: '\u2066x' } }), 'malformed'],
    ['a detail whose name hides a line', (ear) => one(ear, { details: { 'a\u2028b': 1 } }), 'malformed'],
    ['a long detail', (ear) => one(ear, { details: { a: 'x'.repeat(201) } }), 'malformed'],
    ['a detail of a long name', (ear) => one(ear, { details: { ['x'.repeat(41)]: 1 } }), 'malformed'],
    [
      '17 details',
      (ear) => one(ear, { details: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`d${i}`, i])) }),
      'malformed',
    ],
    ['1025 observations', (ear) => body({ observations: Array(1025).fill(seen(ear)[0]) }), 'malformed'],
    ['too long a body', () => ' '.repeat(1_048_577), 'malformed'],
    ['an old observation', (ear) => one(ear, { observedAt: ear.clock.now() - 15_001 }), 'clock-skew'],
    ['one from the future', (ear) => one(ear, { observedAt: ear.clock.now() + 15_001 }), 'clock-skew'],
  ])('is refused with %s', async (_what, make, refusal) => {
    const ear = createEar();
    const request = await ear.hand.request('POST', '/v1/observations', make(ear));
    expect(word(await ear.control.report(request))).toBe(refusal);
    expect(ear.rounds).toEqual([]);
  });

  it('says why it was refused in characters that can be seen', async () => {
    const ear = createEar();
    const request = await ear.hand.request('POST', '/v1/observations', one(ear, { 'x\u202ey': 1, '\u001b[2J': 1 }));
    const answer = await ear.control.report(request);
    expect(answer).toMatchObject({ refusal: 'malformed' });
    expect(JSON.stringify(answer)).not.toMatch(/\p{Cf}|\\u001b/u);
  });

  it('is taken whatever a hostile target answered, which is shown for what it is', async () => {
    const ear = createEar();
    const [first, ...rest] = seen(ear);
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`d${i}`, '\u001b]0;'.repeat(100)]));
    const hostile = { ...(first as Observation), evidence: `\u001b[2J\n${'\u202e'.repeat(1000)}`, details: many };
    expect(word(await ear.control.report(await ear.hand.observations([hostile, ...rest])))).toBe('taken');
    const [heard] = ear.rounds[0]?.observations ?? [];
    expect(heard?.evidence).toMatch(/^\\u\{001B\}\[2J /);
    expect(Object.keys(heard?.details ?? {})).toHaveLength(16);
  });

  it('is taken of a vantage that is called like a member of every object', async () => {
    const vantages = [{ kind: 'inside', id: 'constructor', group: 'dc', publicKey: rackKeys.publicKey }];
    const ear = createEar(insideConfig({ vantages }));
    const as = { keyId: 'constructor' };
    expect(word(await ear.control.report(await ear.hand.observations(seen(ear), as)))).toBe('taken');
    await ear.control.report(await ear.hand.observations(seen(ear), { ...as, privateKey: closetKeys.privateKey }));
    await ear.pass(61_000);
    await ear.control.flush();
    ear.restart();
    expect(await ear.control.statuses({ observations: [], vantages: {} })).toMatchObject([
      { id: 'constructor', lastSeenAt: expect.any(Number), refused: 1 },
    ]);
  });

  it('counts nothing about a target that this vantage does not look at, and says so', async () => {
    const ear = createEar();
    const closet = { keyId: 'closet', privateKey: closetKeys.privateKey };
    const api = seen(ear).filter(({ target }) => target.kind === 'apiserver');
    expect(word(await ear.control.report(await ear.hand.observations(api, closet)))).toBe('malformed');
    for (let i = 0; i < 3; i++) {
      await ear.pass(5000);
      const answer = await ear.control.report(await ear.hand.observations(seen(ear), closet));
      expect(answer).toMatchObject({ status: 'taken', dropped: expect.stringMatching(/no target of closet/) });
    }
    const [heard] = ear.rounds;
    expect(heard?.vantage).toBe('closet');
    expect(heard?.observations.map(({ target }) => target.kind)).toEqual(['dns', 'dns', 'dns', 'dns']);
    expect(ear.refusals).toContainEqual(expect.objectContaining({ vantage: 'closet', refusal: 'in-part', count: 1 }));
    expect((await ear.control.statuses(ear.state))[1]).toMatchObject({
      refused: 4,
      lastRefusal: expect.stringMatching(/^in-part: 2 parts are not taken/),
    });
  });

  it.each<[string, (ear: Ear) => HandChanges, string]>([
    ['another key', () => ({ privateKey: closetKeys.privateKey }), 'bad-signature'],
    ['the name of another vantage', () => ({ keyId: 'closet' }), 'bad-signature'],
    ['an unknown name', () => ({ keyId: 'attic' }), 'unknown-vantage'],
    ['another cluster', () => ({ cluster: 'test' }), 'malformed'],
    ['a time 61 s ago', (ear) => ({ createdSeconds: ear.clock.now() / 1000 - 61 }), 'clock-skew'],
    ['a time 61 s ahead', (ear) => ({ createdSeconds: ear.clock.now() / 1000 + 61 }), 'clock-skew'],
    ['a series from the future', (ear) => ({ startedAt: ear.clock.now() + 61_000 }), 'clock-skew'],
  ])('is refused with %s', async (_what, change, refusal) => {
    const ear = createEar();
    const request = await ear.hand.observations(seen(ear), change(ear));
    expect(word(await ear.control.report(request))).toBe(refusal);
    expect(ear.rounds).toEqual([]);
    expect(ear.refusals).toHaveLength(1);
  });

  it('is refused on a path or by a method that is none of its', async () => {
    const ear = createEar();
    for (const [method, path] of [
      ['PUT', '/v1/observations'],
      ['POST', '/v1/snapshots/1'],
      ['PUT', '/v1/snapshots/0'],
      ['POST', '/v1/clusters/prod/failover'],
    ] as const) {
      expect(word(await ear.control.report(await ear.hand.request(method, path, '{}')))).toBe('malformed');
    }
  });
});

describe('a replay', () => {
  it('never counts, also when it says that the API server is well', async () => {
    const ear = createEar();
    const calm = await round(ear);
    for (let i = 0; i < 3; i++) await round(ear, 'api-down');
    expect(apiVerdict(ear)).toBe('down');
    expect(word(await ear.control.report(calm))).toBe('replayed');
    expect(apiVerdict(ear)).toBe('down');
  });

  it('of a request that another one overtook is refused', async () => {
    const ear = createEar();
    const early = await ear.hand.observations(seen(ear));
    await round(ear);
    expect(word(await ear.control.report(early))).toBe('replayed');
  });

  it('never counts after a restart of the receiver, which costs an honest vantage one more request', async () => {
    const ear = createEar();
    const taken: VantageRequest[] = [];
    for (let i = 0; i < 8; i++) taken.push(await round(ear));
    ear.restart();
    for (const old of taken) expect(['replayed', 'clock-skew']).toContain(word(await ear.control.report(old)));
    expect(word(await ear.control.report(await ear.hand.observations(seen(ear))))).toBe('replayed');
    const anew = { startedAt: ear.clock.now(), count: 1 };
    expect(word(await ear.control.report(await ear.hand.observations(seen(ear), anew)))).toBe('taken');
    expect(ear.rounds).toHaveLength(9);
    // That it had to begin anew is nothing to page about.
    expect(ear.refusals).toEqual([]);
    for (const old of taken) expect(word(await ear.control.report(old))).toBe('replayed');
    expect(ear.refusals).not.toEqual([]);
  });

  it('is not even taken while the first of its kind is being verified', async () => {
    const ear = createEar();
    const request = await ear.hand.observations(seen(ear));
    const answers = await Promise.all(Array.from({ length: 5 }, () => ear.control.report(request)));
    expect(answers.map(word).toSorted()).toEqual(['replayed', 'replayed', 'replayed', 'replayed', 'taken']);
    expect(ear.rounds).toHaveLength(1);
  });

  it('is not taken either when the receiver died before it could store what it had taken', async () => {
    const store = createMemoryStore();
    let isBroken = true;
    const write: typeof store.write = async (...args) => {
      if (isBroken) throw new Error('disk');
      return store.write(...args);
    };
    const ear = createEar(undefined, { ...store, write });
    const lost = await ear.hand.observations(seen(ear));
    await expect(ear.control.report(lost)).rejects.toThrow('disk');
    expect(ear.rounds).toEqual([]);
    isBroken = false;
    expect(word(await ear.control.report(lost))).toBe('replayed');
    await round(ear);
  });

  it('finds a receiver whose document was lost to damage deaf for two minutes at most', async () => {
    const store = createMemoryStore();
    const ear = createEar(undefined, store);
    const old = await round(ear);
    const { version } = (await store.read('clusters/prod/vantages')) ?? { version: 0 };
    await store.write('clusters/prod/vantages', '{"format":9}', version);
    ear.restart();
    expect(word(await ear.control.report(old))).toBe('replayed');
    await ear.pass(61_000);
    const anew = { startedAt: ear.clock.now(), count: 1 };
    expect(word(await ear.control.report(await ear.hand.observations(seen(ear), anew)))).toBe('taken');
  });

  it('costs no write for each report', async () => {
    const ear = createEar();
    for (let i = 0; i < 300; i++) await round(ear);
    expect(ear.writes).toBe(1);
    for (let count = 400; count <= 3000; count += 100) {
      await ear.pass(5000);
      expect(word(await ear.control.report(await ear.hand.observations(seen(ear), { count })))).toBe('taken');
    }
    expect(ear.writes).toBeLessThanOrEqual(4);
  });
});

describe('a flood', () => {
  it('of 10,000 forged requests is bounded, counted and told, and the verdict stays right', async () => {
    const ear = createEar();
    for (let i = 0; i < 3; i++) await round(ear, 'api-down');
    const forged = await ear.hand.observations(seen(ear, 'calm'), { privateKey: closetKeys.privateKey });
    const writes = ear.writes;
    const startedAt = performance.now();
    const answers: Record<string, number> = {};
    for (let i = 0; i < 10_000; i++) {
      const refusal = word(await ear.control.report(forged));
      answers[refusal] = (answers[refusal] ?? 0) + 1;
    }
    expect(performance.now() - startedAt).toBeLessThan(3000);
    expect(answers).toEqual({ 'bad-signature': 99, flooding: 9901 });
    expect(apiVerdict(ear)).toBe('down');
    expect(ear.refusals.length).toBeLessThanOrEqual(1);
    expect(ear.writes - writes).toBeLessThanOrEqual(1);
    await ear.pass(5000);
    await ear.control.flush();
    expect(ear.open).toContain('vantage-refused/rack');
    expect(ear.state.refusals.rack).toMatchObject({ count: 10_000, refusal: 'flooding' });
    expect((await ear.control.statuses(ear.state))[0]).toMatchObject({ refused: 10_000 });
    // The vantage itself is heard again as soon as there is room.
    await round(ear, 'api-down');
    expect(apiVerdict(ear)).toBe('down');
  });

  it('of replays takes nothing of what the vantage itself may send', async () => {
    const ear = createEar();
    const old = await round(ear);
    for (let i = 0; i < 60; i++) expect(word(await ear.control.report(old))).toBe('replayed');
    await round(ear);
  });

  it('of 10,000 strangers is bounded and told', async () => {
    const ear = createEar();
    const stranger = await ear.hand.observations(seen(ear), { keyId: 'attic' });
    for (let i = 0; i < 5000; i++) await ear.control.report(stranger);
    for (let i = 0; i < 5000; i++) await ear.control.report({ method: 'POST', path: '/', headers: {}, body: '' });
    await ear.pass(5000);
    await ear.control.flush();
    expect(ear.open).toContain('vantage-refused');
    expect(ear.refusals.length).toBeLessThanOrEqual(2);
    await round(ear);
  });

  it('of a vantage itself is stopped', async () => {
    const ear = createEar();
    const answers: string[] = [];
    for (let i = 0; i < 40; i++) answers.push(word(await ear.control.report(await ear.hand.observations(seen(ear)))));
    expect(answers.filter((each) => each === 'taken')).toHaveLength(10);
    expect(answers.at(-1)).toBe('flooding');
    await round(ear);
  });

  it('keeps its counts over a restart', async () => {
    const ear = createEar();
    await round(ear);
    const forged = await ear.hand.observations(seen(ear), { privateKey: closetKeys.privateKey });
    for (let i = 0; i < 30; i++) await ear.control.report(forged);
    await ear.pass(61_000);
    await ear.control.flush();
    ear.restart();
    expect((await ear.control.statuses(ear.state))[0]).toMatchObject({
      refused: 30,
      lastRefusal: expect.stringMatching(/^bad-signature: /),
    });
  });
});

describe('a vantage that falls silent', () => {
  it('makes what only it looks at unknown, never down, and pages; and resolves when it is back', async () => {
    const ear = createEar();
    for (let i = 0; i < 8; i++) await round(ear);
    for (let i = 0; i < 7; i++) {
      await ear.pass(5000);
      ear.tell({ kind: 'tick' });
    }
    expect(Object.values(ear.state.verdicts).map(({ condition }) => condition)).toEqual([
      'unknown',
      'unknown',
      'unknown',
    ]);
    expect(ear.state.phase).toBe('watching');
    expect(ear.open).toContain('vantage/rack');
    for (let i = 0; i < 6; i++) await round(ear);
    expect(ear.open).toEqual([]);
  });
});
