// Asks a CoreDNS which version it is, by its metrics page. It never throws for its target, and nothing depends on the answer but `check`.
import { withDeadline } from '../functions/lib/deadline.ts';
import type { Clock } from '../functions/lib/deps.ts';
import { formatEndpoint } from '../functions/lib/endpoint.ts';
import { messageOf } from '../functions/lib/errors.ts';
import { request } from '../functions/lib/http1.ts';
import type { Endpoint, Network } from '../functions/lib/network.ts';

const maxMetricsBytes = 4 * 1024 * 1024;

export type CorednsVersion =
  | { readonly status: 'known'; readonly version: string; readonly evidence: string }
  | { readonly status: 'unknown'; readonly evidence: string };

/** `coredns_build_info{…version="1.15.0"}` of the `prometheus` plugin (https://coredns.io/plugins/metrics/), default port 9153. */
export async function askCorednsVersion(
  deps: { readonly network: Network; readonly clock: Clock },
  metrics: Endpoint,
  timeoutMs: number,
): Promise<CorednsVersion> {
  const where = `http://${formatEndpoint(metrics)}/metrics`;
  try {
    const text = await withDeadline(deps.clock, { what: where, timeoutMs }, async (signal) => {
      const connection = await deps.network.connect(metrics, signal);
      const ask = { method: 'GET', path: '/metrics', host: formatEndpoint(metrics) };
      const { status, body } = await request(connection, ask, { maxBodyBytes: maxMetricsBytes, signal });
      return status === 200 ? new TextDecoder().decode(body) : '';
    });
    const version = /^coredns_build_info\{[^}\n]*version="([^"\n]{1,60})"/m.exec(text)?.[1];
    if (version === undefined) return { status: 'unknown', evidence: `${where} tells no coredns_build_info` };
    return { status: 'known', version, evidence: `${where}: ${version}` };
  } catch (error) {
    return { status: 'unknown', evidence: `${where}: ${messageOf(error)}` };
  }
}
