// The command line and the key file of the standby server. It opens no socket; a secret never stands in a message.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { messageOf } from '../../../functions/lib/errors.ts';
import { type Name, parsePlainName } from '../../../functions/records/name.ts';
import type { TsigSecret } from '../dns/tsig-record.ts';
import type { Address } from './listen.ts';

export const usage =
  'usage: main.ts --listen 127.0.0.1:5353 --zone cluster.local --zone-file FILE --key-file FILE --data-dir FOLDER';

export interface Options {
  readonly listen: Address;
  readonly zone: Name;
  readonly zoneFile: string;
  readonly key: TsigSecret;
  readonly dataDir: string;
}

const flags = ['listen', 'zone', 'zone-file', 'key-file', 'data-dir'] as const;

/** Throws with the flag, what it said and what it should. */
export function readOptions(args: readonly string[]): Options {
  const options = Object.fromEntries(flags.map((flag) => [flag, { type: 'string' } as const]));
  const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
  const textOf = (flag: (typeof flags)[number]): string => {
    const value = values[flag];
    if (typeof value !== 'string' || value === '') throw new Error(`--${flag} is missing; ${usage}`);
    return value;
  };
  return {
    listen: readAddress(textOf('listen')),
    zone: parsePlainName(textOf('zone')),
    zoneFile: textOf('zone-file'),
    key: readKey(textOf('key-file')),
    dataDir: textOf('data-dir'),
  };
}

/** Loopback only: this server is for tests and the lab. */
function readAddress(text: string): Address {
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const port = Number(digits);
  if (isIP(host) === 0 || port < 1 || port > 65_535) {
    throw new Error(`--listen ${text} is not ADDRESS:PORT with a port from 1 to 65535`);
  }
  if (!host.startsWith('127.') && host !== '::1') throw new Error(`--listen ${text} is not a loopback address`);
  return { host, port };
}

function readKey(file: string): TsigSecret {
  const text = readFileSync(file, 'utf8');
  const [, name, algorithm, secretBase64] =
    /^\s*key\s+"([^"]+)"\s*\{\s*algorithm\s+([\w-]+)\s*;\s*secret\s+"([A-Za-z0-9+/]+={0,2})"\s*;\s*\}\s*;\s*$/.exec(
      text,
    ) ?? [];
  if (name === undefined || algorithm === undefined || secretBase64 === undefined) {
    throw new Error(`--key-file ${file} is not: key "NAME" { algorithm hmac-sha256; secret "BASE64"; };`);
  }
  if (algorithm !== 'hmac-sha256')
    throw new Error(`--key-file ${file}: algorithm ${algorithm}, only hmac-sha256 is supported`);
  try {
    return { name: parsePlainName(name), secretBase64 };
  } catch (error) {
    throw new Error(`--key-file ${file}: ${messageOf(error)}`);
  }
}
