// Finds Knot and BIND on the system and installs them with apt where that is possible. It starts none of them.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Paths of the programs. */
export interface DnsServers {
  readonly knotd: string;
  readonly knotc: string;
  readonly named: string;
  readonly dig: string;
}

export type DnsServersResult =
  | { readonly status: 'ready'; readonly servers: DnsServers }
  | { readonly status: 'absent'; readonly reason: string };

const packages = ['knot', 'bind9', 'bind9-dnsutils'];
const aptTimeoutMs = 300_000;

/** Finds knotd, knotc and named, and dig and nsupdate to ask them with; as root on Debian it installs what is missing. `absent` says why they cannot be had. */
export async function ensureDnsServers(say: (line: string) => void = console.log): Promise<DnsServersResult> {
  const found = find();
  if (found) {
    say(`parts: Knot and BIND found (${found.knotd}, ${found.named})`);
    return { status: 'ready', servers: found };
  }
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) {
    return {
      status: 'absent',
      reason:
        'knotd, knotc, named, dig and nsupdate are not all in PATH, and only root on Debian may install them here',
    };
  }
  const startedAt = Date.now();
  const before = daemons();
  const failure = apt(['update']) ?? apt(['install', '-y', '--no-install-recommends', ...packages]);
  if (failure !== undefined) return { status: 'absent', reason: failure };
  stopStarted(before);
  const installed = find();
  if (!installed)
    return {
      status: 'absent',
      reason: `apt-get installed ${packages.join(', ')}, yet one of their programs is not in PATH`,
    };
  say(`parts: Knot and BIND installed in ${Math.round((Date.now() - startedAt) / 1000)} s`);
  return { status: 'ready', servers: installed };
}

function find(): DnsServers | undefined {
  const [knotd, knotc, named, dig, nsupdate] = ['knotd', 'knotc', 'named', 'dig', 'nsupdate'].map(which);
  return knotd && knotc && named && dig && nsupdate ? { knotd, knotc, named, dig } : undefined;
}

function which(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Runs apt-get; the reason when it failed. */
function apt(args: readonly string[]): string | undefined {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const result = spawnSync('apt-get', args, { env, encoding: 'utf8', timeout: aptTimeoutMs });
  if (result.status === 0) return undefined;
  return `apt-get ${args[0]} failed: ${(result.error?.message ?? result.stderr).trim().split('\n').at(-1)}`;
}

/** Process ids of the knotd and named that run now, by /proc. */
function daemons(): ReadonlySet<number> {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return new Set(pids.map(Number).filter((pid) => ['knotd', 'named'].includes(commandOf(pid))));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

/** A package may start its daemon: that one is ended by its own pid, one that ran before is left alone. */
function stopStarted(before: ReadonlySet<number>): void {
  for (const pid of daemons()) {
    if (!before.has(pid)) process.kill(pid, 'SIGTERM');
  }
}
