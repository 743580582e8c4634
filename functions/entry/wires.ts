// What a platform gives the wiring: network, files, processes, secrets. No behaviour but reading a key.
import type { createIdentity } from '../../probes/identity.ts';
import type { ClusterConfig, TsigConfig } from '../config/schema.ts';
import type { SecretReader } from '../config/secret.ts';
import type { ZonefileConfig } from '../config/standby/zonefile.ts';
import type { DnsDeps } from '../dnswire/transport.ts';
import { importTsigKey, type TsigKey } from '../dnswire/tsig.ts';
import type { Fetch } from '../lib/deps.ts';
import type { Network } from '../lib/network.ts';
import type { TextFile } from '../providers/zonefile/zonefile.ts';
import { requireSecret } from './secrets.ts';

export interface Wires extends DnsDeps {
  /** For hosts with an HTTP API; probes never use it. */
  readonly fetch: Fetch;
  readonly secrets: SecretReader;
  /** The way to the API server and CoreDNS, where that is another than to the standby. */
  readonly targetNetwork?: (cluster: ClusterConfig) => Network;
  /** A text file of the configuration; LifeboatError `config` where it cannot be read, or where there are no files. */
  readonly readFile: (path: string) => Promise<string>;
  /** Runs a credential command; LifeboatError `config` where there are no processes. */
  readonly execute: Parameters<typeof createIdentity>[0]['execute'];
  /** The file of a standby; LifeboatError `config` where there are no files. */
  readonly openZonefile: (standby: ZonefileConfig) => TextFile;
  /** Records of a standby that there is memory for; without it the provider's own limit. */
  readonly maxZoneRecords?: number;
}

/** The key by its name; LifeboatError `config` names the secret that is missing, and what it is used for. */
export async function tsigKey(
  { secrets }: Pick<Wires, 'secrets'>,
  tsig: TsigConfig,
  usedFor: string,
): Promise<TsigKey> {
  return importTsigKey(tsig.name, requireSecret(secrets, tsig.secret.secret, usedFor));
}
