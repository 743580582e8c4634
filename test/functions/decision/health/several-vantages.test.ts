// Several vantages and one machine: each round is counted with whoever saw it, and nobody pushes out what others saw.
import { describe, expect, it } from 'vitest';
import { quorum, Story } from '../story.ts';

/** One round at the same interval, a little apart. */
function together(story: Story, ...rounds: readonly (readonly [vantage: string, api: 'healthy' | 'gone'])[]): void {
  const [first, ...rest] = rounds;
  if (first !== undefined) story.rounds(1, { api: first[1] }, first[0], first[0]);
  for (const [vantage, api] of rest) {
    story.now -= 4_950;
    story.rounds(1, { api }, vantage, vantage);
    story.now -= 50;
  }
}

describe('several vantages', () => {
  it('confirm no outage that one of them saw once before it fell silent', () => {
    const story = new Story();
    for (let i = 0; i < 8; i++) together(story, ['a', 'healthy'], ['b', 'healthy']);
    together(story, ['a', 'gone'], ['b', 'healthy']);
    for (let i = 0; i < 3; i++) together(story, ['b', 'healthy']);
    expect(story.state.transitions.map(({ to }) => to)).not.toContain('active');
    expect(story.state.phase).not.toBe('active');
    for (let i = 0; i < 10; i++) together(story, ['b', 'healthy']);
    expect(story.state.phase).toBe('watching');
  });

  it('confirm one that two of them saw once no more than that', () => {
    const story = new Story({ quorum: quorum(2, 2) });
    for (let i = 0; i < 8; i++) together(story, ['a', 'healthy'], ['b', 'healthy'], ['c', 'healthy']);
    together(story, ['a', 'gone'], ['b', 'healthy'], ['c', 'gone']);
    for (let i = 0; i < 12; i++) together(story, ['b', 'healthy']);
    expect(story.state.transitions.map(({ to }) => to)).not.toContain('active');
  });

  it('confirm one that goes on, as soon as one alone would', () => {
    const story = new Story();
    for (let i = 0; i < 8; i++) together(story, ['a', 'healthy'], ['b', 'healthy']);
    for (let i = 0; i < 3; i++) together(story, ['a', 'gone'], ['b', 'gone']);
    expect(story.state.phase).toBe('active');
  });

  it('confirm one that a single one of them sees, where the policy takes one for enough', () => {
    const story = new Story();
    for (let i = 0; i < 8; i++) together(story, ['a', 'healthy'], ['b', 'healthy']);
    for (let i = 0; i < 3; i++) together(story, ['a', 'gone'], ['b', 'healthy']);
    expect(story.state.phase).toBe('active');
  });

  it('keep what others saw, however much one of them sends', () => {
    const story = new Story();
    together(story, ['a', 'healthy']);
    const [one] = story.state.observations.filter(({ target }) => target.kind === 'dns');
    if (one === undefined) throw new Error('nothing was seen');
    const observations = Array.from({ length: 5_000 }, () => ({ ...one, vantage: 'b', observedAt: story.now }));
    story.tell({ kind: 'observed', vantage: 'b', group: 'b', observations });
    expect(story.state.observations.filter(({ vantage }) => vantage === 'b')).toHaveLength(256);
    expect(story.state.verdicts.apiserver?.condition).toBe('healthy');
  });
});
