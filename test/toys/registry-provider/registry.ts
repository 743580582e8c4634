// The toy's provider: what a newcomer writes into functions/providers/<kind>/. Its host knows records by ids and takes few of them at once; nobody
// else needs to know.
import { z } from 'zod';
import type { Fetch } from '../../../functions/lib/deps.ts';
import { LifeboatError, messageOf } from '../../../functions/lib/errors.ts';
import type { ProviderCapabilities } from '../../../functions/plan/capabilities.ts';
import { type Marker, markerName } from '../../../functions/plan/marker.ts';
import type { Change } from '../../../functions/plan/plan.ts';
import type { ApplyOutcome, Batch, Handles, Provider } from '../../../functions/providers/provider.ts';
import { checkBatch, markerSet, zoneStateOf } from '../../../functions/providers/zone-state.ts';
import { type Name, parseName } from '../../../functions/records/name.ts';
import { type RecordType, type Rrset, recordTypes } from '../../../functions/records/rrset.ts';
import { type HostBatch, type HostRecord, mostInBatch, type NewRecord } from './host.ts';

export interface RegistryDeps {
  readonly fetch: Fetch;
}

export interface RegistryOptions {
  readonly zone: Name;
  readonly url: string;
  readonly token: string;
  readonly timeoutMs: number;
}

/** The marker is deleted and posted with each batch. */
const markerRecords = 2;
const mostRecords = mostInBatch - markerRecords;
const listed = z.object({
  records: z.array(
    z.object({ id: z.string(), name: z.string(), type: z.string(), ttl: z.number(), value: z.string() }),
  ),
  most: z.number().optional(),
});

const limits: ProviderCapabilities = {
  granularity: 'record',
  // A set is replaced whole: its old values and its new ones in one batch.
  maxValuesPerRrset: Math.floor(mostRecords / 2),
  usualValuesPerRrset: Math.floor(mostRecords / 2),
  batch: { records: mostRecords },
  costOf: (changes) => ({ records: changes.reduce((sum, one) => sum + before(one).length + after(one).length, 0) }),
};

export function createRegistryProvider(deps: RegistryDeps, options: RegistryOptions): Provider {
  const { zone, url } = options;
  const label = `registry ${new URL(url).hostname} ${zone}`;
  const ask = async (query: string, init: RequestInit, signal: AbortSignal) => {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]);
    const headers = { authorization: `Bearer ${options.token}` };
    try {
      const response = await deps.fetch(`${url}${query}`, { ...init, headers, signal: deadline });
      return { status: response.status, body: (await response.json()) as unknown };
    } catch (error) {
      throw new LifeboatError(deadline.aborted ? 'timeout' : 'network', `${label}: ${messageOf(error)}`);
    }
  };
  const list = async (query: string, signal: AbortSignal) => {
    const { status, body } = await ask(query, { method: 'GET' }, signal);
    if (status !== 200) throw new LifeboatError('network', `${label} answered ${status}`);
    const { records, most } = listed.parse(body);
    return { records, most, handles: handlesOf(records) };
  };
  return {
    label,
    zone,
    async describe(signal) {
      const { records, most } = await list('', signal);
      return most === undefined ? limits : { ...limits, quota: { most: most - 1, used: records.length } };
    },
    async readMarker(signal) {
      const { records, handles } = await list(`?name=${markerName(zone)}`, signal);
      return { marker: zoneStateOf(zone, setsOf(records)).marker, handles };
    },
    async readZone(signal) {
      const { records, handles } = await list('', signal);
      return { ...zoneStateOf(zone, setsOf(records)), handles };
    },
    async apply(batch, signal): Promise<ApplyOutcome> {
      checkBatch(zone, batch, limits);
      const sent = batchOf(zone, batch);
      if (typeof sent === 'string') return { status: 'conflict', reason: sent };
      const { status, body } = await ask('', { method: 'POST', body: JSON.stringify(sent) }, signal);
      if (status === 200) return { status: 'applied', handles: handlesOf(listed.parse(body).records) };
      const reason = `${label} answered ${status}`;
      return { status: status === 409 ? 'conflict' : 'refused', reason };
    },
  };
}

/** Everything in its zone, and an SOA, for the probe: what its name servers would answer. */
export function createRegistryReader(provider: Provider): () => Promise<readonly Rrset[]> {
  const { zone } = provider;
  return async () => {
    const { rrsets, marker } = await provider.readZone(AbortSignal.timeout(1000));
    const soa: Rrset = { name: zone, type: 'SOA', ttlSeconds: 30, values: ['ns. hostmaster. 1 3600 600 86400 30'] };
    return [soa, ...rrsets, ...(marker === undefined ? [] : [markerSet(zone, marker)])];
  };
}

/** What is sent; a text: what the reading did not show. */
function batchOf(zone: Name, { expected, next, changes, handles = {} }: Batch): HostBatch | string {
  const markerOf = (marker: Marker | undefined) => (marker === undefined ? [] : recordsOf(markerSet(zone, marker)));
  const going = [...markerOf(expected), ...changes.flatMap(before)];
  const unknown = going.find((record) => handles[keyOf(record)] === undefined);
  if (unknown !== undefined) return `${keyOf(unknown)} is not in the zone`;
  const posts = [...markerOf(next), ...changes.flatMap(after)];
  return {
    deletes: going.map((record) => handles[keyOf(record)] ?? ''),
    alone: [...new Set([...going, ...posts].map(({ name, type }) => `${name} ${type}`))],
    posts,
  };
}

function before(change: Change): readonly NewRecord[] {
  return change.action === 'create' ? [] : recordsOf(change.before);
}

function after(change: Change): readonly NewRecord[] {
  return change.action === 'delete' ? [] : recordsOf(change.after);
}

function recordsOf({ name, type, ttlSeconds, values }: Rrset): readonly NewRecord[] {
  return values.map((value) => ({ name, type, ttl: ttlSeconds, value }));
}

export function setsOf(records: readonly HostRecord[]): readonly Rrset[] {
  const known = records.flatMap((record) => {
    const type = recordTypes.find((one): one is RecordType => one === record.type);
    return type === undefined ? [] : [{ ...record, type }];
  });
  return [...Map.groupBy(known, ({ name, type }) => `${name} ${type}`).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const values = same.map(({ value }) => value).sort();
    return [{ name: parseName(first.name), type: first.type, ttlSeconds: first.ttl, values }];
  });
}

function keyOf({ name, type, value }: NewRecord): string {
  return `${name} ${type} ${value}`;
}

function handlesOf(records: readonly HostRecord[]): Handles {
  return Object.fromEntries(records.map((record) => [keyOf(record), record.id]));
}
