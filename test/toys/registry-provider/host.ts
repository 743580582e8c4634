// The registry itself, in memory, behind a fetch: records with ids, batches of a few of them, whole or not at all. A batch says which ids go, and at
// which names there must be none but those.
import type { Fetch } from '../../../functions/lib/deps.ts';

export interface HostRecord {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly value: string;
}

export type NewRecord = Omit<HostRecord, 'id'>;

export interface HostBatch {
  readonly deletes: readonly string[];
  /** `name type` of sets that may hold nothing but what the batch deletes. */
  readonly alone: readonly string[];
  readonly posts: readonly NewRecord[];
}

export const mostInBatch = 60;
export const mostInZone = 5000;

export interface RegistryHost {
  readonly fetch: Fetch;
  records(): readonly HostRecord[];
  /** What was asked of it, in order: `list`, `list _lifeboat`, `batch`. */
  readonly asked: readonly string[];
  /** Not reachable as long as this is true. */
  isGone: boolean;
}

export function createRegistryHost(token: string, first: readonly NewRecord[] = []): RegistryHost {
  let last = 0;
  const withId = (record: NewRecord): HostRecord => ({ ...record, id: `r${++last}` });
  let held = first.map(withId);
  const asked: string[] = [];
  const apply = ({ deletes, alone, posts }: HostBatch): Response => {
    if (deletes.length + posts.length > mostInBatch) return answer(400, { error: 'too many records' });
    const going = new Set(deletes);
    if (deletes.some((id) => !held.some((record) => record.id === id))) return answer(409, { error: 'no such record' });
    const others = held.filter(({ id, name, type }) => !going.has(id) && alone.includes(`${name} ${type}`));
    if (others.length > 0) return answer(409, { error: `${others[0]?.name} has other records` });
    const created = posts.map(withId);
    held = [...held.filter(({ id }) => !going.has(id)), ...created];
    return answer(200, { records: created });
  };
  const host: RegistryHost = {
    asked,
    isGone: false,
    records: () => held,
    fetch: async (url, { method, headers, body, signal }) => {
      signal?.throwIfAborted();
      if (host.isGone) throw new TypeError('fetch failed');
      if (new Headers(headers).get('authorization') !== `Bearer ${token}`)
        return answer(401, { error: 'who are you?' });
      const name = new URL(url).searchParams.get('name');
      asked.push(method === 'POST' ? 'batch' : name === null ? 'list' : `list ${name.split('.')[0]}`);
      if (method === 'POST') return apply(JSON.parse(String(body)) as HostBatch);
      return answer(200, { records: held.filter((record) => name === null || record.name === name), most: mostInZone });
    },
  };
  return host;
}

function answer(status: number, body: object): Response {
  return new Response(JSON.stringify(body), { status });
}
