import { describe, expect, it } from 'vitest';
import type { Observation } from '../../functions/decision/health/observation.ts';
import { compareReplicas, type ReplicasMemory } from '../../probes/dns-replicas.ts';

const limit = 60;
const epoch = 1_700_000_000;

function seen(id: string, serial: number | undefined, second: number): Observation {
  const base = {
    cluster: 'prod',
    target: { kind: 'dns', id },
    signal: 'dns.serial',
    vantage: 'v',
    group: 'g',
    latencyMs: 1,
  } as const;
  const observedAt = (epoch + second) * 1000;
  if (serial === undefined) return { ...base, condition: 'down', reason: 'timeout', evidence: 'nothing', observedAt };
  const details = { serial: epoch + serial, serialMethod: 'random-name' };
  return { ...base, condition: 'up', reason: 'none', evidence: 'serial', observedAt, details };
}

/**
 * Plays rounds of 5 s. Each replica is a list of changes of its serial: `[second, serial]`; undefined: it is down from then on.
 * Gives the seconds in which each replica was called behind, the first and the last.
 */
function play(
  replicas: Readonly<Record<string, readonly (readonly [second: number, serial: number | undefined])[]>>,
  until = 600,
) {
  const behind: Record<string, { first: number; last: number; observation: Observation }> = {};
  let memory: ReplicasMemory = {};
  for (let second = 0; second <= until; second += 5) {
    const observations = Object.entries(replicas).map(([id, changes]) =>
      seen(id, changes.filter(([at]) => at <= second).at(-1)?.[1], second),
    );
    const round = compareReplicas(JSON.parse(JSON.stringify(memory)), observations, limit);
    memory = round.memory;
    for (const observation of round.observations) {
      if (observation.reason !== 'behind') continue;
      const { id } = observation.target;
      behind[id] = { first: behind[id]?.first ?? second, last: second, observation };
    }
  }
  return { behind, memory };
}

/** A serial that moves every `step` seconds to the current second. */
const moving = (from: number, to: number, step: number) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => [from + i * step, from + i * step] as const);

describe('compareReplicas', () => {
  it('says nothing while all follow', () => {
    expect(play({ a: moving(0, 600, 7), b: moving(1, 601, 7) }).behind).toEqual({});
  });

  it('tells the one that stands still while another goes on, within about twice the limit', () => {
    const { behind } = play({ a: moving(0, 600, 10), b: [...moving(0, 200, 10)] });
    expect(Object.keys(behind)).toEqual(['b']);
    expect(behind.b?.first).toBeGreaterThanOrEqual(200 + limit);
    expect(behind.b?.first).toBeLessThanOrEqual(200 + 2 * limit);
    expect(behind.b?.last).toBe(600);
    expect(behind.b?.observation).toMatchObject({
      condition: 'stale',
      details: { serial: epoch + 200, behindBySeconds: 400 },
      evidence: `serial ${epoch + 200} of b has stood for 400 s while a went on to ${epoch + 600}: 400 s behind the newest, limit 60 s`,
    });
  });

  it('is not deceived by a restart of another one, hidden between two rounds', () => {
    expect(
      play({
        a: [
          [0, 0],
          [100, 100],
        ],
        b: [[0, 0]],
      }).behind,
    ).toEqual({});
  });

  it('nor by a restart that takes a while to read everything', () => {
    expect(play({ a: [[0, 0], ...moving(100, 140, 10)], b: [[0, 0]] }).behind).toEqual({});
  });

  it('nor by one that crashes again and again and is seen down', () => {
    const crashes = [100, 200, 300, 400].flatMap(
      (at) =>
        [
          [at, undefined],
          [at + 10, at + 10],
        ] as const,
    );
    expect(play({ a: [[0, 0], ...crashes], b: [[0, 0]] }).behind).toEqual({});
  });

  it('nor by a rolling restart of the others', () => {
    expect(
      play({
        a: [
          [0, 0],
          [100, 100],
        ],
        b: [
          [0, 0],
          [190, 190],
        ],
        c: [[0, 0]],
      }).behind,
    ).toEqual({});
  });

  it('nor by a quiet hour and then a change that it sees a round later', () => {
    expect(
      play({
        a: [
          [0, -3600],
          [100, 100],
        ],
        b: [
          [0, -3600],
          [104, 100],
        ],
      }).behind,
    ).toEqual({});
  });

  it('believes two others that report one change, even when nothing happens after it', () => {
    const { behind } = play({
      a: [
        [0, 0],
        [100, 100],
      ],
      b: [
        [0, 0],
        [101, 101],
      ],
      c: [[0, 0]],
    });
    expect(Object.keys(behind)).toEqual(['c']);
    expect(behind.c?.first).toBeGreaterThan(100 + limit);
    expect(behind.c?.first).toBeLessThanOrEqual(100 + limit + 15);
  });

  it('calls nobody behind for two changes close to the second', () => {
    expect(
      play({
        a: [
          [0, 0],
          [100, 100],
        ],
        b: [
          [0, 0],
          [100, 100],
        ],
        c: [
          [0, 0],
          [95, 95],
        ],
      }).behind,
    ).toEqual({});
  });

  it('forgives at once when it follows', () => {
    const { behind } = play({ a: moving(0, 600, 10), b: [...moving(0, 200, 10), ...moving(400, 600, 10)] });
    expect(behind.b?.last).toBe(395);
  });

  it('leaves one that is down as it is', () => {
    expect(
      play({
        a: moving(0, 600, 10),
        b: [
          [0, 0],
          [50, undefined],
        ],
      }).behind,
    ).toEqual({});
  });

  it('begins anew after it was down', () => {
    const { behind } = play({ a: moving(0, 600, 10), b: [...moving(0, 200, 10), [400, undefined], [410, 200]] }, 465);
    expect(behind.b?.last).toBe(395);
  });

  it('remembers the method, also over a round without an answer', () => {
    expect(
      play({
        a: [
          [0, 0],
          [300, undefined],
        ],
      }).memory.a,
    ).toMatchObject({ method: 'random-name', serial: epoch, isUp: false });
  });

  it('leaves other observations alone', () => {
    const answer: Observation = { ...seen('a', 0, 0), signal: 'dns.answer' };
    expect(compareReplicas({}, [answer], limit)).toEqual({ observations: [answer], memory: {} });
  });
});
