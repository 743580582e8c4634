import { beforeEach, describe, expect, it } from 'vitest';
import type { SendResult } from '../../../../functions/alerts/delivery.ts';
import { emptyOutbox, type Outbox } from '../../../../functions/alerts/outbox.ts';
import type { ClusterPorts } from '../../../../functions/tasks/cluster/ports.ts';
import { type Controller, createController } from '../../../../functions/tasks/loop/controller.ts';
import { reasonsAgainst } from '../../../../functions/tasks/loop/heartbeat-health.ts';
import { createFakeCluster, type FakeCluster } from '../../../fakes/cluster.ts';
import { type StandbyWeather, Story } from '../../decision/story.ts';

describe('what keeps a heartbeat back', () => {
  const now = 1_800_000_000_000;
  const machineWith = (standby: StandbyWeather, rounds: number, keySuffix = '') => {
    const story = new Story({ keySuffix });
    story.standby = 'healthy';
    story.rounds(20);
    story.rounds(rounds, { standby });
    return story.state;
  };
  const waiting = (ages: Readonly<Record<string, number>>): Outbox => ({
    ...emptyOutbox,
    pending: Object.entries(ages).map(([channel, ageMs]) => ({ channel, enqueuedAt: now - ageMs }) as never),
  });
  const facts = {
    machine: machineWith('healthy', 1),
    outbox: emptyOutbox,
    channels: ['a', 'b'],
    storeTrouble: undefined,
  };

  it.each([
    ['nothing', {}, []],
    ['a store that does not take the state', { storeTrouble: 'disk full' }, [/in memory only: disk full/]],
    [
      'a standby that is just seen to be wrong',
      { machine: machineWith('timeout', 1) },
      [/no answer within the deadline/],
    ],
    ['a standby that nobody sees', { machine: machineWith('silent', 9) }, [/no fresh observation/]],
    ['not one that is told of', { machine: machineWith('timeout', 3) }, []],
    ['not one that a deployment with a writer of its own told of', { machine: machineWith('timeout', 3, '@edge') }, []],
    ['not one channel that is stuck', { outbox: waiting({ a: 300_001 }) }, []],
    ['every channel stuck', { outbox: waiting({ a: 300_001, b: 900_000 }) }, [/no alert leaves: a, b/]],
    ['not what has just been put in', { outbox: waiting({ a: 1000, b: 300_000 }) }, []],
    ['not a watch that tells nobody', { channels: [], outbox: waiting({ a: 900_000 }) }, []],
  ] as const)('%s', (_, change, expected) => {
    const against = reasonsAgainst({ ...facts, ...change }, now);
    expect(against).toEqual(expected.map((words) => expect.stringMatching(words)));
  });
});

describe('the heart of a watch', () => {
  let fake: FakeCluster;
  let ports: ClusterPorts;
  let controller: Controller;
  let sentAt: number[];
  let faults: string[];
  let answer: () => Promise<SendResult>;
  let trouble: string | undefined;

  beforeEach(async () => {
    fake = createFakeCluster();
    [sentAt, faults, trouble] = [[], [], undefined];
    answer = async () => ({ status: 'delivered' });
    const send = () => {
      sentAt.push(fake.ports.clock.now());
      return answer();
    };
    ports = { ...fake.ports, storeTrouble: () => trouble, heartbeat: { intervalMs: 60_000, send } };
    controller = begin();
    await rounds(24);
    sentAt = [];
  });

  const begin = () => {
    const onFault = (what: string, error: unknown) => faults.push(`${what}: ${String(error)}`);
    return createController(ports, { onActivity: () => {}, onFault }, new AbortController().signal);
  };
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await controller.round();
      await controller.rest();
      await controller.deliver();
      fake.pass(5000);
    }
  };

  it('beats once an interval, in an outage too', async () => {
    await rounds(120);
    expect(sentAt).toHaveLength(10);
    fake.weather = 'api-down';
    await rounds(120);
    expect(sentAt).toHaveLength(20);
    expect(faults).toEqual([]);
  });

  it('does not beat while rounds fail', async () => {
    ports = { ...ports, probe: async () => Promise.reject(new Error('no socket')) };
    controller = begin();
    await rounds(48);
    expect(sentAt).toEqual([]);
  });

  it('does not beat while the state is not stored, says why once, and beats again after it', async () => {
    trouble = 'disk full';
    await rounds(48);
    expect(sentAt).toEqual([]);
    expect(faults).toEqual([
      expect.stringContaining('heartbeat: LifeboatError: withheld: the state is in memory only'),
    ]);
    trouble = undefined;
    await rounds(12);
    expect(sentAt.length).toBeGreaterThan(0);
  });

  it('does not beat while no alert leaves', async () => {
    fake.weather = 'api-down';
    fake.answer = { status: 'retry', reason: 'no answer' };
    await rounds(60);
    sentAt = [];
    await rounds(48);
    expect(sentAt).toEqual([]);
  });

  it('tries again after 10 s when it was not taken, and does not stop the watch', async () => {
    answer = async () => ({ status: 'retry', reason: 'the heartbeat of prod answered 503' });
    await rounds(12);
    const gaps = sentAt.slice(1).map((at, i) => at - (sentAt[i] ?? 0));
    expect(gaps.length).toBeGreaterThan(0);
    expect(new Set(gaps)).toEqual(new Set([10_000]));
    answer = async () => Promise.reject(new Error('never'));
    await rounds(12);
    expect(faults).toContainEqual('heartbeat: LifeboatError: the heartbeat of prod answered 503');
    answer = async () => ({ status: 'delivered' });
    sentAt = [];
    await rounds(24);
    expect(sentAt.length).toBeGreaterThanOrEqual(2);
  });

  it('beats once an interval where each round is a life of its own', async () => {
    for (let i = 0; i < 120; i++) {
      controller = begin();
      await rounds(1);
    }
    expect(sentAt).toHaveLength(10);
  });

  it('goes on when the clock is set back', async () => {
    const stamped: ClusterPorts['probe'] = async (expected) =>
      (await fake.ports.probe(expected)).map((seen) => ({ ...seen, observedAt: fake.ports.clock.now() }));
    ports = { ...ports, probe: stamped };
    controller = begin();
    await rounds(12);
    fake.pass(-3_600_000);
    sentAt = [];
    await rounds(24);
    expect(sentAt.length).toBeGreaterThanOrEqual(2);
  });
});
