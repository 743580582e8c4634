// Everything about the configuration of captures by zone transfer: its fields, its terms, how it is secured, its lines in the template. The fields
// stand in `snapshot` and `dns` of a cluster (cluster/cluster.ts). Checks only; whoever transfers is snapshot/sources/axfr.ts.
import type { SourceTerms } from '../../model/source.ts';
import { milliseconds, wholeNumber } from '../field.ts';
import { tsigSchema } from '../tsig.ts';

/** In `snapshot`. */
export const axfrFields = {
  timeoutMs: milliseconds(1000, 600_000, 20_000, {
    what: 'Deadline of one transfer',
    why: '4,000 Services took 0.25 s on a loopback interface; the rest is for slow links.',
  }),
  bytesPerHour: wholeNumber('bytes', 1_000_000, 100_000_000_000, 500_000_000, {
    what: 'Bytes that transfers may take in an hour',
    why: '4,000 Services are 1.8 MB a transfer, so 105 MB an hour at the default interval.',
  }),
  maxBytes: wholeNumber('bytes', 100_000, 10_000_000_000, 100_000_000, {
    what: 'A larger transfer is refused',
    why: 'A limit on memory, whatever the server sends.',
  }),
  maxRecords: wholeNumber('', 1, 10_000_000, 500_000, {
    what: 'A transfer of more records is refused',
    why: 'In a Worker 60,000 at most: its memory holds some 30,000 Services.',
  }),
};

/** In `dns`. */
export const transferKeyField = tsigSchema({
  what: 'The key for zone transfers and serial probes by IXFR (the `tsig` plugin with `require AXFR IXFR`)',
  why: 'Without a key anybody may read the whole zone, and a forged transfer cannot be told from a true one: only inside a trusted network.',
}).exactOptional();

/** CoreDNS answers transfers while the API server is down: it still holds what that one said last. */
export function axfrTerms(snapshot: {
  readonly leastIntervalMs: number;
  readonly bytesPerHour: number;
}): Omit<SourceTerms, 'id'> {
  const { leastIntervalMs, bytesPerHour } = snapshot;
  return {
    title: 'zone transfer',
    usableWhile: 'dns-synced',
    budget: { leastIntervalMs, bytesPerHour },
  };
}

/** For functions/deployment/reach.ts: what keeps transfers and questions from being forged. */
export function securedTransfer(dns: { readonly tsig?: unknown; readonly tls?: { readonly client?: unknown } }): {
  readonly secured: string;
  readonly warning?: string;
} {
  const signed = dns.tsig === undefined ? '' : 'transfers signed with TSIG';
  if (dns.tls !== undefined) {
    const shown = dns.tls.client === undefined ? '' : ', with a client certificate';
    return { secured: [`DNS over TLS${shown}`, signed].filter(Boolean).join('; ') };
  }
  if (signed !== '') return { secured: `${signed}; questions in the clear` };
  return {
    secured: 'nothing',
    warning: 'without dns.tsig or dns.tls anybody on the way can forge a transfer: only inside a trusted network',
  };
}

/** Of `snapshot`, with the source's own fields. */
export const axfrTemplate = `      // snapshot: {
      //   source: 'axfr', intervalMs: 60_000, leastIntervalMs: 30_000, timeoutMs: 20_000,
      //   bytesPerHour: 500_000_000, maxBytes: 100_000_000, maxRecords: 500_000,
      //   mustHave: ['kubernetes.default.svc'], keep: 50,
      // },`;
