// The probe of a vantage's own network: does an address outside of the cluster take a TCP connection? Nothing is sent. It judges no target.
import type { Observation } from '../functions/decision/health/observation.ts';
import { formatEndpoint } from '../functions/lib/endpoint.ts';
import { codeOf, messageOf } from '../functions/lib/errors.ts';
import { type Endpoint, type Network, networkReasonOf } from '../functions/lib/network.ts';
import type { Target } from '../functions/model/target.ts';
import { observe, type ProbeContext, type Seen } from './observe.ts';

export interface ReferenceDeps {
  readonly network: Pick<Network, 'connect'>;
  readonly clock: { readonly now: () => number };
}

/*
 * Policy.
 *
 * | seen                          | condition | reason                       |
 * |-------------------------------|-----------|------------------------------|
 * | a connection                  | up        | none                         |
 * | refused: somebody answered    | up        | none                         |
 * | no answer, no route, cut      | down      | timeout, unreachable, no-connection, closed |
 */

/** Every address at the same time; never rejects. */
export function probeReference(
  { network, clock }: ReferenceDeps,
  reference: readonly Endpoint[],
  timeoutMs: number,
  context: ProbeContext,
): Promise<readonly Observation[]> {
  return Promise.all(
    reference.map(async (endpoint) => {
      const target: Target = { kind: 'reference', id: formatEndpoint(endpoint) };
      const startedAt = clock.now();
      const seen = await dial(network, endpoint, timeoutMs);
      const endedAt = clock.now();
      const latencyMs = Math.max(0, endedAt - startedAt);
      return observe(context, target, 'reference.connect', { ...seen, latencyMs }, endedAt);
    }),
  );
}

async function dial(
  network: Pick<Network, 'connect'>,
  endpoint: Endpoint,
  timeoutMs: number,
): Promise<Omit<Seen, 'latencyMs'>> {
  const what = `the reference ${formatEndpoint(endpoint)}`;
  try {
    (await network.connect(endpoint, AbortSignal.timeout(timeoutMs))).close();
    return { condition: 'up', reason: 'none', evidence: `${what} takes connections` };
  } catch (error) {
    const evidence = `${what}: ${messageOf(error)}`;
    if (codeOf(error) === 'timeout') return { condition: 'down', reason: 'timeout', evidence };
    const reason = networkReasonOf(error);
    if (reason === 'refused') return { condition: 'up', reason: 'none', evidence: `${evidence}: somebody answers` };
    return { condition: 'down', reason: reason === 'other' ? 'no-connection' : reason, evidence };
  }
}
