// Asks a standby zone on an authoritative server: plain questions, signed, each in a connection of its own to the server itself. Over TCP, as
// it is written and read back: a way that is open for the one is open for the other. No decisions.
import { type DnsDeps, query } from '../functions/dnswire/transport.ts';
import type { TsigKey } from '../functions/dnswire/tsig.ts';
import { formatEndpoint } from '../functions/lib/endpoint.ts';
import type { Endpoint } from '../functions/lib/network.ts';
import type { Name } from '../functions/records/name.ts';
import { failureOf } from './dns-serial.ts';
import type { StandbyView } from './standby.ts';

export interface StandbyDnsTarget {
  readonly id: string;
  readonly server: Endpoint;
  readonly zone: Name;
  /** Signs the questions: a server that answers some addresses only lets the key in all the same. */
  readonly tsig: TsigKey;
  /** Of each question. */
  readonly timeoutMs: number;
}

export function createStandbyDnsView(
  deps: DnsDeps,
  { id, server, zone, tsig, timeoutMs }: StandbyDnsTarget,
): StandbyView {
  return {
    id,
    where: formatEndpoint(server),
    zone,
    begin: () => async (name, type) => {
      try {
        const { message } = await query(deps, server, { name, type }, { timeoutMs, tsig, protocol: 'tcp' });
        const { rcode, flags, answers } = message;
        const own = answers.filter((record) => record.name === name && record.type === type);
        const values = [...new Set(own.map(({ value }) => value))].sort();
        return { status: 'answered', rcode, isAuthoritative: flags.aa, values };
      } catch (error) {
        const { status, reason, evidence } = failureOf(error);
        return { status: 'failed', condition: status, reason, evidence };
      }
    },
  };
}
