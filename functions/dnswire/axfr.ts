// Zone transfers: the whole zone by AXFR (RFC 5936), and the serial alone by IXFR (RFC 1995), each over its own TCP connection.
// It says what came and whether that is a whole, verified transfer; whether the zone makes sense is decided elsewhere.
import { assert } from '../lib/assert.ts';
import { withDeadline } from '../lib/deadline.ts';
import { formatEndpoint } from '../lib/endpoint.ts';
import type { LifeboatError } from '../lib/errors.ts';
import type { Endpoint } from '../lib/network.ts';
import type { LeftRecord } from '../records/left-record.ts';
import type { Name } from '../records/name.ts';
import { parseSoa, type Soa } from '../records/rdata/index.ts';
import type { DnsRecord } from '../records/rrset.ts';
import type { Query } from './message.ts';
import { maxFrameOctets } from './stream.ts';
import { type Answer, answersTo, type Refused, refusing, stop } from './transfer-answers.ts';
import type { AskOptions, DnsDeps } from './transport.ts';

export type { Refused, TransferRefusal } from './transfer-answers.ts';

export interface Transferred {
  readonly status: 'transferred';
  readonly soa: Soa;
  readonly serial: number;
  /** Everything between the two SOAs, in the order in which it came, duplicates included. */
  readonly records: readonly DnsRecord[];
  /** What came between them and could not be read, with the reason; it counts among `maxRecords`. */
  readonly left: readonly LeftRecord[];
  readonly messages: number;
  /** Octets of all messages, length prefixes left out. */
  readonly bytes: number;
  /** True: every signed message was verified, and the last one was signed. */
  readonly signed: boolean;
  readonly elapsedMs: number;
}

export interface TransferOptions extends AskOptions {
  /** Limits on what is read; beyond them the transfer is refused as `too-large`. */
  readonly maxBytes: number;
  readonly maxRecords: number;
  /** Called after each message. */
  readonly onProgress?: (progress: {
    readonly messages: number;
    readonly records: number;
    readonly bytes: number;
  }) => void;
}

/** Transfers a zone. What the server or the network does never throws; errors: `internal` only. */
export function transfer(
  deps: DnsDeps,
  server: Endpoint,
  zone: Name,
  options: TransferOptions,
): Promise<Transferred | Refused> {
  const what = `AXFR of ${zone} from ${formatEndpoint(server)}`;
  const startedAt = deps.clock.now();
  const progress: Progress = { zone, soa: undefined, closed: false, records: [], left: [], messages: 0, bytes: 0 };
  return refusing(
    what,
    () => soFar(progress),
    () =>
      withDeadline(deps.clock, { ...options, what }, async (signal) => {
        const ask: Query = { name: zone, type: 'AXFR' };
        for await (const answer of answersTo(deps, server, ask, { ...options, signal })) {
          take(progress, answer, options.maxRecords);
          const { messages, records, bytes } = progress;
          options.onProgress?.({ messages, records: records.length, bytes });
          if (progress.closed) return finish(progress, answer, options, deps.clock.now() - startedAt);
        }
        throw stop('truncated', 'the server ended the stream before the closing SOA');
      }),
  );
}

export interface SerialAnswered {
  readonly status: 'answered';
  readonly serial: number;
  readonly soa: Soa;
  /** Records in the first message: 1 when the server's serial is the one asked with. */
  readonly records: number;
  readonly bytes: number;
  readonly signed: boolean;
  readonly latencyMs: number;
}

/** Asks for the serial by IXFR over TCP: reads the first message's first SOA and ends the connection. No cache holds it. Throws as `transfer`. */
export function ixfrSerial(
  deps: DnsDeps,
  server: Endpoint,
  zone: Name,
  options: AskOptions & { readonly knownSerial: number },
): Promise<SerialAnswered | Refused> {
  const what = `IXFR of ${zone} from ${formatEndpoint(server)}`;
  const startedAt = deps.clock.now();
  return refusing(
    what,
    () => '',
    () =>
      withDeadline(deps.clock, { ...options, what }, async (signal): Promise<SerialAnswered> => {
        const ask: Query = { name: zone, type: 'IXFR', serial: options.knownSerial };
        for await (const answer of answersTo(deps, server, ask, { ...options, maxBytes: 4 * maxFrameOctets, signal })) {
          const { answers } = answer.message;
          const [first] = answers;
          if (first?.type !== 'SOA' || first.name !== zone)
            throw stop('malformed', 'the answer does not begin with the SOA');
          const soa = parseSoa(first.value);
          const latencyMs = deps.clock.now() - startedAt;
          const { bytes, signed } = answer;
          const records = answers.length;
          return { status: 'answered', serial: soa.serial, soa, records, bytes: bytes.length, signed, latencyMs };
        }
        throw stop('truncated', 'the server closed the connection without an answer');
      }),
  );
}

interface Progress {
  readonly zone: Name;
  soa: DnsRecord | undefined;
  closed: boolean;
  readonly records: DnsRecord[];
  readonly left: LeftRecord[];
  messages: number;
  bytes: number;
}

/**
 * Takes over the records of one message. RFC 5936 section 2.2: SOA first, the same SOA last, nothing after it. A record that is not in the
 * zone is taken like the others: whoever uses them looks at names anyway.
 */
function take(progress: Progress, { bytes, message }: Answer, maxRecords: number): void {
  const { zone, records, left } = progress;
  progress.messages += 1;
  progress.bytes += bytes.length;
  left.push(...message.left);
  if (records.length + left.length > maxRecords) throw overLimit(maxRecords);
  for (const record of message.answers) {
    if (progress.closed) throw stop('malformed', `a record of ${record.name} comes after the closing SOA`);
    const isSoa = record.type === 'SOA' && record.name === zone;
    if (progress.soa === undefined) {
      if (!isSoa) throw stop('malformed', `the first record is ${record.name} ${record.type}, not the SOA of the zone`);
      progress.soa = record;
    } else if (isSoa) {
      if (record.value !== progress.soa.value)
        throw stop('malformed', 'the closing SOA is not the one that opened the transfer');
      progress.closed = true;
    } else if (records.length + left.length >= maxRecords) {
      throw overLimit(maxRecords);
    } else {
      records.push(record);
    }
  }
}

function overLimit(maxRecords: number): LifeboatError {
  return stop('too-large', `the zone has more than ${maxRecords} records, the limit`);
}

function finish(progress: Progress, last: Answer, options: AskOptions, elapsedMs: number): Transferred {
  const { records, left, messages, bytes } = progress;
  assert(progress.soa !== undefined, 'a closed transfer has a SOA');
  const soa = parseSoa(progress.soa.value);
  const signed = options.tsig !== undefined;
  if (signed && !last.signed) throw stop('missing-mac', 'the last message is not signed');
  if (records.length + left.length === 0) {
    throw stop('empty', `SOA and SOA only, serial ${soa.serial}: the zone is empty, the server may not be synced`);
  }
  return { status: 'transferred', soa, serial: soa.serial, records, left, messages, bytes, signed, elapsedMs };
}

function soFar({ messages, records, bytes }: Progress): string {
  return messages === 0 ? '' : ` (after ${messages} messages, ${records.length} records, ${bytes} octets)`;
}
