// The embedded standby server on loopback, in place of Knot: the same options, the same result, and nothing needed but Node.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answersSoa } from './dns-client.ts';
import type { Authoritative } from './knot.ts';
import { freePort } from './ports.ts';
import { type Program, startPart } from './process.ts';
import { partFolder } from './run-folder.ts';
import { type AuthoritativeOptions, emptyZone } from './zone.ts';

const main = join(import.meta.dirname, '../simulators/standby/main.ts');

/** Starts it; what was written lives in its journal, so that it outlives a restart. */
export async function startLabStandby(
  options: AuthoritativeOptions & { readonly program?: Program },
): Promise<Authoritative> {
  const name = options.name ?? 'standby';
  const folder = partFolder(options.runFolder, name);
  const host = options.host ?? '127.0.0.1';
  const address = { host, port: options.port ?? (await freePort(host)) };
  const { key, zone } = options;
  const [zoneFile, keyFile] = [join(folder, 'standby.zone'), join(folder, 'key.conf')];
  writeFileSync(zoneFile, options.zoneFile ?? emptyZone(zone));
  writeFileSync(keyFile, `key "${key.name}" { algorithm ${key.algorithm}; secret "${key.secret}"; };\n`, {
    mode: 0o600,
  });
  const running = await startPart({
    name,
    program: options.program ?? [process.execPath, main],
    args: [
      ...['--listen', `${host}:${address.port}`, '--zone', zone],
      ...['--zone-file', zoneFile, '--key-file', keyFile, '--data-dir', join(folder, 'data')],
    ],
    logFile: join(folder, 'log'),
    ready: () => answersSoa(address, zone),
    readyTimeoutMs: 20_000,
  });
  return Object.assign(running, { address, zone });
}
