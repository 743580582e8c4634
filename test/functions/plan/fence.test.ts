import { describe, expect, it } from 'vitest';
import { mayWrite, nextMarker, type WriteIntent } from '../../../functions/plan/fence.ts';
import type { Marker, MarkerPhase } from '../../../functions/plan/marker.ts';

const marker = (phase: MarkerPhase, activation = 3): Marker => ({
  generation: 7,
  snapshot: 5,
  digest: `sha256:${'a'.repeat(64)}`,
  writer: 'one',
  phase,
  activation,
});
const publish = (knownActivation: number): WriteIntent => ({ kind: 'publish', knownActivation });
const activate = (activation: number): WriteIntent => ({ kind: 'activate', activation });

describe('mayWrite', () => {
  it.each<[string, Marker | undefined, WriteIntent, 'ok' | 'frozen']>([
    ['no marker, publish', undefined, publish(0), 'ok'],
    ['no marker, activate', undefined, activate(1), 'ok'],
    ['no marker, failback', undefined, { kind: 'failback' }, 'ok'],
    ['warm, publish', marker('warm'), publish(0), 'ok'],
    ['warm, newer activation', marker('warm'), activate(4), 'ok'],
    ['warm, the activation that is over', marker('warm'), activate(3), 'frozen'],
    ['partial, publish', marker('partial'), publish(3), 'ok'],
    ["partial, publish, another deployment's cut activation", marker('partial'), publish(2), 'frozen'],
    ['partial, the activation that was cut', marker('partial'), activate(3), 'ok'],
    ['partial, older activation', marker('partial'), activate(2), 'frozen'],
    ['frozen, publish', marker('frozen'), publish(3), 'frozen'],
    ['frozen, same activation', marker('frozen'), activate(3), 'frozen'],
    ['frozen, newer activation', marker('frozen'), activate(4), 'ok'],
    ['frozen, failback', marker('frozen'), { kind: 'failback' }, 'ok'],
  ])('%s', (_, current, intent, status) => {
    expect(mayWrite(current, intent).status).toBe(status);
  });

  it('says who froze the zone and what opens it', () => {
    const verdict = mayWrite(marker('frozen'), publish(3));
    expect(verdict).toMatchObject({ reason: expect.stringContaining('frozen by activation 3 of one with snapshot 5') });
  });
});

describe('nextMarker', () => {
  const { generation: _, ...rest } = marker('warm', 0);

  it('counts from 1, and up by one', () => {
    expect(nextMarker(undefined, rest)).toEqual({ ...rest, generation: 1 });
    expect(nextMarker(marker('warm', 0), rest).generation).toBe(8);
  });

  it('never takes the activation back', () => {
    expect(nextMarker(marker('frozen', 3), { ...rest, activation: 1 }).activation).toBe(3);
    expect(nextMarker(marker('frozen', 3), { ...rest, activation: 4 }).activation).toBe(4);
  });
});
