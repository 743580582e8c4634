import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../../functions/decision/health/observation.ts';
import { byId, renamesOf, type StandbyName, withIds } from '../../../../functions/decision/machine/standby-names.ts';
import {
  type ClusterState,
  initialStandby,
  initialState,
  noStreak,
} from '../../../../functions/decision/machine/state.ts';
import { seen, t0 } from '../story.ts';

const knot = { id: 'knot', label: 'rfc2136 192.0.2.53:53 cluster.local.' };
const shelf = { id: 'shelf', label: 'zonefile /srv/standby.zone cluster.local.' };
const both: readonly StandbyName[] = [knot, shelf];

const elsewhere = 'rfc2136 203.0.113.1:53 cluster.local.';

describe('the id of what is stored under a name', () => {
  it.each([
    ['is the id itself', { knot: knot.label }, {}],
    ['is that of the label, of a version without ids', { [knot.label]: '' }, { [knot.label]: 'knot' }],
    ['is the new one, where the configuration has another for the same place', { old: knot.label }, { old: 'knot' }],
    ['is the id itself, where no place is stored', { knot: '' }, {}],
    ['is none for a zone that has left', { gone: elsewhere, [`${knot.label}x`]: '' }, {}],
    ['is none where more is stored under the id', { [knot.label]: '', knot: knot.label }, {}],
    [
      'is that of the place, where the ids were exchanged',
      { knot: shelf.label, shelf: knot.label },
      { knot: 'shelf', shelf: 'knot' },
    ],
    ['is nobody, where another standby has its name', { knot: elsewhere, x: knot.label }, { knot: null, x: 'knot' }],
    ['is nobody, where its place has moved', { knot: elsewhere }, { knot: null }],
  ])('%s', (_name, stored: Readonly<Record<string, string>>, expected) => {
    expect(Object.fromEntries(renamesOf(stored, both))).toEqual(expected);
  });

  it.each([
    ['its place has moved', { knot: elsewhere }, {}],
    ['its place has moved, and another has its old one', { knot: shelf.label }, { knot: 'shelf' }],
    ['something is stored about its place', { knot: elsewhere, x: knot.label }, { knot: null, x: 'knot' }],
  ])(
    'of what is kept for one that has moved, where %s',
    (_name, stored: Readonly<Record<string, string>>, expected) => {
      expect(Object.fromEntries(renamesOf(stored, both, 'same'))).toEqual(expected);
    },
  );

  it('tells two at one place apart by their ids', () => {
    const twins = [{ ...knot }, { ...knot, id: 'twin' }];
    expect(byId({ twin: knot.label, knot: knot.label }, twins, (label) => label)).toEqual({
      twin: knot.label,
      knot: knot.label,
    });
    expect(Object.keys(byId({ old: knot.label }, twins, (label) => label))).toEqual(['knot']);
  });

  it('keeps two apart whose ids were exchanged for new ones', () => {
    const stored = { a: knot.label, b: shelf.label };
    expect(Object.fromEntries(renamesOf(stored, both))).toEqual({ a: 'knot', b: 'shelf' });
  });

  it('is not taken from what every object inherits', () => {
    const names = [{ id: 'constructor', label: knot.label }];
    expect(byId({ [knot.label]: 1 }, names)).toEqual({ constructor: 1 });
  });
});

describe('whatever becomes of a configuration', () => {
  const places = ['a', 'b', 'c', 'd'];
  /** One with ids of its own, and one that is named by its order. */
  const configuration = fc.oneof(
    fc.uniqueArray(fc.record({ id: fc.constantFrom('x', 'y', 'z', 'a'), label: fc.constantFrom(...places) }), {
      maxLength: 4,
      selector: ({ id }) => id,
    }),
    fc
      .shuffledSubarray(places)
      .map((labels) => labels.map((label, i) => ({ id: i === 0 ? 'x' : `x-${i + 1}`, label }))),
  );

  it('no standby has what is known of another place', () => {
    fc.assert(
      fc.property(fc.array(configuration, { minLength: 1, maxLength: 6 }), (life) => {
        let state = initialState('prod', t0);
        for (const standbys of life) {
          state = withIds(state, standbys);
          for (const { id, label } of standbys) {
            const { [id]: known } = state.standbys;
            // What it holds is written in its reason here, by whoever was there first.
            if (known !== undefined) expect(known).toMatchObject({ label, lastFailure: label });
          }
          const known = standbys.map(({ id, label }) => [
            id,
            { ...(state.standbys[id] ?? { ...initialStandby(t0), lastFailure: label }), label },
          ]);
          state = { ...state, standbys: Object.fromEntries(known) };
        }
      }),
    );
  });

  it('what is known of a place is lost with the place alone', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(places, { minLength: 1 }), fc.shuffledSubarray(places), (before, after) => {
        const named = (labels: readonly string[]) =>
          labels.map((label, i) => ({ id: i === 0 ? 'x' : `x-${i + 1}`, label }));
        const stored = Object.fromEntries(named(before).map(({ id, label }) => [id, { ...initialStandby(t0), label }]));
        const { standbys } = withIds({ ...initialState('prod', t0), standbys: stored }, named(after));
        const kept = named(after).filter(({ id, label }) => standbys[id]?.label === label);
        expect(kept.map(({ label }) => label)).toEqual(after.filter((label) => before.includes(label)));
      }),
    );
  });
});

describe('a state of a version without ids', () => {
  const at = (id: string, vantage = 'local'): Observation => ({
    ...seen('apiserver.read', 'up'),
    target: { kind: 'standby', id },
    signal: 'standby.soa',
    vantage,
  });
  const { label: _none, ...frozen } = { ...initialStandby(t0), frozen: 2, heldDeletes: 7 };
  const state: ClusterState = {
    ...initialState('prod', t0),
    standbys: { [knot.label]: { ...frozen, label: '' } },
    streaks: { apiserver: noStreak, [`standby ${knot.label}`]: { ...noStreak, down: 4 } },
    credentials: { [`rack standby ${knot.label}`]: { recent: '', isOpen: true, at: t0 } },
    observations: [seen('dns.answer', 'up'), at(knot.label), at(knot.label, 'rack')],
    incidents: {
      [`prod/standby/${knot.label}`]: {
        openedAt: t0,
        pagedAt: t0,
        repeat: 0,
        severity: 'critical',
        facts: { kind: 'told', summary: 'gone' },
      },
    },
  };

  it('goes by them in everything but the keys that receivers know', () => {
    const now = withIds(state, both);
    expect(now.standbys).toEqual({ knot: { ...frozen, label: knot.label } });
    expect(now.streaks).toEqual({ apiserver: noStreak, 'standby knot': { ...noStreak, down: 4 } });
    expect(now.credentials).toEqual({ 'rack standby knot': { recent: '', isOpen: true, at: t0 } });
    expect(now.observations).toEqual([seen('dns.answer', 'up'), at('knot'), at('knot', 'rack')]);
    expect(now.incidents).toEqual(state.incidents);
    expect(withIds(now, both)).toEqual(now);
  });

  it('stays as it is where no configuration is known', () => {
    expect(withIds(state, [])).toEqual(state);
  });
});
