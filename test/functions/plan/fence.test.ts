import { describe, expect, it } from 'vitest';
import type { Intent } from '../../../functions/model/intent.ts';
import { newcomer, type Standing } from '../../../functions/model/standing.ts';
import { type Deployment, keeperOf, mayWrite, nextMarker, type WriteVerdict } from '../../../functions/plan/fence.ts';
import { type Marker, type MarkerPhase, maxMarkerCount } from '../../../functions/plan/marker.ts';

const self: Deployment = { cluster: 'prod', writer: 'one' };
const marker = (phase: MarkerPhase, activation = 3, changes: Partial<Marker> = {}): Marker => ({
  generation: 7,
  snapshot: 5,
  digest: `sha256:${'a'.repeat(64)}`,
  ...self,
  phase,
  activation,
  ...changes,
});
const publish = (knownActivation: number): Intent => ({ kind: 'publish', knownActivation });
const activate = (activation: number): Intent => ({ kind: 'activate', activation });
const failback: Intent = { kind: 'failback' };
const verdictOn = (current: Marker | undefined, intent: Intent, standing: Standing = newcomer) =>
  mayWrite(current, intent, self, standing);

describe('mayWrite over our own marker, or none', () => {
  it.each<[string, Marker | undefined, Intent, WriteVerdict['status']]>([
    ['no marker, publish', undefined, publish(0), 'ok'],
    ['no marker, activate', undefined, activate(1), 'ok'],
    ['no marker, failback', undefined, failback, 'ok'],
    ['warm, publish', marker('warm'), publish(0), 'ok'],
    ['warm, newer activation', marker('warm'), activate(4), 'ok'],
    ['warm, the activation that is over', marker('warm'), activate(3), 'frozen'],
    ['partial, publish', marker('partial'), publish(3), 'ok'],
    ['partial, publish, a cut activation from before our store was lost', marker('partial'), publish(2), 'frozen'],
    ['partial, the activation that was cut', marker('partial'), activate(3), 'ok'],
    ['partial, older activation', marker('partial'), activate(2), 'frozen'],
    ['frozen, publish', marker('frozen'), publish(3), 'frozen'],
    ['frozen, same activation', marker('frozen'), activate(3), 'frozen'],
    ['frozen, newer activation', marker('frozen'), activate(4), 'ok'],
    ['frozen, failback', marker('frozen'), failback, 'ok'],
  ])('%s', (_, current, intent, status) => {
    expect(verdictOn(current, intent).status).toBe(status);
    const old = current === undefined ? undefined : { ...current, cluster: null };
    expect(verdictOn(old, intent).status, 'the same marker of the version that named no cluster').toBe(status);
  });

  it.each<[string, Marker | undefined, Intent, Standing['known'], WriteVerdict['status']]>([
    ['gone, publish', undefined, publish(3), 'marker', 'adopt'],
    ['gone, activate', undefined, activate(4), 'marker', 'adopt'],
    ['gone, failback', undefined, failback, 'marker', 'adopt'],
    ['gone from a zone that we froze, publish', undefined, publish(3), 'freeze', 'frozen'],
    ['gone from a zone that we froze, the same activation again', undefined, activate(3), 'freeze', 'adopt'],
    ['gone from a zone that we froze, failback', undefined, failback, 'freeze', 'adopt'],
    ['frozen by us, the same activation again', marker('frozen'), activate(3), 'freeze', 'ok'],
    ['frozen by us, an older activation', marker('frozen'), activate(2), 'freeze', 'frozen'],
    ['frozen by us, publish', marker('frozen'), publish(3), 'freeze', 'frozen'],
  ])('%s, by what our store knows', (_, current, intent, known, status) => {
    expect(verdictOn(current, intent, { known, takeOver: null }).status).toBe(status);
  });

  it('says who froze the zone and what opens it', () => {
    const verdict = verdictOn(marker('frozen'), publish(3));
    expect(verdict).toMatchObject({ reason: expect.stringContaining('frozen by activation 3 of one with snapshot 5') });
  });
});

const order: Standing = { known: 'marker', takeOver: { by: 'order' } };
const lease = (changes: Partial<{ writer: string; generation: number }> = {}): Standing => ({
  known: 'marker',
  takeOver: { by: 'lease', writer: 'two', generation: 7, ...changes },
});
const standings: readonly Standing[] = [newcomer, { known: 'freeze', takeOver: null }, order, lease()];

describe('mayWrite over the marker of another cluster', () => {
  it.each(['warm', 'partial', 'frozen'] as const)('%s, refuses every intent, whoever orders it', (phase) => {
    for (const writer of ['one', 'two']) {
      for (const intent of [publish(9), activate(9), failback]) {
        for (const standing of standings) {
          const verdict = verdictOn(marker(phase, 3, { cluster: 'staging', writer }), intent, standing);
          expect(verdict).toMatchObject({
            status: 'foreign',
            reason: expect.stringContaining('written by cluster staging'),
          });
        }
      }
    }
  });
});

describe('mayWrite over the marker of another deployment', () => {
  const theirs = (phase: MarkerPhase, changes: Partial<Marker> = {}) => marker(phase, 3, { writer: 'two', ...changes });

  it.each<[string, Marker, Intent, Standing, WriteVerdict['status']]>([
    ['warm, publish', theirs('warm'), publish(3), newcomer, 'kept'],
    ['warm, a newer activation', theirs('warm'), activate(9), newcomer, 'kept'],
    ['warm, failback', theirs('warm'), failback, newcomer, 'kept'],
    ['partial, publish', theirs('partial'), publish(3), newcomer, 'kept'],
    ['frozen, publish', theirs('frozen'), publish(3), newcomer, 'kept'],
    ['frozen, the same activation', theirs('frozen'), activate(3), newcomer, 'kept'],
    ['frozen, a newer activation', theirs('frozen'), activate(9), newcomer, 'kept'],
    ['frozen, failback', theirs('frozen'), failback, newcomer, 'kept'],
    ['warm, publish, its lease has run out', theirs('warm'), publish(0), lease(), 'adopt'],
    ['warm, activate, its lease has run out', theirs('warm'), activate(9), lease(), 'adopt'],
    ['warm, publish, it has moved meanwhile', theirs('warm', { generation: 8 }), publish(0), lease(), 'kept'],
    ['warm, publish, a third one has taken it', theirs('warm', { writer: 'three' }), publish(0), lease(), 'kept'],
    [
      'partial, publish, its lease has run out in a publication',
      theirs('partial', { activation: 0 }),
      publish(0),
      lease(),
      'adopt',
    ],
    ['partial, publish, its lease has run out in a freeze', theirs('partial'), publish(0), lease(), 'frozen'],
    ['partial, activate, its lease has run out in a freeze', theirs('partial'), activate(9), lease(), 'adopt'],
    ['frozen, publish, its lease has run out', theirs('frozen'), publish(0), lease(), 'kept'],
    ['frozen, failback, its lease has run out', theirs('frozen'), failback, lease(), 'kept'],
    ['warm, failback, an operator takes it over', theirs('warm'), failback, order, 'adopt'],
    ['frozen, failback, an operator takes it over', theirs('frozen'), failback, order, 'adopt'],
    ['frozen, publish, with that order', theirs('frozen'), publish(3), order, 'kept'],
    ['an old version, warm, publish', theirs('warm', { cluster: null }), publish(3), newcomer, 'kept'],
    ['an old version, warm, it stands still', theirs('warm', { cluster: null }), publish(3), lease(), 'kept'],
    ['an old version, frozen, publish', theirs('frozen', { cluster: null }), publish(3), newcomer, 'frozen'],
    ['an old version, frozen, failback', theirs('frozen', { cluster: null }), failback, newcomer, 'kept'],
    ['an old version, frozen, failback by order', theirs('frozen', { cluster: null }), failback, order, 'adopt'],
  ])('%s', (_, current, intent, standing, status) => {
    expect(verdictOn(current, intent, standing).status).toBe(status);
  });

  it('says who keeps the zone, and that we stand by', () => {
    expect(verdictOn(theirs('warm'), publish(3))).toMatchObject({
      reason: 'the zone is kept by two (generation 7); this deployment, one, stands by',
    });
    expect(
      [undefined, marker('warm'), theirs('frozen'), theirs('warm', { cluster: 'staging' })].map((one) =>
        keeperOf(one, self),
      ),
    ).toEqual([null, null, 'two', null]);
  });
});

describe('nextMarker', () => {
  const { generation: _, ...rest } = marker('warm', 0);

  it('counts from 1, up by one, and past the end from 1 again', () => {
    expect(nextMarker(undefined, rest)).toEqual({ ...rest, generation: 1 });
    expect(nextMarker(marker('warm', 0), rest).generation).toBe(8);
    expect(nextMarker(marker('warm', 0, { generation: maxMarkerCount }), rest).generation).toBe(1);
  });

  it('never takes the activation back', () => {
    expect(nextMarker(marker('frozen', 3), { ...rest, activation: 1 }).activation).toBe(3);
    expect(nextMarker(marker('frozen', 3), { ...rest, activation: 4 }).activation).toBe(4);
  });
});
