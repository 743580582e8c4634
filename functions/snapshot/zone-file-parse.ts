// Reads zone-file text (RFC 1035 section 5.1, $TTL of RFC 2308 section 4) into record sets. Pure. It must not open files:
// $INCLUDE and $GENERATE are refused.
import { LifeboatError, messageOf } from '../lib/errors.ts';
import type { LeftRecord } from '../records/left-record.ts';
import { type Name, parseName } from '../records/name.ts';
import { rdataOf } from '../records/rdata/index.ts';
import { type DnsRecord, groupRecords, type RecordType, type Rrset, typeText } from '../records/rrset.ts';
import { type Entry, entriesOf, errorAt, type Token } from './zone-file-lexer.ts';

export interface ZoneFileOptions {
  /** What relative names are relative to, until an $ORIGIN; default: none, then the file must say. */
  readonly origin?: Name;
  /** Default 134,217,728 (128 MiB of ASCII). */
  readonly maxCharacters?: number;
  /** Default 2,000,000. */
  readonly maxLines?: number;
}

export interface ParsedZoneFile {
  /** The SOA's owner; without an SOA the given origin, else the first $ORIGIN. */
  readonly origin: Name;
  readonly soa?: Rrset;
  /** Everything but the SOA, in canonical order, duplicates dropped; a set's TTL is its smallest (RFC 2181 section 5.2). */
  readonly rrsets: readonly Rrset[];
  /** The same, one by one as they stand there, each with its own TTL. */
  readonly records: readonly DnsRecord[];
  /** Records of types that Lifeboat does not read: whoever reads a file tells of them. */
  readonly left: readonly LeftRecord[];
}

/** Which words of the rdata are names, and how many words there are; relative names are completed before rdata/ sees them. */
const rdataShapes: Readonly<Record<RecordType, { readonly names: readonly number[]; readonly words?: number }>> = {
  A: { names: [], words: 1 },
  AAAA: { names: [], words: 1 },
  CNAME: { names: [0], words: 1 },
  NS: { names: [0], words: 1 },
  PTR: { names: [0], words: 1 },
  SRV: { names: [3], words: 4 },
  SOA: { names: [0, 1], words: 7 },
  TXT: { names: [] },
};

/** Names of RFC 1035 section 3.2.4, numbers of RFC 3597 section 5. */
const classPattern = /^(in|ch|hs|cs|class\d{1,5})$/i;
const maxTtlSeconds = 2 ** 31 - 1;
const ttlUnits: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

interface State {
  origin: Name | undefined;
  firstOrigin: Name | undefined;
  owner: Name | undefined;
  defaultTtl: number | undefined;
  lastTtl: number | undefined;
  soa: DnsRecord | undefined;
  readonly records: DnsRecord[];
  readonly left: LeftRecord[];
}

/** Errors are LifeboatError `input`: `line 12, column 5: ...`. */
export function parseZoneFile(text: string, options: ZoneFileOptions = {}): ParsedZoneFile {
  const { origin, maxCharacters = 134_217_728, maxLines = 2_000_000 } = options;
  const state: State = {
    origin,
    firstOrigin: origin,
    owner: undefined,
    defaultTtl: undefined,
    lastTtl: undefined,
    soa: undefined,
    records: [],
    left: [],
  };
  for (const entry of entriesOf(text, { maxCharacters, maxLines })) readEntry(state, entry);
  const apex = state.soa?.name ?? state.firstOrigin;
  if (apex === undefined) {
    throw new LifeboatError('input', 'the zone file names no origin: add $ORIGIN or an SOA record, or give the origin');
  }
  const { soa, records, left } = state;
  return {
    origin: apex,
    rrsets: groupRecords(records),
    records,
    left,
    ...(soa === undefined ? {} : { soa: toSet(soa) }),
  };
}

function readEntry(state: State, { tokens, blankOwner }: Entry): void {
  const [first, ...rest] = tokens;
  if (first === undefined) return;
  if (blankOwner) {
    if (state.owner === undefined) throw errorAt(first, 'a record without an owner, and there is none before it');
    readRecord(state, state.owner, first, tokens);
  } else if (!first.quoted && first.text.startsWith('$')) {
    readDirective(state, first, rest);
  } else {
    state.owner = readName(state, first);
    readRecord(state, state.owner, first, rest);
  }
}

function readDirective(state: State, directive: Token, args: readonly Token[]): void {
  const word = directive.text.toUpperCase();
  if (word === '$INCLUDE' || word === '$GENERATE') {
    throw errorAt(directive, `${word} is not supported: put the records themselves into the file`);
  }
  if (word !== '$ORIGIN' && word !== '$TTL') throw errorAt(directive, `unknown directive ${directive.text}`);
  const [argument, extra] = args;
  if (argument === undefined) throw errorAt(directive, `${word} needs a value`);
  if (extra !== undefined) throw errorAt(extra, `${word} takes one value`);
  if (word === '$ORIGIN') {
    state.origin = readName(state, argument);
    state.firstOrigin ??= state.origin;
    return;
  }
  state.defaultTtl = readTtl(argument);
  if (state.defaultTtl === undefined) throw errorAt(argument, `"${argument.text}" is not a TTL`);
}

/** `[TTL] [class] type rdata`, or `[class] [TTL] type rdata`. */
function readRecord(state: State, name: Name, entryStart: Token, tokens: readonly Token[]): void {
  let at = 0;
  let ttl: number | undefined;
  let isClassRead = false;
  for (; at < 2; at++) {
    const token = tokens[at];
    if (token === undefined || token.quoted) break;
    const number: number | undefined = ttl === undefined ? readTtl(token) : undefined;
    if (number !== undefined) ttl = number;
    else if (!isClassRead && classPattern.test(token.text)) {
      if (!/^(in|class0*1)$/i.test(token.text)) throw errorAt(token, `class ${token.text}: only IN is supported`);
      isClassRead = true;
    } else break;
  }
  const type = tokens[at];
  if (type === undefined) throw errorAt(tokens.at(-1) ?? entryStart, 'a record without a type');
  const known = readType(type);
  if (ttl !== undefined) state.lastTtl = ttl;
  if (!isSupported(known)) {
    state.left.push({ name, type: known, why: 'type', detail: `line ${type.line}` });
    return;
  }
  const value = readRdata(state, known, type, tokens.slice(at + 1));
  keep(state, { name, type: known, ttlSeconds: ttl ?? defaultTtl(state, known, value, type), value }, type);
}

/** A type by its name, or by its number (`TYPE1`, RFC 3597 section 5). */
function readType(token: Token): string {
  const type = token.text.toUpperCase();
  if (token.quoted || !/^[A-Z][A-Z0-9-]{0,15}$/.test(type))
    throw errorAt(token, `"${token.text}" is not a record type`);
  const number = /^TYPE(\d{1,5})$/.exec(type)?.[1];
  return number === undefined ? type : typeText(Number(number));
}

function keep(state: State, record: DnsRecord, place: Token): void {
  if (record.type !== 'SOA') {
    state.records.push(record);
    return;
  }
  // `dig axfr` prints the SOA at both ends.
  if (state.soa !== undefined && (state.soa.name !== record.name || state.soa.value !== record.value)) {
    throw errorAt(place, `a second SOA that differs from the first, of ${state.soa.name}`);
  }
  state.soa = record;
}

/** RFC 2308 section 4: $TTL; before it, RFC 1035: the last one stated; then the SOA's minimum. */
function defaultTtl(state: State, type: RecordType, value: string, place: Token): number {
  const soa = type === 'SOA' ? value : state.soa?.value;
  const minimum = soa === undefined ? undefined : Number(soa.split(' ')[6]);
  const ttl = state.defaultTtl ?? state.lastTtl ?? minimum;
  if (ttl === undefined)
    throw errorAt(place, 'a record without a TTL, and neither $TTL nor a record before it gives one');
  return ttl;
}

function readRdata(state: State, type: RecordType, place: Token, tokens: readonly Token[]): string {
  const shape = rdataShapes[type];
  const first = tokens[0];
  if (first === undefined) throw errorAt(place, `${type} without a value`);
  if (first.text === '\\#') return readGeneric(type, first, tokens.slice(1));
  if (shape.words !== undefined && tokens.length !== shape.words) {
    const last = tokens[shape.words] ?? place;
    throw errorAt(last, `${type} takes ${shape.words} values, this one has ${tokens.length}`);
  }
  const words = tokens.map((token, index) => {
    if (shape.names.includes(index)) return absolute(state, token);
    const seconds = type === 'SOA' && index > 2 ? readTtl(token) : undefined;
    return seconds === undefined ? token.text : String(seconds);
  });
  try {
    return rdataOf(type).parse(words.join(' '));
  } catch (error) {
    throw errorAt(first, messageOf(error));
  }
}

/** `\# 4 0a600014`: the octets themselves, names in them not compressed (RFC 3597 section 5). */
function readGeneric(type: RecordType, mark: Token, tokens: readonly Token[]): string {
  const [length, ...words] = tokens;
  const hex = words.map(({ text }) => text).join('');
  const isWhole = /^\d{1,5}$/.test(length?.text ?? '') && /^[0-9a-f]*$/i.test(hex);
  if (!isWhole || hex.length !== 2 * Number(length?.text)) {
    throw errorAt(mark, `the generic form wants a length and as many octets in hexadecimal (RFC 3597), for ${type}`);
  }
  const octets = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  try {
    const value = rdataOf(type).fromWire(octets, 0, octets.length);
    if (rdataOf(type).toWire(value).length === octets.length) return value;
  } catch (error) {
    throw errorAt(mark, messageOf(error));
  }
  throw errorAt(mark, `${type} data with a compressed name, which the generic form does not allow (RFC 3597)`);
}

function readName(state: State, token: Token): Name {
  const text = absolute(state, token);
  try {
    return parseName(text);
  } catch (error) {
    throw errorAt(token, messageOf(error));
  }
}

function absolute(state: State, token: Token): string {
  if (token.quoted) throw errorAt(token, 'a domain name in quotes');
  if (/(^|[^\\])(\\\\)*\.$/.test(token.text)) return token.text;
  if (state.origin === undefined) {
    throw errorAt(
      token,
      `the name ${token.text} is relative, and no origin is known yet: add $ORIGIN or give the origin`,
    );
  }
  if (token.text === '@') return state.origin;
  return state.origin === '.' ? `${token.text}.` : `${token.text}.${state.origin}`;
}

/** Seconds, or BIND's `1h30m`; undefined when the word is no TTL at all. */
function readTtl(token: Token): number | undefined {
  if (token.quoted || !/^(\d+|(\d+[smhdw])+)$/i.test(token.text)) return undefined;
  let seconds = 0;
  for (const [, count, unit = 's'] of token.text.matchAll(/(\d+)([smhdw])?/gi)) {
    seconds += Number(count) * (ttlUnits[unit.toLowerCase()] ?? 1);
  }
  if (seconds > maxTtlSeconds) throw errorAt(token, `${seconds} is more than the largest TTL, ${maxTtlSeconds}`);
  return seconds;
}

function isSupported(type: string): type is RecordType {
  return Object.hasOwn(rdataShapes, type);
}

function toSet({ name, type, ttlSeconds, value }: DnsRecord): Rrset {
  return { name, type, ttlSeconds, values: [value] };
}
