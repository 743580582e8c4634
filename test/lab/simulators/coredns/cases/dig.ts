// Zone transfers by dig, which checks every signature by itself. For tests.
import { execFileSync } from 'node:child_process';
import type { DnsAddress } from '../../../../../lab/processes/dns-client.ts';
import type { TsigKey } from '../../../../../lab/processes/zone.ts';

export function keyFlags({ algorithm, name, secret }: TsigKey): readonly string[] {
  return ['-y', `${algorithm}:${name}:${secret}`];
}

/** What dig prints about a transfer, whether it came or not. */
export function transfer(
  dig: string,
  zone: string,
  { host, port }: DnsAddress,
  flags: readonly string[],
  type = 'AXFR',
): string {
  const args = ['+time=5', '+tries=1', '+onesoa', '-p', String(port), `@${host}`, ...flags, zone, type];
  try {
    return execFileSync(dig, args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return String((error as { readonly stdout?: unknown }).stdout);
  }
}

/** The records between the SOAs as `name ttl type data`, sorted. */
export function recordsIn(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => /\sIN\s/.test(line) && !line.startsWith(';') && !/\sSOA\s/.test(line))
    .map((line) => {
      const [owner, ttl, , type, ...data] = line.trim().split(/\s+/);
      return `${owner} ${ttl} ${type} ${data.join(' ')}`;
    })
    .sort();
}
