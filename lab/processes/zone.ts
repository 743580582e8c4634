// The standby zone as the authoritative servers of the tests start with it: a TSIG key and an empty zone file. Text only.
import { randomBytes } from 'node:crypto';

/** HMAC-SHA256, RFC 8945. */
export interface TsigKey {
  readonly name: string;
  readonly algorithm: 'hmac-sha256';
  /** Base64. */
  readonly secret: string;
}

/** A key with a fresh secret of 256 bits. */
export function createTsigKey(name: string): TsigKey {
  return { name, algorithm: 'hmac-sha256', secret: randomBytes(32).toString('base64') };
}

/** SOA and NS only; negative answers may be kept for 30 s (RFC 2308 section 5), as long as CoreDNS's own. */
export function emptyZone(zone: string): string {
  const origin = zone.endsWith('.') ? zone : `${zone}.`;
  return `$ORIGIN ${origin}
$TTL 30
@ 30 IN SOA ns.standby.invalid. hostmaster.standby.invalid. 1 7200 1800 86400 30
@ 30 IN NS ns.standby.invalid.
`;
}

/** What a real authoritative server is started with. */
export interface AuthoritativeOptions {
  readonly runFolder: string;
  readonly zone: string;
  /** May update and transfer the zone. */
  readonly key: TsigKey;
  /** Folder and log are named after it; default: the server's own name. */
  readonly name?: string;
  readonly host?: string;
  readonly port?: number;
  /** Default: `emptyZone(zone)`. */
  readonly zoneFile?: string;
}
