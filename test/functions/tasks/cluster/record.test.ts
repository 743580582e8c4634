// The stored record: nobody's change is lost, what changes with each round stands beside it, and what cannot be read of that costs a round.
import { describe, expect, it } from 'vitest';
import { assess } from '../../../../functions/decision/health/assess.ts';
import { LifeboatError } from '../../../../functions/lib/errors.ts';
import { createLimiter } from '../../../../functions/lib/limiter.ts';
import type { Store } from '../../../../functions/stores/store.ts';
import { createEnduringStore } from '../../../../functions/tasks/cluster/enduring-store.ts';
import { type ClusterPorts, policyOf } from '../../../../functions/tasks/cluster/ports.ts';
import { readRecord, updateRecord } from '../../../../functions/tasks/cluster/record.ts';
import { dispatch } from '../../../../functions/tasks/loop/dispatch.ts';
import { probeRound } from '../../../../functions/tasks/loop/probe-round.ts';
import { createFakeCluster } from '../../../fakes/cluster.ts';
import { realClock } from '../../../fakes/real-deps.ts';

const state = 'clusters/prod/state';
const seen = 'clusters/prod/seen.local';

/** As a store of its own in another process: each read and write takes a few turns of the loop. */
function slow(store: Store): Store {
  const pause = () => new Promise((resolve) => setImmediate(resolve));
  return {
    ...store,
    read: async (key) => {
      await pause();
      return store.read(key);
    },
    write: async (...args) => {
      await pause();
      return store.write(...args);
    },
  };
}

const writers = 64;
const refusal = (i: number) =>
  ({ kind: 'vantage-refused', vantage: null, refusal: 'malformed', reason: `${i}`, count: 1 }) as const;

describe('the record', () => {
  it('takes in each of 64 events that are told at once', async () => {
    const { ports } = createFakeCluster();
    const shared: ClusterPorts = { ...ports, store: slow(ports.store) };
    await Promise.all(Array.from({ length: writers }, (_, i) => dispatch(shared, refusal(i), () => {})));
    expect((await readRecord(ports)).record.machine.refusals['']?.count).toBe(writers);
    expect((await ports.store.read(state))?.version).toBe(writers);
  });

  it('takes in each of 64 events that as many processes are told at once', async () => {
    const { ports } = createFakeCluster();
    const store = slow(ports.store);
    const own = () => ({ ...ports, clock: realClock, store, recordTurn: createLimiter(1) });
    const processes = Array.from({ length: writers }, own);
    await Promise.all(processes.map((one, i) => dispatch(one, refusal(i), () => {})));
    expect((await readRecord(ports)).record.machine.refusals['']?.count).toBe(writers);
  });

  it('gives up with a fault where somebody is always faster, and the next one is not held up', async () => {
    const { ports } = createFakeCluster();
    let isBusy = true;
    const write: Store['write'] = async (...args) => (isBusy ? { status: 'conflict' } : ports.store.write(...args));
    const busy = { ...ports, store: { ...ports.store, write } };
    await expect(updateRecord(busy, (record) => ({ ...record }))).rejects.toThrow(/another writer was faster/);
    isBusy = false;
    await updateRecord(busy, (record) => ({ ...record, captures: [{ source: 'axfr', at: 1, bytes: 1, requests: 0 }] }));
    expect((await readRecord(ports)).record.captures).toHaveLength(1);
  });
});

describe('what a vantage saw', () => {
  it('stands beside the record, and is read with it', async () => {
    const { ports } = createFakeCluster();
    await probeRound(ports, () => {});
    const { machine } = (await readRecord(ports)).record;
    const seenAt = expect.any(Number);
    const expected = ports.standbys.map(({ id }) => ({ id, holds: null }));
    expect(machine.observations).toEqual((await ports.probe(expected)).map((one) => ({ ...one, observedAt: seenAt })));
    // Who shows a record judges again by what was seen, and so has the evidence.
    const shown = assess(machine, { kind: 'tick' }, policyOf(ports), ports.clock.now());
    expect(shown.verdicts.apiserver).toEqual({ ...machine.verdicts.apiserver, evidence: ['local: as it should be'] });
    expect((await ports.store.read(state))?.value).not.toContain('as it should be');
    expect((await ports.store.read(seen))?.value).toContain('as it should be');
  });

  it('is written once a round, and not with anything else', async () => {
    const { ports, pass } = createFakeCluster();
    for (let i = 0; i < 3; i++) {
      await probeRound(ports, () => {});
      await dispatch(ports, { kind: 'tick' }, () => {});
      pass(5000);
    }
    expect((await ports.store.read(seen))?.version).toBe(3);
  });

  it.each(['{', '{"format":9}', '{"format":1,"group":"local","observations":[7,null,{"signal":"x"}]}'])(
    'costs a round, and no decision, when %s is there instead',
    async (text) => {
      const { ports, pass } = createFakeCluster();
      for (let i = 0; i < 3; i++) {
        await probeRound(ports, () => {});
        pass(5000);
      }
      const { version = 0 } = (await ports.store.read(seen)) ?? {};
      await ports.store.write(seen, text, version);
      expect((await readRecord(ports)).record.machine).toMatchObject({ phase: 'watching', observations: [] });
      await probeRound(ports, () => {});
      const { machine } = (await readRecord(ports)).record;
      expect(machine.verdicts.apiserver?.condition).toBe('healthy');
      expect(machine.streaks.apiserver?.healthy).toBeGreaterThan(3);
      expect(machine.observations).toHaveLength(9);
    },
  );

  it('costs no event when its document is damaged, so that the store refuses to read it', async () => {
    const { ports, pass } = createFakeCluster();
    await probeRound(ports, () => {});
    const read: Store['read'] = async (key) => {
      if (key === seen) throw new LifeboatError('store', 'its SHA-256 does not match its content');
      return ports.store.read(key);
    };
    const damaged = { ...ports, store: { ...ports.store, read } };
    for (let i = 0; i < 3; i++) {
      pass(5000);
      await probeRound(damaged, () => {});
    }
    expect((await readRecord(damaged)).record.machine.streaks.apiserver?.healthy).toBe(4);
  });

  it('costs no quorum when the document of one of two vantages is damaged, which is told', async () => {
    const fake = createFakeCluster();
    const refuse = (key: string): void => {
      if (key.endsWith('seen.b')) throw new LifeboatError('store', 'its SHA-256 does not match its content');
    };
    const store = createEnduringStore({
      ...fake.ports.store,
      read: async (key) => {
        refuse(key);
        return fake.ports.store.read(key);
      },
      write: async (key, ...rest) => {
        refuse(key);
        return fake.ports.store.write(key, ...rest);
      },
    });
    const ports: ClusterPorts = { ...fake.ports, store, lookers: { apiserver: 2, dns: 2 } };
    fake.weather = 'api-down';
    for (let i = 0; i < 4; i++) {
      const observations = await fake.ports.probe([]);
      for (const vantage of ['a', 'b'])
        await dispatch(ports, { kind: 'observed', vantage, group: vantage, observations }, () => {});
      fake.pass(5000);
    }
    expect((await readRecord(ports)).record.machine.phase).toBe('active');
    expect(store.trouble()).toContain('SHA-256');
  });

  it('costs no event when it cannot be stored', async () => {
    const { ports } = createFakeCluster();
    const write: Store['write'] = async (key, ...rest) => {
      if (key === seen) throw new Error('no room');
      return ports.store.write(key, ...rest);
    };
    await probeRound({ ...ports, store: { ...ports.store, write } }, () => {});
    expect((await readRecord(ports)).record.machine.streaks.apiserver?.healthy).toBe(1);
  });

  it('stays in the record under a name that is no word of a key', async () => {
    const { ports } = createFakeCluster();
    const [one] = await ports.probe([]);
    const observations = one === undefined ? [] : [one];
    await dispatch(ports, { kind: 'observed', vantage: 'My laptop', group: 'x', observations }, () => {});
    expect((await readRecord(ports)).record.machine.observations).toMatchObject([{ vantage: 'My laptop' }]);
  });
});
