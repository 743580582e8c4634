// What a Worker gives the wiring: sockets with a limit, secrets from its bindings, no files and no processes.
import type { SecretReader } from '../../config/secret.ts';
import { workerZoneRecords } from '../../deployment/workers/limits.ts';
import type { Fetch } from '../../lib/deps.ts';
import { LifeboatError } from '../../lib/errors.ts';
import { createLimiter } from '../../lib/limiter.ts';
import { limitNetwork } from '../../networks/limited.ts';
import { startTlsInstance } from '../../networks/tls/workers.ts';
import { createWorkersNetwork, type WorkersNetworkOptions } from '../../networks/workers.ts';
import { createClock, createRandom } from '../platform-deps.ts';
import type { Wires } from '../wires.ts';

/** Of six that the platform lets an object have open at once; the sixth is for its own calls. */
export const mostConnections = 5;

/** The platform's own, called as a function of nothing: it wants no `this`. */
export const platformFetch: Fetch = (url, init) => fetch(url, init);

/** `env`: the bindings. One set per object, since the limit is the object's. */
export function wiresOf(env: object): Wires {
  const limiter = createLimiter(mostConnections);
  const over = (options: WorkersNetworkOptions) =>
    limitNetwork(createWorkersNetwork({ startTlsInstance, ...options }), limiter);
  return {
    secrets: secretsOf(env),
    clock: createClock(),
    random: createRandom(),
    fetch: platformFetch,
    network: over({}),
    maxZoneRecords: workerZoneRecords,
    targetNetwork: ({ id, vpc }) => over(vpc === undefined ? {} : { through: vpcOf(env, id, vpc) }),
    readFile: async (path) => {
      throw unavailable(`the file ${path}`, 'give the text itself (pem), or a secret by name');
    },
    execute: async (command) => {
      throw unavailable(
        `the command ${command}`,
        'use a token or a client certificate, or probe with "lifeboat vantage"',
      );
    },
    openZonefile: ({ file }) => {
      throw unavailable(`the zone file ${file}`, 'use a standby of another kind');
    },
  };
}

/** Secrets are bindings like any other, but texts: `wrangler secret put NAME`. */
export function secretsOf(env: object): SecretReader {
  const members = new Map<string, unknown>(Object.entries(env));
  return (name) => {
    const value = members.get(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
}

function vpcOf(env: object, cluster: string, name: string): Pick<Fetcher, 'connect'> {
  const binding: unknown = new Map<string, unknown>(Object.entries(env)).get(name);
  if (isDialer(binding)) return binding;
  throw new LifeboatError(
    'config',
    `cluster ${cluster} names the VPC network binding ${name}, which this Worker does not have: add it to wrangler.toml ([[vpc_networks]])`,
  );
}

function isDialer(binding: unknown): binding is Pick<Fetcher, 'connect'> {
  return typeof binding === 'object' && binding !== null && 'connect' in binding;
}

function unavailable(what: string, instead: string): LifeboatError {
  return new LifeboatError('config', `a Worker cannot use ${what}: ${instead}`);
}
