import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../../functions/decision/machine/effect.ts';
import type { ClusterState } from '../../../../functions/decision/machine/state.ts';
import { Story } from '../story.ts';

const label = 'rfc2136 192.0.2.53:53 cluster.local.';

describe('an incident that was opened under the label of its standby', () => {
  /** Deletes are held back in peace, and were told under such a key. */
  const story = (key: string): Story => {
    const told = new Story({ keySuffix: '@one' }, false);
    told.rounds(12);
    const knot = told.state.standbys.knot ?? expect.fail();
    set(told, { ...knot, label, heldDeletes: 3 });
    told.wait(1000);
    const opened = told.state.incidents['prod/deletes-held/knot@one'] ?? expect.fail();
    told.state = { ...told.state, incidents: { [key]: opened } };
    return told;
  };
  const set = (told: Story, knot: ClusterState['standbys'][string]) => {
    told.state = { ...told.state, standbys: { knot } };
  };
  const toldOf = (effects: readonly Effect[]) =>
    effects
      .flatMap((effect) =>
        effect.kind === 'page' || effect.kind === 'resolve' ? [`${effect.kind} ${effect.telling.dedupKey}`] : [],
      )
      .filter((words) => words.includes('deletes-held'));

  it.each([[`prod/deletes-held/${label}@one`], [`prod/deletes-held/${label}`]])(
    'is reminded of and closed as %s, and then opened under the id',
    (key) => {
      const told = story(key);
      expect(toldOf(told.rounds(3))).toEqual([]);
      expect(Object.keys(told.state.incidents)).toContain(key);
      told.now += told.policy.remindAfterMs;
      expect(toldOf(told.rounds(1))).toEqual([`page ${key}`]);
      const knot = told.state.standbys.knot ?? expect.fail();
      set(told, { ...knot, heldDeletes: 0 });
      expect(toldOf(told.wait(1000))).toContain(`resolve ${key}`);
      set(told, { ...knot, heldDeletes: 3 });
      expect(toldOf(told.wait(1000))).toEqual(['page prod/deletes-held/knot@one']);
    },
  );
});
