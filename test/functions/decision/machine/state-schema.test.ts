import { describe, expect, it } from 'vitest';
import { initialState, maxTransitions } from '../../../../functions/decision/machine/state.ts';
import { parseState } from '../../../../functions/decision/machine/state-schema.ts';
import { Story, seen, t0 } from '../story.ts';

const roundTrip = (value: unknown) => parseState(JSON.parse(JSON.stringify(value)));

describe('parseState', () => {
  it('reads back what was stored, in every phase', () => {
    const story = new Story({ failback: 'automatic' });
    const check = () => expect(roundTrip(story.state)).toEqual(story.state);
    check();
    story.rounds(5);
    check();
    story.rounds(2, { api: 'throttled', a: 'gone' });
    check();
    story.rounds(4, { api: 'gone' });
    check();
    story.operator('hold');
    check();
    story.operator('release');
    story.rounds(8);
    check();
    expect(story.state.phase).toBe('watching');
  });

  it('keeps the details of observations', () => {
    const state = {
      ...initialState('prod', t0),
      observations: [seen('dns.serial', 'up', 'none', { details: { serial: 7, serialMethod: 'ixfr' } })],
    };
    expect(roundTrip(state).observations[0]?.details).toEqual({ serial: 7, serialMethod: 'ixfr' });
  });

  it.each([
    ['another format', { format: 2 }, 'format'],
    ['a phase it does not know', { phase: 'resting' }, 'phase'],
    ['half an activation', { activation: { number: 1 } }, 'activation.cause'],
    [
      'too many transitions',
      { transitions: Array(maxTransitions + 1).fill({ at: 0, from: 'held', to: 'held', reason: '', by: null }) },
      'transitions',
    ],
  ])('names what is wrong with %s', (_what, wrong, where) => {
    const state = { ...initialState('prod', t0), ...wrong };
    expect(() => roundTrip(state)).toThrow(
      expect.objectContaining({ code: 'store', message: expect.stringContaining(where) }),
    );
  });

  it('names the document when it is none', () => {
    expect(() => parseState('text')).toThrow(/the document/);
  });
});

describe('the state', () => {
  it('stays small, whatever happens for however long', () => {
    const story = new Story();
    for (let i = 0; i < 200; i++) {
      story.rounds(2, { api: 'gone' }, `vantage-${i}`);
      story.rounds(3, {}, `vantage-${i}`);
    }
    expect(story.state.transitions).toHaveLength(maxTransitions);
    expect(JSON.stringify(story.state).length).toBeLessThan(60_000);
  });
});
