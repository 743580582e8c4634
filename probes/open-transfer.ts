// Does a CoreDNS hand its zone to anybody? Asked as a stranger: without a key and without a client certificate. It reads no more than it
// must, and never throws for its target. For `lifeboat check`, not for the rounds.
import { transfer } from '../functions/dnswire/axfr.ts';
import type { DnsDeps } from '../functions/dnswire/transport.ts';
import { formatEndpoint } from '../functions/lib/endpoint.ts';
import type { Endpoint } from '../functions/lib/network.ts';
import type { Name } from '../functions/records/name.ts';

export interface OpenTransfer {
  readonly status: 'open' | 'closed' | 'unknown';
  /** One line for a person. */
  readonly evidence: string;
}

const maxBytes = 262_144;
/** One record more than the SOA shows that it is open: the rest is not read. */
const maxRecords = 1;

/** `closed`: the server said no. `unknown`: it could not be asked from here, or answered something else. */
export async function probeOpenTransfer(
  deps: DnsDeps,
  server: Endpoint,
  zone: Name,
  timeoutMs: number,
): Promise<OpenTransfer> {
  const outcome = await transfer(deps, server, zone, { timeoutMs, maxBytes, maxRecords });
  const where = formatEndpoint(server);
  if (outcome.status === 'transferred' || outcome.reason === 'too-large') {
    const evidence = `${where} hands ${zone} to whoever asks: AXFR without a key was answered`;
    return { status: 'open', evidence };
  }
  switch (outcome.reason) {
    case 'refused':
    case 'notauth':
      return { status: 'closed', evidence: `${where} refuses AXFR without a key` };
    case 'tls':
      // The server's alert, when it wants a certificate (RFC 8446 section 4.4.2.4); else it was us who did not trust it.
      if (/certificate required|bad certificate|handshake failure/i.test(outcome.evidence))
        return { status: 'closed', evidence: `${where} answers nobody without a client certificate` };
      return { status: 'unknown', evidence: `AXFR without a key from ${where}: ${outcome.evidence}` };
    default:
      return { status: 'unknown', evidence: `AXFR without a key from ${where}: ${outcome.evidence}` };
  }
}
