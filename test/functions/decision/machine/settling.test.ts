// What a host has taken and does not serve yet settles for five minutes: not for ever, whatever is written meanwhile.
import { describe, expect, it } from 'vitest';
import { isSettling, settlingAfter, settlingMs } from '../../../../functions/decision/machine/settling.ts';
import { initialStandby, type StandbyState } from '../../../../functions/decision/machine/state.ts';
import { only, Story } from '../story.ts';

const now = 1_700_000_000_000;

function published(isServed?: false) {
  const story = new Story({}, false);
  const [capture] = only(story.rounds(1), 'capture');
  const effects = story.tell({ kind: 'captured', effect: capture ?? expect.fail(), snapshot: 1 });
  const effect = only(effects, 'publish')[0] ?? expect.fail();
  return {
    kind: 'published',
    effect,
    heldDeletes: 0,
    activation: 0,
    ...(isServed === false ? { isServed } : {}),
  } as const;
}

describe('what is written', () => {
  const warm = initialStandby(now);
  const frozen: StandbyState = { ...warm, frozen: 1 };

  it('settles from now on when it is not served, and not at all when it is', () => {
    expect(settlingAfter(warm, warm, published(), now)).toEqual({ settlesUntil: 0 });
    const settling = { ...warm, ...settlingAfter(warm, warm, published(false), now) };
    expect(settling.settlesUntil).toBe(now + settlingMs);
    expect([isSettling(settling, now), isSettling(settling, now + settlingMs)]).toEqual([true, false]);
    expect(settlingAfter(settling, settling, published(), now)).toEqual({ settlesUntil: settling.settlesUntil });
  });

  it('is judged at least every other five minutes, whatever is written and never served', () => {
    let standby = warm;
    let judged = 0;
    for (let minute = 0; minute < 60; minute++) {
      const at = now + minute * 60_000;
      standby = { ...standby, ...settlingAfter(standby, standby, published(false), at) };
      judged += isSettling(standby, at) ? 0 : 1;
    }
    expect(judged).toBe(30);
  });

  it('settles anew where it is frozen, and where it is not known how an earlier attempt froze it', () => {
    const settled = { ...warm, settlesUntil: now - 1 };
    expect(settlingAfter(settled, frozen, published(false), now).settlesUntil).toBe(now + settlingMs);
    const { effect } = published();
    const failed = {
      kind: 'publish-failed',
      effect,
      status: 'frozen',
      reason: 'by activation 1',
      activation: 1,
    } as const;
    expect(settlingAfter(settled, frozen, failed, now).settlesUntil).toBe(now + settlingMs);
    expect(settlingAfter(settled, warm, { ...failed, status: 'fault' }, now).settlesUntil).toBe(now - 1);
    expect(settlingAfter({ ...frozen, settlesUntil: now - 1 }, frozen, published(false), now).settlesUntil).toBe(
      now - 1,
    );
  });
});
