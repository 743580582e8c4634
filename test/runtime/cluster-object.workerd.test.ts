// The object of a cluster in real workerd: its alarm, the backstop, and what becomes of it when a secret is missing.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, describe, expect, it } from 'vitest';
import { config } from '../../functions/entry/worker/deployment.ts';
import type { ClusterObject } from '../../functions/entry/worker/main.ts';
import { deliverDue } from '../../functions/tasks/alert/deliver.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import type { ClusterView } from '../../functions/tasks/control/control-port.ts';
import { probeRound } from '../../functions/tasks/loop/probe-round.ts';
import { createFakeCluster } from '../fakes/cluster.ts';

const used = new Set<string>();
const objectOf = (id: string) => {
  used.add(id);
  return env.CLUSTERS.getByName(id);
};
const alarmOf = (id: string) => runInDurableObject(objectOf(id), (_, { storage }) => storage.getAlarm());
const viewOf = async (id: string) => (await objectOf(id).view(id)) as unknown as ClusterView;
const keysOf = ({ record: { outbox } }: ClusterView) => Object.keys(outbox.open);

/** Asked within the object: a refusal that comes through a remote call counts as unhandled there. */
const refusalOf = (id: string, ask: (object: ClusterObject) => Promise<unknown>) =>
  runInDurableObject(objectOf(id), (object) => ask(object).then(() => 'accepted', String));

/** Ticks that the test brings about, one after the other; those of the object's own alarm may come between. */
async function tick(id: string, count = 1): Promise<void> {
  for (let i = 0; i < count; i++) await runDurableObjectAlarm(objectOf(id));
}

// Alarms that go on behind the last test can keep the runtime from ending.
afterAll(async () => {
  for (const id of used) await runInDurableObject(objectOf(id), (_, { storage }) => storage.deleteAlarm());
});

describe('the object of a cluster', () => {
  it('takes no zone that would end it', () => {
    for (const { snapshot } of config.clusters) expect(snapshot).toMatchObject({ maxRecords: 60_000 });
  });

  it('is armed by cron at first, ticks, and has always a next alarm', async () => {
    expect(await alarmOf('dead')).toBeNull();
    await objectOf('dead').arm('dead');
    expect(await alarmOf('dead')).not.toBeNull();
    await tick('dead');
    expect(await alarmOf('dead')).toBeGreaterThan(Date.now() - 1_000);
    const view = await viewOf('dead');
    expect(view.record.machine.verdicts.apiserver?.condition).toBe('down');
    expect(view.watch.rearmedAt).toBeNull();
    expect(keysOf(view)).not.toContain('dead/watch');
  });

  it('sees the outage through, and keeps the page that nobody takes yet', async () => {
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 900));
      await tick('dead');
    }
    const view = await viewOf('dead');
    expect(view.record.machine).toMatchObject({ phase: 'active', activation: { number: 1 } });
    expect(view.record.outbox.pending.map(({ alert }) => alert.dedupKey)).toContain('dead/activation/1');
  });

  it('is set going again by cron when its alarm was lost, and says so', async () => {
    await runInDurableObject(objectOf('dead'), (_, { storage }) => storage.deleteAlarm());
    await objectOf('dead').arm('dead');
    expect(await alarmOf('dead')).not.toBeNull();
    await tick('dead');
    const view = await viewOf('dead');
    expect(view.watch.rearmedAt).toBeGreaterThan(Date.now() - 10_000);
    expect(keysOf(view)).toContain('dead/watch');
    const told = view.record.outbox.pending.find(({ alert }) => alert.dedupKey === 'dead/watch');
    expect(told?.alert.whatIsWrong).toMatch(/its alarm was lost, and cron set it again/);
  });

  it('is set going again when its alarm is late, and left alone when it is not', async () => {
    const lateMs = 3_600_000;
    const before = (await viewOf('dead')).watch.rearmedAt;
    await objectOf('dead').arm('dead');
    expect((await viewOf('dead')).watch.rearmedAt).toBe(before);
    await runInDurableObject(objectOf('dead'), async (object, { storage }) => {
      // An alarm in the past fires at once: the storage is asked to say that one did not.
      const real = storage.getAlarm.bind(storage);
      storage.getAlarm = async () => Date.now() - lateMs;
      await object.arm('dead');
      storage.getAlarm = real;
    });
    expect((await viewOf('dead')).watch.rearmedAt).not.toBe(before);
  });

  it('tells of a missing secret, does nothing else, and refuses orders', async () => {
    await objectOf('lame').arm('lame');
    await tick('lame', 2);
    const view = await viewOf('lame');
    expect(view.watch.troubles.join()).toMatch(/MISSING_KEY/);
    expect(view.watch.lastRoundAt).toBeNull();
    const told = view.record.outbox.pending.find(({ alert }) => alert.dedupKey === 'lame/watch');
    expect(told?.alert.summary).toMatch(/Lifeboat does not watch this cluster: .*MISSING_KEY/);
    expect(told?.alert.whatToRunNext).toMatch(/wrangler secret put/);
    expect(view.record.machine.transitions).toEqual([]);
    const order = { command: 'failover', who: 'a', why: 'b', dryRun: false } as const;
    expect(await refusalOf('lame', (object) => object.order('lame', order))).toMatch(/is not watched: .*MISSING_KEY/);
    expect(await alarmOf('lame')).not.toBeNull();
  });

  it('keeps its alarm when its record cannot be read', async () => {
    await runInDurableObject(objectOf('lame'), (_, { storage }) => {
      storage.sql.exec("UPDATE documents SET value = '{}' WHERE key = 'clusters/lame/state'");
    });
    await tick('lame');
    expect(await alarmOf('lame')).not.toBeNull();
  });

  it('closes what is open of a cluster that the configuration has lost, and ends when that has arrived', async () => {
    const sample = createFakeCluster();
    sample.weather = 'credential';
    for (let i = 0; i < 3; i++) {
      await probeRound(sample.ports, () => {});
      sample.pass(5_000);
    }
    await deliverDue(sample.ports);
    const { record } = await readRecord(sample.ports);
    expect(Object.keys(record.outbox.open)).toEqual(['prod/credential/apiserver']);
    await runInDurableObject(objectOf('prod'), async (_, { storage }) => {
      const insert = 'INSERT OR REPLACE INTO documents (key, version, parts, value) VALUES (?, 1, 0, ?)';
      storage.sql.exec(insert, 'self', JSON.stringify({ cluster: 'prod', rearmedAt: null }));
      storage.sql.exec(insert, 'clusters/prod/state', JSON.stringify(record));
      await storage.setAlarm(Date.now() + 60_000);
    });
    await tick('prod');
    // Nobody answers at the channel: it comes again.
    expect(await alarmOf('prod')).not.toBeNull();
    const stored = await runInDurableObject(objectOf('prod'), (_, { storage }) =>
      storage.sql.exec("SELECT value FROM documents WHERE key = 'clusters/prod/state'").one(),
    );
    const { outbox } = JSON.parse(String(stored.value)) as typeof record;
    expect(outbox.open).toEqual({});
    expect(outbox.pending.map(({ alert }) => `${alert.action} ${alert.dedupKey}`)).toEqual([
      'resolve prod/credential/apiserver',
    ]);
    const emptied = { ...record, outbox: { ...outbox, pending: [] } };
    await runInDurableObject(objectOf('prod'), (_, { storage }) => {
      storage.sql.exec("UPDATE documents SET value = ? WHERE key = 'clusters/prod/state'", JSON.stringify(emptied));
    });
    await tick('prod');
    expect(await alarmOf('prod')).toBeNull();
  });

  /** A life of its own, whose storage fails at one call of one kind; then its alarm. */
  async function alarmWithFault(id: string, fault: (storage: DurableObjectStorage) => () => void): Promise<string> {
    return runInDurableObject(objectOf(id), async (object, { storage }) => {
      const mend = fault(storage);
      const outcome = await object.alarm().then(() => 'ended', String);
      mend();
      return outcome;
    });
  }

  /** Statements about documents fail, from the `nth` on, so often. */
  const failingSql = (nth: number, times: number) => (storage: DurableObjectStorage) => {
    const { sql } = storage;
    const real = sql.exec.bind(sql);
    let count = 0;
    sql.exec = ((query: string, ...bindings: unknown[]) => {
      count++;
      if (count >= nth && count < nth + times) throw new Error('disk I/O error');
      return real(query, ...bindings);
    }) as typeof sql.exec;
    return () => {
      sql.exec = real as typeof sql.exec;
    };
  };
  const failingAlarm = (times: number) => (storage: DurableObjectStorage) => {
    const real = storage.setAlarm.bind(storage);
    let count = 0;
    storage.setAlarm = async (...given: Parameters<typeof real>) => {
      if (++count <= times) throw new Error('alarm storage is away');
      return real(...given);
    };
    return () => {
      storage.setAlarm = real;
    };
  };

  it.each([1, 2, 3, 4, 5, 6, 8, 10, 15])('has a next alarm when its storage fails at statement %i', async (nth) => {
    const id = 'dead';
    for (const times of [1, 1_000_000]) {
      await runInDurableObject(objectOf(id), (_, { storage }) => storage.deleteAlarm());
      expect(await alarmWithFault(id, failingSql(nth, times))).toBe('ended');
      expect(await alarmOf(id)).not.toBeNull();
    }
  });

  it('has a next alarm when it cannot read what it is for, and learns it again from cron', async () => {
    await runInDurableObject(objectOf('blind'), (_, { storage }) => {
      storage.sql.exec("INSERT INTO documents (key, version, parts, value) VALUES ('self', 1, 0, 'no JSON')");
    });
    expect(await alarmWithFault('blind', () => () => {})).toBe('ended');
    expect(await alarmOf('blind')).not.toBeNull();
    await runInDurableObject(objectOf('blind'), async (object, { storage }) => {
      await object.arm('dead');
      const [row] = storage.sql.exec("SELECT value FROM documents WHERE key = 'self'").toArray();
      expect(row?.value).toContain('"cluster":"dead"');
      await storage.deleteAlarm();
    });
  });

  it('tries a next alarm that could not be set again, and has the platform bring this one again when that fails too', async () => {
    await runInDurableObject(objectOf('dead'), (_, { storage }) => storage.deleteAlarm());
    expect(await alarmWithFault('dead', failingAlarm(1))).toBe('ended');
    expect(await alarmOf('dead')).not.toBeNull();
    expect(await alarmWithFault('dead', failingAlarm(2))).toMatch(/alarm storage is away/);
  });

  it('is no longer watched when the configuration has lost it', async () => {
    await runInDurableObject(objectOf('gone'), async (_, { storage }) => {
      const insert = "INSERT OR REPLACE INTO documents (key, version, parts, value) VALUES ('self', 1, 0, ?)";
      storage.sql.exec(insert, JSON.stringify({ cluster: 'gone', rearmedAt: null }));
      await storage.setAlarm(Date.now() + 60_000);
    });
    await tick('gone');
    expect(await alarmOf('gone')).toBeNull();
    expect(await refusalOf('gone', (object) => object.arm('gone'))).toMatch(/no cluster "gone"/);
  });
});
