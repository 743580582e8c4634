// Ed25519 keys of vantages (RFC 8032) as text: 43 characters of Base64url, the private one being its 32-byte seed. Chance is an argument.

import { fromBase64Url, toBase64Url } from '../../lib/base64url.ts';
import { concatBytes } from '../../lib/bytes.ts';
import { cut } from '../../lib/clip.ts';
import { LifeboatError } from '../../lib/errors.ts';

export interface VantageKeys {
  readonly privateKey: string;
  readonly publicKey: string;
}

const keyBytes = 32;
/** What stands before the seed in PKCS#8 (RFC 8410): a WebCrypto without JWK takes nothing else. */
const pkcs8Head = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

/** The pair of a seed of 32 random bytes. */
export async function createVantageKeys(seed: Uint8Array<ArrayBuffer>): Promise<VantageKeys> {
  const key = await importSeed(seed, true);
  const exported = await crypto.subtle.exportKey('jwk', key);
  const x = 'x' in exported ? exported.x : undefined;
  if (x === undefined)
    throw new LifeboatError('internal', 'the platform exported an Ed25519 key without its public part');
  return { privateKey: toBase64Url(seed), publicKey: x };
}

/** `config` when the text is no key; the message never shows it. */
export async function importPrivateKey(text: string): Promise<CryptoKey> {
  const seed = fromBase64Url(text.trim());
  if (seed?.length === keyBytes) return importSeed(seed, false);
  throw new LifeboatError(
    'config',
    `the private key of a vantage is 43 characters of Base64url, as "lifeboat vantage keygen" prints it; got ${text.trim().length} characters`,
  );
}

/** `config` when the text is no key. */
export async function importPublicKey(text: string): Promise<CryptoKey> {
  const raw = fromBase64Url(text);
  if (raw?.length !== keyBytes) {
    throw new LifeboatError(
      'config',
      `the public key of a vantage is 43 characters of Base64url, got "${cut(text, 60)}"`,
    );
  }
  return crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']);
}

/** Does the private key belong to the public one? */
export async function isPair(privateKey: CryptoKey, publicKey: CryptoKey): Promise<boolean> {
  const text = new TextEncoder().encode('lifeboat vantage key check');
  const signature = await crypto.subtle.sign('Ed25519', privateKey, text);
  return crypto.subtle.verify('Ed25519', publicKey, signature, text);
}

function importSeed(seed: Uint8Array, extractable: boolean): Promise<CryptoKey> {
  return crypto.subtle.importKey('pkcs8', concatBytes([pkcs8Head, seed]), 'Ed25519', extractable, ['sign']);
}
