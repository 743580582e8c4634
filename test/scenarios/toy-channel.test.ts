// A channel from outside the tree, added by the steps of docs/contributing/add-a-channel.md alone: two files, and one line in each of two lists.
// It keeps a thread, its receiver reminds by itself, and its address is a secret. The conformance list runs on it in
// test/functions/alerts/channels/channels.test.ts.
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { Channel } from '../../functions/alerts/channels/channel.ts';
import type { ChannelDeps } from '../../functions/alerts/channels/deps.ts';
import { createChannel } from '../../functions/alerts/channels/index.ts';
import type { Delivery, SendResult } from '../../functions/alerts/delivery.ts';
import { channelKinds, channelSchemaOf } from '../../functions/config/channels/index.ts';
import { secretNames } from '../../functions/config/secret-names.ts';
import { wireEach } from '../../functions/entry/wire-channels.ts';
import type { Clock } from '../../functions/lib/deps.ts';
import { createMemoryStore } from '../../functions/stores/memory.ts';
import { createPager } from '../../functions/tasks/alert/pager.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { watch } from '../../functions/tasks/loop/run-loop.ts';
import { createFakeCluster } from '../fakes/cluster.ts';
import { createVirtualClock } from '../fakes/virtual-clock.ts';
import { createBoard } from '../toys/board-channel/board.ts';
import { boardKind } from '../toys/board-channel/config.ts';
import { createBoardReceiver } from '../toys/board-channel/receiver.ts';

const minuteMs = 60_000;
const address = 'https://k3y.board.example/k3y';

// The two lines.
const kinds = { ...channelKinds, board: boardKind };
const schema = channelSchemaOf(kinds);
type Config = z.output<typeof schema>;
const create = (deps: ChannelDeps, config: Config): Channel =>
  config.kind === 'board' ? createBoard(deps, config) : createChannel(deps, config);

const configs = [
  { kind: 'board', id: 'board', url: { secret: 'BOARD_URL' } },
  { kind: 'webhook', id: 'hook', url: 'https://hooks.example/', secret: { secret: 'HOOK' } },
].map((one) => schema.parse(one));

function setUp(through: (channel: Channel, clock: Clock) => Channel = (channel) => channel) {
  const clock = createVirtualClock();
  const fake = createFakeCluster({ clock });
  const board = createBoardReceiver();
  const hooks: string[] = [];
  const secrets = new Map([
    ['BOARD_URL', `${address}\n`],
    ['HOOK', 'key'],
  ]);
  const deps: ChannelDeps = {
    clock,
    secrets: (name) => secrets.get(name),
    fetch: async (url, init) => {
      if (url === address) return board.fetch(url, init);
      const { type, data } = JSON.parse(String(init.body)) as {
        readonly type: string;
        readonly data: { readonly repeat: number };
      };
      hooks.push(`${type.replace('lifeboat.alert.', '')} ${data.repeat}`);
      return new Response();
    },
  };
  const { channels, lacking } = wireEach(deps, configs, { kinds, create });
  const faults: string[] = [];
  const { alerts, ...rest } = fake.ports.config;
  const config = { ...rest, alerts: { ...alerts, remindAfterMs: 10 * minuteMs } };
  const begin = (life: string) => {
    const ports = { ...fake.ports, config, life, channels: channels.map((channel) => through(channel, clock)) };
    const stop = new AbortController();
    const onFault = (what: string, error: unknown) => void faults.push(`${what}: ${String(error)}`);
    const watching = watch(ports, { onActivity: () => {}, onFault }, stop.signal);
    return async () => {
      stop.abort();
      await clock.advance(10_000);
      await watching;
    };
  };
  const outbox = async () => (await readRecord(fake.ports)).record.outbox;
  return { clock, fake, board, hooks, lacking, faults, begin, outbox };
}

// Many rounds, on whatever machine.
describe('a channel from outside the tree', { timeout: 60_000 }, () => {
  it('is configured as any other', () => {
    expect(configs[0]).toMatchObject({ timeoutMs: 5000 });
    expect(secretNames(configs).map(({ name }) => name)).toEqual(['BOARD_URL', 'HOOK']);
    expect(schema.safeParse({ kind: 'fax' }).error?.issues[0]?.message).toBe(
      "a channel of the kind 'webhook' or 'pagerduty' or 'board'",
    );
  });

  it('tells each incident in a thread of its own, whoever lives, and is not reminded', async () => {
    const { clock, fake, board, hooks, lacking, faults, begin, outbox } = setUp();
    expect(lacking).toEqual([]);
    const endFirst = begin('first');
    fake.weather = 'credential';
    await clock.advance(minuteMs);
    expect((await outbox()).receipts).toMatchObject([
      { channel: 'board', memory: 'thread-1' },
      { channel: 'hook', memory: '' },
    ]);
    await endFirst();
    const end = begin('second');
    await clock.advance(10 * minuteMs);
    expect(hooks).toEqual(['trigger 0', 'trigger 1']);
    fake.weather = 'calm';
    await clock.advance(2 * minuteMs);
    const [first = []] = Object.values(board.threads);
    expect(first.map((note) => note.split(':')[0])).toEqual(['trigger', 'resolve']);
    expect((await outbox()).receipts).toEqual([]);
    fake.weather = 'credential';
    await clock.advance(minuteMs);
    await end();
    expect(Object.values(board.threads).map((notes) => notes.length)).toEqual([2, 1]);
    expect(hooks).toEqual(['trigger 0', 'trigger 1', 'resolve 1', 'trigger 0']);
    expect(faults).toEqual([]);
  });

  it('does so from afar as well, where answers are lost on the way back', async () => {
    let lost = 0;
    /** As an object of its own, which is called from another: plain data both ways. */
    const remote = (channel: Channel, clock: Clock): Channel => {
      const pager = createPager({ store: createMemoryStore(), clock, channels: [channel], places: 5 });
      const answered = new Set<string>();
      return {
        ...channel,
        send: async (delivery, memory) => {
          const sent = JSON.parse(JSON.stringify([delivery, memory])) as [Delivery, string];
          const result = JSON.parse(JSON.stringify(await pager.send(...sent))) as SendResult;
          // The first answer of each delivery does not come back.
          if (answered.has(delivery.id)) return result;
          answered.add(delivery.id);
          lost++;
          return { status: 'retry', reason: 'the call was cut' };
        },
      };
    };
    const { clock, fake, board, begin, outbox } = setUp(remote);
    const end = begin('first');
    fake.weather = 'credential';
    await clock.advance(minuteMs);
    fake.weather = 'calm';
    await clock.advance(2 * minuteMs);
    await end();
    expect(lost).toBe(4);
    expect(Object.values(board.threads).map((notes) => notes.map((note) => note.split(':')[0]))).toEqual([
      ['trigger', 'resolve'],
    ]);
    expect(await outbox()).toMatchObject({ pending: [], receipts: [] });
  });

  it('keeps its address out of what is stored and said, whatever goes wrong', async () => {
    const { clock, fake, board, faults, begin } = setUp();
    const end = begin('first');
    fake.weather = 'credential';
    const answers = [
      () => new Response(address, { status: 404 }),
      () => {
        throw new TypeError(`cannot fetch ${address}`);
      },
      () => new Response(null, { status: 302, headers: { location: `${address}/elsewhere` } }),
      () => new Response(JSON.stringify({ id: address })),
    ];
    const stored: string[] = [];
    for (const answer of answers) {
      board.answer = answer;
      await clock.advance(5 * minuteMs);
      const { store } = fake.ports;
      for (const key of await store.list('')) stored.push((await store.read(key))?.value ?? '');
    }
    await end();
    const said = (words: string) =>
      stored.some((text) => text.includes(`board board at the address in BOARD_URL ${words}`));
    expect([said('answered 404'), said('could not be reached'), said('answered 302')]).toEqual([true, true, true]);
    expect([...stored, ...faults].filter((text) => text.includes('k3y'))).toEqual([]);
  });
});
