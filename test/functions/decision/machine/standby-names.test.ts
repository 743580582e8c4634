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

describe('the id of what is stored under a name', () => {
  it.each([
    ['is the id itself', { knot: knot.label }, {}],
    ['is that of the label, of a version without ids', { [knot.label]: '' }, { [knot.label]: 'knot' }],
    ['is the new one, where the configuration has another for the same place', { old: knot.label }, { old: 'knot' }],
    ['is the id itself, though its place has moved', { knot: 'rfc2136 203.0.113.1:53 cluster.local.' }, {}],
    ['is none for a place that has left', { [`${knot.label}x`]: '' }, {}],
    ['is none where something is stored under the id', { [knot.label]: '', knot: knot.label }, {}],
  ])('%s', (_name, stored: Readonly<Record<string, string>>, expected) => {
    expect(Object.fromEntries(renamesOf(stored, both))).toEqual(expected);
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
