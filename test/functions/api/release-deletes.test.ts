// Letting held deletes out through the API: shown by name first, named by their digest, confirmed, and done once.
import { describe, expect, it } from 'vitest';
import { noMemory } from '../../../functions/plan/memory.ts';
import { keepHolds, readMemory, viewHolds } from '../../../functions/tasks/publish/holds.ts';
import { type Asked, createApiWorld } from './world.ts';

const path = '/v1/clusters/prod/release-deletes';
const standby = 'zonefile';
const sets = ['a.lost.svc.cluster.local. A', 'b.lost.svc.cluster.local. A'];
const post = (json: unknown, init: Asked = {}): Asked => ({ method: 'POST', as: 'oncall', json, ...init });

async function withHeld(count = 2) {
  const world = await createApiWorld();
  const { ports } = world.fake;
  const many = Array.from({ length: count - 2 }, (_, i) => `c${i}.lost.svc.cluster.local. A`);
  const held = new Map([...sets, ...many].map((set) => [set, { guard: 'delete-share' as const, since: 5, wants: [] }]));
  expect(await keepHolds(ports, standby, await readMemory(ports, standby), { ...noMemory, held })).toBe('kept');
  const digest = (await viewHolds(ports))[standby]?.digest ?? '';
  const released = async () => [...(await readMemory(ports, standby)).released.keys()];
  return { world, digest, released };
}

describe('release-deletes', () => {
  it('shows the names and their digest, and does nothing', async () => {
    const { world, digest, released } = await withHeld();
    const response = await world.ask(path, post({ standby, dryRun: true }));
    expect(response.status).toBe(200);
    const { words } = (await response.json()) as { words: readonly string[] };
    expect(words[0]).toContain(digest);
    expect(words.slice(1)).toEqual(sets.map((set) => `delete ${set} (held by delete-share)`));
    expect(await released()).toEqual([]);
  });

  it('counts all of many, and knows no standby that objects have by nature', async () => {
    const { world } = await withHeld(1203);
    const wordsOf = async (label: string) => {
      const response = await world.ask(path, post({ standby: label, dryRun: true }));
      return [response.status, ((await response.json()) as { words: readonly string[] }).words] as const;
    };
    const [, words] = await wordsOf(standby);
    expect(words[0]).toMatch(/^1203 changes are held back/);
    expect(words.at(-1)).toMatch(/^and 1103 more/);
    expect(await wordsOf('toString')).toEqual([200, [expect.stringContaining('there is no standby "toString"')]]);
  });

  it('lets out what the digest names, once under one key', async () => {
    const { world, digest, released } = await withHeld();
    const order = { standby, digest, confirm: 'prod', why: 'the shop is closed' };
    const first = await world.ask(path, post(order, { headers: { 'Idempotency-Key': 'k-1' } }));
    expect(first.status).toBe(202);
    expect(await released()).toEqual(sets);
    const again = await world.ask(path, post(order, { headers: { 'Idempotency-Key': 'k-1' } }));
    expect([again.status, await again.json()]).toEqual([202, await first.json()]);
    expect((await world.ask(path, post(order))).status).toBe(409);
  });

  it.each<[string, object, number]>([
    ['no confirmation', { confirm: undefined }, 422],
    ['another id', { confirm: 'test' }, 422],
    ['no digest', { digest: undefined }, 422],
    ['another digest', { digest: 'sha256:0' }, 409],
    ['another standby', { standby: 'elsewhere' }, 409],
  ])('does nothing with %s', async (_what, change, status) => {
    const { world, digest, released } = await withHeld();
    const response = await world.ask(path, post({ standby, digest, confirm: 'prod', ...change }));
    expect(response.status).toBe(status);
    expect(await released()).toEqual([]);
  });
});
