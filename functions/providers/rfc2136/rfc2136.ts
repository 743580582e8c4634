// A standby zone on an authoritative server that takes dynamic updates (RFC 2136) and transfers (AXFR), both signed (TSIG): Knot, BIND.
// One batch is one UPDATE message over TCP, atomic on the primary server. It never sends a batch twice.

import { type TransferRefusal, transfer } from '../../dnswire/axfr.ts';
import type { Rcode } from '../../dnswire/codes.ts';
import { type DnsDeps, query, sendUpdate } from '../../dnswire/transport.ts';
import type { TsigKey } from '../../dnswire/tsig.ts';
import { maxUpdateOctets } from '../../dnswire/update.ts';
import { assertNever } from '../../lib/assert.ts';
import { formatEndpoint } from '../../lib/endpoint.ts';
import { codeOf, type ErrorCode, LifeboatError, messageOf } from '../../lib/errors.ts';
import type { Endpoint } from '../../lib/network.ts';
import { markerName } from '../../plan/marker.ts';
import type { Name } from '../../records/name.ts';
import { groupRecords } from '../../records/rrset.ts';
import type { ApplyOutcome, Batch, MarkerRead, Provider, ProviderCapabilities } from '../provider.ts';
import { checkBatch, markerOf, zoneStateOf } from '../zone-state.ts';
import { updateCost } from './update-cost.ts';
import { updateFor } from './update-message.ts';

export interface Rfc2136Options {
  /** The primary server of the zone. */
  readonly server: Endpoint;
  readonly zone: Name;
  /** For updates and for reading back; an answer without a good signature is not believed. */
  readonly tsig: TsigKey;
  /** Deadline of one update, and of one transfer. */
  readonly timeoutMs: number;
  /** Default 60,000 octets, at most what a TCP message holds. */
  readonly maxMessageBytes?: number;
  /** Default 65,535. BIND since 9.18.28 takes 100 unless its `max-records-per-type` says otherwise. */
  readonly maxValuesPerRrset?: number;
  /** Limits of reading back; defaults 200,000,000 octets and 2,000,000 records. */
  readonly maxBytes?: number;
  readonly maxRecords?: number;
}

/** Header, question, and the marker: expected, removed and added, with its name each time. */
const fixedOctets = 1_500;
const maxRecordsPerSection = 0xffff;
const bindDefaultValues = 100;
const bindHint = 'BIND takes 100 in one set: put `max-records-per-type 0;` (no limit) into its zone';

function rfc2136Label(server: Endpoint, zone: Name): string {
  return `rfc2136 ${formatEndpoint(server)} ${zone}`;
}

export function createRfc2136Provider(deps: DnsDeps, options: Rfc2136Options): Provider {
  const { server, zone, tsig, timeoutMs, maxMessageBytes = 60_000 } = options;
  const { maxValuesPerRrset = maxRecordsPerSection, maxBytes = 200_000_000, maxRecords = 2_000_000 } = options;
  const label = rfc2136Label(server, zone);
  const capabilities: ProviderCapabilities = {
    granularity: 'rrset',
    maxValuesPerRrset,
    usualValuesPerRrset: bindDefaultValues,
    batch: { records: maxRecordsPerSection, octets: Math.min(maxMessageBytes, maxUpdateOctets) - fixedOctets },
    costOf: updateCost,
  };
  return {
    label,
    zone,
    describe: async () => capabilities,
    readMarker: (signal) => readMarker(deps, options, signal),
    async readZone(signal) {
      const outcome = await transfer(deps, server, zone, { tsig, timeoutMs, maxBytes, maxRecords, signal });
      if (outcome.status === 'transferred') return zoneStateOf(zone, groupRecords(outcome.records), outcome.left);
      // A standby zone may hold nothing but its SOA; the transfer was whole and signed.
      if (outcome.reason === 'empty') return { rrsets: [], marker: undefined };
      throw new LifeboatError(codeOfRefusal(outcome.reason), `${label} cannot be read: ${outcome.evidence}`);
    },
    async apply(batch, signal) {
      checkBatch(zone, batch, capabilities);
      try {
        const { message } = await sendUpdate(deps, server, updateFor(zone, batch), { tsig, timeoutMs, signal });
        return outcomeOf(message.rcode, label, batch);
      } catch (error) {
        if (codeOf(error) !== 'credential') throw error;
        return { status: 'refused', reason: `${label}: ${messageOf(error)}` };
      }
    },
  };
}

/** One question for the marker, over TCP as it is written: a way that is open for the one is open for the other. */
async function readMarker(
  deps: DnsDeps,
  { server, zone, tsig, timeoutMs }: Rfc2136Options,
  signal: AbortSignal,
): Promise<MarkerRead> {
  const ask = { name: markerName(zone), type: 'TXT' } as const;
  const { message } = await query(deps, server, ask, { timeoutMs, tsig, signal, protocol: 'tcp' });
  const { rcode, flags, answers } = message;
  const cannot = (code: ErrorCode, why: string) =>
    new LifeboatError(code, `the marker of ${rfc2136Label(server, zone)} cannot be read: the server ${why}`);
  switch (rcode) {
    case 'NOERROR':
    case 'NXDOMAIN':
      if (!flags.aa) throw cannot('protocol', 'answers without authority: it does not hold the zone');
      return { marker: markerOf(zone, groupRecords(answers)) };
    case 'REFUSED':
    case 'NOTAUTH':
      throw cannot('credential', `says ${rcode}: it does not hold the zone, or wants another key`);
    default:
      throw cannot('protocol', `says ${rcode}`);
  }
}

/** RFC 2136 section 3.1 to 3.6: every answer but NOERROR means that nothing was done. */
function outcomeOf(rcode: Rcode, label: string, { expected, changes }: Batch): ApplyOutcome {
  const marker = expected === undefined ? 'no marker' : `marker generation ${expected.generation}`;
  switch (rcode) {
    case 'NOERROR':
      return { status: 'applied' };
    case 'NXRRSET':
    case 'YXRRSET':
    case 'NXDOMAIN':
    case 'YXDOMAIN': {
      const reason = `${label} says ${rcode}: it no longer holds what this batch of ${changes.length} changes expects (${marker}, and the sets as they were read); another writer was faster`;
      return { status: 'conflict', reason };
    }
    case 'REFUSED':
      return {
        status: 'refused',
        reason: `${label} says REFUSED: its policy does not let this key update these names`,
      };
    case 'NOTAUTH':
    case 'NOTZONE':
      return { status: 'refused', reason: `${label} says ${rcode}: the server is not the primary of this zone` };
    default: {
      const largest = Math.max(
        0,
        ...changes.map((change) => (change.action === 'delete' ? 0 : change.after.values.length)),
      );
      const hint =
        rcode === 'SERVFAIL' && largest > bindDefaultValues ? `; a set has ${largest} values, and ${bindHint}` : '';
      const reason = `${label} answers an UPDATE of ${changes.length} changes with ${rcode}: nothing was written${hint}`;
      throw new LifeboatError('protocol', reason);
    }
  }
}

function codeOfRefusal(reason: TransferRefusal): ErrorCode {
  switch (reason) {
    case 'timeout':
    case 'tls':
      return reason;
    case 'network':
    case 'truncated':
      return 'network';
    case 'bad-mac':
    case 'bad-key':
    case 'bad-time':
    case 'missing-mac':
    case 'refused':
    case 'notauth':
      return 'credential';
    case 'too-large':
      return 'limit';
    case 'malformed':
    case 'server-failure':
    case 'empty':
      return 'protocol';
    default:
      return assertNever(reason, 'transfer refusal');
  }
}
