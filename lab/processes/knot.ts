// A real Knot DNS on loopback: the standby zone, open to dynamic updates and transfers with one TSIG key.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answersSoa, type DnsAddress } from './dns-client.ts';
import { freePort } from './ports.ts';
import { type Running, startPart } from './process.ts';
import { partFolder } from './run-folder.ts';
import { type AuthoritativeOptions, emptyZone } from './zone.ts';

export interface Authoritative extends Running {
  readonly address: DnsAddress;
  readonly zone: string;
}

/** Starts knotd; what was written lives in its journal, so that it outlives a restart. */
export async function startKnot(options: AuthoritativeOptions & { readonly knotd: string }): Promise<Authoritative> {
  const name = options.name ?? 'knot';
  const folder = partFolder(options.runFolder, name);
  const host = options.host ?? '127.0.0.1';
  const address = { host, port: options.port ?? (await freePort(host)) };
  const zoneFile = join(folder, 'standby.zone');
  writeFileSync(zoneFile, options.zoneFile ?? emptyZone(options.zone));
  const configuration = join(folder, 'knot.conf');
  writeFileSync(configuration, knotConf(options, folder, address, zoneFile), { mode: 0o600 });
  const running = await startPart({
    name,
    program: [options.knotd],
    args: ['-c', configuration],
    logFile: join(folder, 'log'),
    ready: () => answersSoa(address, options.zone),
    readyTimeoutMs: 20_000,
  });
  return Object.assign(running, { address, zone: options.zone });
}

function knotConf(options: AuthoritativeOptions, folder: string, address: DnsAddress, zoneFile: string): string {
  const { key } = options;
  return `server:
    rundir: "${folder}"
    listen: ${address.host}@${address.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stdout
    any: info
database:
    storage: "${folder}"
key:
  - id: ${key.name}
    algorithm: ${key.algorithm}
    secret: ${key.secret}
acl:
  - id: watchdog
    key: ${key.name}
    action: [update, transfer]
template:
  - id: default
    storage: "${folder}"
    zonefile-sync: -1
    journal-content: all
zone:
  - domain: ${options.zone}
    file: "${zoneFile}"
    acl: watchdog
`;
}
