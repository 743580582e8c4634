// The two records of a message that are no data: OPT, which says what the client takes, and TSIG, which signs. It finds and checks their place
// and form; whether a signature is good is decided elsewhere.
import { classes, types } from '../dns/codes.ts';
import type { TsigRecord } from '../dns/tsig-record.ts';
import type { Message, WireRecord } from './message-reader.ts';

/** Section 5.1 of RFC 8945: at most one, and the last record of all. */
export function tsigRecordOf({ bytes, ...sections }: Message): TsigRecord | undefined | 'malformed' {
  const { answers, authorities, additionals } = sections;
  const last = additionals.at(-1);
  const all = [...answers, ...authorities, ...additionals].filter(({ type }) => type === types.TSIG);
  if (all.length === 0) return undefined;
  if (all.length > 1 || last?.type !== types.TSIG || last.klass !== classes.ANY || last.ttlSeconds !== 0)
    return 'malformed';
  return { keyName: last.name, at: last.at, data: bytes.subarray(last.dataAt, last.dataAt + last.dataLength) };
}

/** RFC 6891 section 6.1.1: at most one, with the root as its name. */
export function optOf({ additionals }: Message): WireRecord | undefined | 'malformed' {
  const all = additionals.filter(({ type }) => type === types.OPT);
  const [opt] = all;
  return all.length > 1 || (opt !== undefined && opt.name !== '.') ? 'malformed' : opt;
}

/** The second octet of what is the TTL elsewhere: RFC 6891 section 6.1.3. */
export function versionOf({ ttlSeconds }: WireRecord): number {
  return (ttlSeconds >> 16) & 0xff;
}
