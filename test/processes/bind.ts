// A real BIND on loopback: the standby zone, open to dynamic updates and transfers with one TSIG key.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answersSoa } from '../../lab/processes/dns-client.ts';
import type { Authoritative } from '../../lab/processes/knot.ts';
import { freePort } from '../../lab/processes/ports.ts';
import { startPart } from '../../lab/processes/process.ts';
import { partFolder } from '../../lab/processes/run-folder.ts';
import { type AuthoritativeOptions, emptyZone } from '../../lab/processes/zone.ts';

/** Starts named in the foreground; what was written lives in its journal, so that it outlives a restart. */
export async function startBind(options: AuthoritativeOptions & { readonly named: string }): Promise<Authoritative> {
  const name = options.name ?? 'bind';
  const folder = partFolder(options.runFolder, name);
  const host = options.host ?? '127.0.0.1';
  const port = options.port ?? (await freePort(host));
  const { key, zone } = options;
  writeFileSync(join(folder, 'standby.zone'), options.zoneFile ?? emptyZone(zone));
  const configuration = join(folder, 'named.conf');
  writeFileSync(
    configuration,
    `options {
    directory "${folder}";
    listen-on port ${port} { ${host}; };
    listen-on-v6 { none; };
    pid-file "${folder}/named.pid";
    session-keyfile "${folder}/session.key";
    lock-file none;
    recursion no;
    dnssec-validation no;
    notify no;
};
controls { };
key "${key.name}" { algorithm ${key.algorithm}; secret "${key.secret}"; };
zone "${zone}" {
    type primary;
    file "${folder}/standby.zone";
    update-policy { grant ${key.name} zonesub ANY; };
    allow-transfer { key "${key.name}"; };
};
`,
    { mode: 0o600 },
  );
  const running = await startPart({
    name,
    program: [options.named],
    args: ['-g', '-n', '1', '-c', configuration],
    logFile: join(folder, 'log'),
    ready: () => answersSoa({ host, port }, zone),
    readyTimeoutMs: 20_000,
  });
  return Object.assign(running, { address: { host, port }, zone });
}
