// Snapshots as stored text: one JSON document with a checksum, checked whole when it is read. Pure; it must not open files.

import { z } from 'zod';
import { canonicalJson, sha256Hex } from '../lib/canonical.ts';
import { cut } from '../lib/clip.ts';
import { LifeboatError, messageOf } from '../lib/errors.ts';
import { type Name, parseName } from '../records/name.ts';
import { rdataOf } from '../records/rdata/index.ts';
import { compareRrsets, type Rrset, recordTypes } from '../records/rrset.ts';
import { countSnapshot } from './build.ts';
import { zoneDigest } from './digest.ts';
import type { Freshness, Snapshot } from './snapshot.ts';

/** Default limit on a document's length, in characters: some 2 million records. */
export const maxDocumentCharacters = 268_435_456;

const documentFormat = 'lifeboat-snapshot/1';
const maxTtlSeconds = 2 ** 31 - 1;
const nameShape = z.custom<Name>(isCanonicalName, 'is not an absolute lower-case domain name');
const typeShape = z.string().regex(/^[A-Z][A-Z0-9-]{0,15}$/, 'is not the name of a record type');
const count = z.int().min(0);
/** No z.record: it leaves out `__proto__`, which is a namespace to DNS, and the checksum would not fit. */
const counts = z.custom<Readonly<Record<string, number>>>(areCounts, 'are no counts');

const rrsetShape = z.strictObject({
  name: nameShape,
  type: z.enum(recordTypes),
  ttlSeconds: z.int().min(0).max(maxTtlSeconds),
  values: z.array(z.string()).min(1),
});
const originShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('axfr'), server: z.string(), signed: z.boolean() }),
  z.strictObject({ kind: z.literal('file'), path: z.string() }),
  z.strictObject({ kind: z.literal('source'), source: z.string(), place: z.string(), verified: z.boolean() }),
]);
/** A serial stands in a member of its own, as in documents of before: the checksum is over what is there. */
const freshnessShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('resource-version'), resourceVersion: z.string().min(1).max(100) }),
  z.strictObject({ kind: z.literal('instant'), at: count }),
]);
const snapshotShape = z.strictObject({
  format: z.literal(1),
  cluster: z.string(),
  number: count,
  takenAt: count,
  origin: originShape,
  zone: nameShape,
  serial: z.int().min(0).max(0xffff_ffff).exactOptional(),
  freshness: freshnessShape.exactOptional(),
  counts: z.strictObject({ records: count, rrsets: count, byType: counts, byNamespace: counts }),
  digest: z.string(),
  dropped: z.array(z.strictObject({ name: nameShape, type: typeShape, count, reason: z.string() })),
  // Left out when empty, as in documents of before: the checksum is over what is there.
  unread: z.array(nameShape).min(1).exactOptional(),
  rrsets: z.array(rrsetShape),
});
const documentShape = z.strictObject({
  document: z.literal(documentFormat),
  checksum: z.string(),
  snapshot: snapshotShape,
});

/** The document text: the digest guards the records, the checksum everything (number, time, serial and origin as well). */
export async function encodeSnapshot(snapshot: Snapshot): Promise<string> {
  const body = canonicalJson(storedForm(snapshot));
  return `{"checksum":"${await checksumOf(body)}","document":"${documentFormat}","snapshot":${body}}\n`;
}

/** Reads a document. Errors (`input`) name what is wrong: no JSON, a field, the checksum, the digest, the counts, a record. */
export async function decodeSnapshot(text: string, limit: number = maxDocumentCharacters): Promise<Snapshot> {
  if (text.length > limit) throw broken(`it has ${text.length} characters, the limit is ${limit}`);
  const parsed = documentShape.safeParse(jsonOf(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw broken(`at ${issue?.path.join('.') || 'the top'}: ${issue?.message}`);
  }
  const { checksum, snapshot } = parsed.data;
  const actual = await checksumOf(canonicalJson(snapshot));
  if (actual !== checksum) throw broken(`its checksum is ${actual}, the document says ${cut(checksum, 80)}`);
  const digest = await zoneDigest(snapshot.zone, snapshot.rrsets);
  if (digest !== snapshot.digest)
    throw broken(`its digest is ${digest}, the document says ${cut(snapshot.digest, 80)}`);
  if (canonicalJson(countSnapshot(snapshot.zone, snapshot.rrsets)) !== canonicalJson(snapshot.counts)) {
    throw broken('its counts are not those of its records');
  }
  checkRrsets(snapshot.rrsets);
  const { serial, freshness, ...rest } = snapshot;
  return { ...rest, freshness: freshnessOf(serial, freshness) };
}

/** The members as they are stored and shown. */
export function storedForm<T extends Pick<Snapshot, 'freshness'>>({ freshness, ...rest }: T) {
  return freshness.kind === 'serial' ? { ...rest, serial: freshness.serial } : { ...rest, freshness };
}

function freshnessOf(serial: number | undefined, freshness: Freshness | undefined): Freshness {
  if (serial !== undefined && freshness === undefined) return { kind: 'serial', serial };
  if (freshness !== undefined && serial === undefined) return freshness;
  throw broken('it must say how new it is, once: serial or freshness');
}

function checkRrsets(rrsets: readonly Rrset[]): void {
  let before: Rrset | undefined;
  for (const set of rrsets) {
    if (before !== undefined && compareRrsets(before, set) >= 0) {
      throw broken(`${set.name} ${set.type} is out of order or there twice`);
    }
    before = set;
    const { parse } = rdataOf(set.type);
    for (const [index, value] of set.values.entries()) {
      const previous = set.values[index - 1];
      if (canonicalOf(parse, value) !== value || (previous !== undefined && previous >= value)) {
        throw broken(`${set.name} ${set.type} holds "${cut(value, 80)}", which is not in canonical form`);
      }
    }
  }
}

function canonicalOf(parse: (text: string) => string, value: string): string {
  try {
    return parse(value);
  } catch (error) {
    throw broken(messageOf(error));
  }
}

function areCounts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => count.safeParse(each).success);
}

function isCanonicalName(value: unknown): boolean {
  try {
    return typeof value === 'string' && parseName(value) === value;
  } catch {
    return false;
  }
}

async function checksumOf(body: string): Promise<string> {
  return `sha256:${await sha256Hex(body)}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw broken(`it is no JSON (cut, or not a snapshot at all): ${messageOf(error)}`);
  }
}

function broken(why: string): LifeboatError {
  return new LifeboatError('input', `the snapshot document cannot be used: ${why}`);
}
