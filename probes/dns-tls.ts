// DNS over TLS (RFC 7858): a network whose connections are verified before a question is asked, and which has no UDP to ask it over.
// What asks DNS questions knows nothing of it.
import type { DnsTls } from '../functions/config/cluster/dns-tls.ts';
import { LifeboatError, messageOf } from '../functions/lib/errors.ts';
import type { Network, TlsOptions } from '../functions/lib/network.ts';
import { type PemDeps, readAuthority, readClientCertificate } from './pem.ts';

export interface DnsNetworkDeps extends PemDeps {
  readonly network: Network;
}

/**
 * The network that DNS servers are asked over: the given one, or TLS over it. Certificates are read anew for each connection. Whatever
 * keeps a server from being verified is an error `tls`, our own files included: it says nothing about the server's health.
 */
export function createDnsNetwork(deps: DnsNetworkDeps, tls: DnsTls | undefined): Network {
  const { network } = deps;
  if (tls === undefined) return network;
  return {
    async connect(server, signal) {
      const options = await optionsOf(deps, tls, server.host);
      const plain = await network.connect(server, signal);
      try {
        return await network.startTls(plain, options, signal);
      } catch (error) {
        plain.close();
        throw error instanceof LifeboatError && error.code === 'credential' ? unverifiable(error) : error;
      }
    },
    startTls: (connection, options, signal) => network.startTls(connection, options, signal),
  };
}

async function optionsOf(deps: PemDeps, { serverName, ca, client }: DnsTls, host: string): Promise<TlsOptions> {
  try {
    const [authority, shown] = await Promise.all([
      ca === undefined ? undefined : readAuthority(deps, ca),
      client === undefined ? undefined : readClientCertificate(deps, client),
    ]);
    return {
      serverName: serverName ?? host,
      ...(authority === undefined ? {} : { ca: authority }),
      ...(shown === undefined ? {} : { certificate: shown.certificate, key: shown.key }),
    };
  } catch (error) {
    throw unverifiable(error);
  }
}

function unverifiable(error: unknown): LifeboatError {
  return new LifeboatError('tls', `DNS over TLS: ${messageOf(error)}`);
}
