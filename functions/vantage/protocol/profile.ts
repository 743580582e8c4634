// The one form of signed request that a vantage sends and a Worker takes: HTTP Message Signatures (RFC 9421) with a Content-Digest
// (RFC 9530), every choice of theirs made once. It makes and reads text; it holds no key and decides nothing.
import { toBase64 } from '../../lib/base64url.ts';
import type { Nonce } from './replay.ts';

/** A request as it travels; names of headers in lower case. */
export interface PlainRequest {
  readonly method: string;
  /** Path and query; this profile has no query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the signature says about itself. */
export interface SignatureFacts {
  /** The id of the vantage. */
  readonly keyId: string;
  /** Seconds since the epoch, by the vantage's clock. */
  readonly createdSeconds: number;
  readonly nonce: Nonce;
}

export const signatureLabel = 'lifeboat';
const signatureTag = 'lifeboat-vantage';
/** What is signed, in this order. */
const coveredComponents = ['@method', '@path', 'content-digest', 'lifeboat-cluster'] as const;

const components = `(${coveredComponents.map((name) => `"${name}"`).join(' ')})`;
const maxHeaderCharacters = 512;

const paramsPattern =
  /^;created=([1-9]\d{0,11});nonce="([1-9]\d{0,14})-([1-9]\d{0,11})";keyid="([a-z0-9-]{1,40})";alg="ed25519";tag="lifeboat-vantage"$/;

/** The value of `@signature-params`. */
export function signatureParams({ keyId, createdSeconds, nonce }: SignatureFacts): string {
  const { startedAt, count } = nonce;
  return `${components};created=${createdSeconds};nonce="${startedAt}-${count}";keyid="${keyId}";alg="ed25519";tag="${signatureTag}"`;
}

/** Reads the value of `Signature-Input`; undefined for whatever signatureParams would not have written. */
export function readSignatureInput(header: string): SignatureFacts | undefined {
  const start = `${signatureLabel}=${components}`;
  if (header.length > maxHeaderCharacters || !header.startsWith(start)) return undefined;
  const match = paramsPattern.exec(header.slice(start.length));
  if (match === null) return undefined;
  const [, created, startedAt, count, keyId = ''] = match;
  return { keyId, createdSeconds: Number(created), nonce: { startedAt: Number(startedAt), count: Number(count) } };
}

/** The signature base (RFC 9421 section 2.5): one line a component, `@signature-params` last. */
export function signatureBase(parts: readonly (readonly [name: string, value: string])[], params: string): string {
  return [...parts.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${params}`].join('\n');
}

/** The base of a request in this profile. */
export function requestBase(
  { method, path, headers }: Omit<PlainRequest, 'body'>,
  digest: string,
  facts: SignatureFacts,
): string {
  const values = { '@method': method, '@path': path, 'content-digest': digest };
  const parts = coveredComponents.map(
    (name) => [name, name === 'lifeboat-cluster' ? (headers[name] ?? '') : values[name]] as const,
  );
  return signatureBase(parts, signatureParams(facts));
}

/** The value of `Content-Digest` (RFC 9530): SHA-256 of the body in UTF-8. */
export async function contentDigest(body: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body));
  return `sha-256=:${toBase64(new Uint8Array(hash))}:`;
}
