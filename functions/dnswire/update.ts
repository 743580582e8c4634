// UPDATE messages, RFC 2136: encoded here because dns-packet knows no class NONE and compresses nothing. Pure; it sends nothing.
import { LifeboatError } from '../lib/errors.ts';
import { labelsOf, type Name } from '../records/name.ts';
import { rdataOf } from '../records/rdata/index.ts';
import type { RecordType } from '../records/rrset.ts';
import { classAny, classIn, classNone, opcodeUpdate, typeNumber } from './codes.ts';

/** What must hold in the zone, else nothing is done. RFC 2136 section 2.4. */
export type Prerequisite =
  /** 2.4.1: the set exists, with whatever values. */
  | { readonly must: 'exist'; readonly name: Name; readonly type: RecordType }
  /** 2.4.2: the set exists with exactly these values (canonical text); TTLs do not count. */
  | { readonly must: 'hold'; readonly name: Name; readonly type: RecordType; readonly values: readonly string[] }
  /** 2.4.3: the set does not exist. */
  | { readonly must: 'not-exist'; readonly name: Name; readonly type: RecordType };

/** One step of an update, carried out in order. RFC 2136 section 2.5. */
export type UpdateStep =
  /** 2.5.1: adds these values (canonical text). */
  | {
      readonly step: 'add';
      readonly name: Name;
      readonly type: RecordType;
      readonly ttlSeconds: number;
      readonly values: readonly string[];
    }
  /** 2.5.2: deletes the whole set. */
  | { readonly step: 'delete-set'; readonly name: Name; readonly type: RecordType }
  /** 2.5.4: deletes these values of the set. */
  | {
      readonly step: 'delete-values';
      readonly name: Name;
      readonly type: RecordType;
      readonly values: readonly string[];
    };

export interface Update {
  readonly zone: Name;
  readonly prerequisites: readonly Prerequisite[];
  readonly steps: readonly UpdateStep[];
}

/** Room that is kept for the TSIG record: two names of 255 octets, the MAC and the fixed fields. */
const tsigRoomOctets = 640;
/** The largest update that fits a TCP message (RFC 1035 section 4.2.2) with its TSIG record. */
export const maxUpdateOctets = 0xffff - tsigRoomOctets;

/**
 * Encodes an update; owner names are compressed, record data is not (RFC 3597 section 4).
 * Errors: `limit` when it is larger than `maxUpdateOctets` or has more than 65,535 records in a section; `input` for bad values.
 */
export function encodeUpdate(update: Update, id: number): Uint8Array<ArrayBuffer> {
  const out = createWriter();
  out.u16(id);
  out.u16(opcodeUpdate << 11);
  out.u16(1);
  out.u16(0);
  out.u16(0);
  out.u16(0);
  out.name(update.zone);
  out.u16(typeNumber('SOA'));
  out.u16(classIn);
  const prerequisites = update.prerequisites.reduce(
    (count, prerequisite) => count + writePrerequisite(out, prerequisite),
    0,
  );
  const steps = update.steps.reduce((count, step) => count + writeStep(out, step), 0);
  out.patchU16(6, prerequisites);
  out.patchU16(8, steps);
  return out.finish();
}

function writePrerequisite(out: Writer, prerequisite: Prerequisite): number {
  const { name, type } = prerequisite;
  switch (prerequisite.must) {
    case 'exist':
      return writeRecord(out, name, type, classAny, 0, undefined);
    case 'not-exist':
      return writeRecord(out, name, type, classNone, 0, undefined);
    case 'hold':
      for (const value of prerequisite.values) writeRecord(out, name, type, classIn, 0, value);
      return prerequisite.values.length;
  }
}

function writeStep(out: Writer, step: UpdateStep): number {
  const { name, type } = step;
  switch (step.step) {
    case 'delete-set':
      return writeRecord(out, name, type, classAny, 0, undefined);
    case 'delete-values':
      for (const value of step.values) writeRecord(out, name, type, classNone, 0, value);
      return step.values.length;
    case 'add':
      for (const value of step.values) writeRecord(out, name, type, classIn, step.ttlSeconds, value);
      return step.values.length;
  }
}

/** Writes one record; without a value its data is empty. Returns 1, the number of records written. */
function writeRecord(
  out: Writer,
  name: Name,
  type: RecordType,
  klass: number,
  ttl: number,
  value: string | undefined,
): 1 {
  out.name(name);
  out.u16(typeNumber(type));
  out.u16(klass);
  out.u16(ttl >>> 16);
  out.u16(ttl & 0xffff);
  const data = value === undefined ? new Uint8Array() : rdataOf(type).toWire(value);
  out.u16(data.length);
  out.bytes(data);
  return 1;
}

interface Writer {
  u16(value: number): void;
  bytes(bytes: Uint8Array): void;
  name(name: Name): void;
  patchU16(at: number, value: number): void;
  finish(): Uint8Array<ArrayBuffer>;
}

/** A message under construction; it remembers where each name suffix stands (RFC 1035 section 4.1.4). */
function createWriter(): Writer {
  let buffer = new Uint8Array(4096);
  let at = 0;
  const suffixes = new Map<string, number>();
  const room = (octets: number) => {
    if (at + octets > maxUpdateOctets) {
      throw new LifeboatError(
        'limit',
        `the update is larger than ${maxUpdateOctets} octets; send it in smaller batches`,
      );
    }
    if (at + octets <= buffer.length) return;
    const larger = new Uint8Array(Math.max(buffer.length * 2, at + octets));
    larger.set(buffer);
    buffer = larger;
  };
  const u16 = (value: number) => {
    room(2);
    buffer[at++] = value >>> 8;
    buffer[at++] = value & 0xff;
  };
  const bytes = (added: Uint8Array) => {
    room(added.length);
    buffer.set(added, at);
    at += added.length;
  };
  const name = (text: Name) => {
    const labels = labelsOf(text);
    let rest: string = text;
    for (const label of labels) {
      const known = suffixes.get(rest);
      if (known !== undefined) return u16(0xc000 | known);
      if (at < 0x4000) suffixes.set(rest, at);
      room(1 + label.length);
      buffer[at++] = label.length;
      for (let i = 0; i < label.length; i++) buffer[at++] = label.charCodeAt(i);
      rest = rest.slice(label.length + 1);
    }
    room(1);
    buffer[at++] = 0;
  };
  const patchU16 = (offset: number, value: number) => {
    if (value > 0xffff)
      throw new LifeboatError('limit', `the update has ${value} records in a section, the limit is 65535`);
    buffer[offset] = value >>> 8;
    buffer[offset + 1] = value & 0xff;
  };
  return { u16, bytes, name, patchU16, finish: () => buffer.slice(0, at) };
}
