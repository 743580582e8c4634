// Reads and verifies a signed request. Whether it is in time and new is judged by whoever remembers (replay.ts); it knows no vantage.
import { fromBase64 } from '../../lib/bytes.ts';
import { contentDigest, type PlainRequest, readSignatureInput, requestBase, type SignatureFacts } from './profile.ts';

/** What a request claims, before anything is verified. */
export interface Claim extends SignatureFacts {
  readonly signature: Uint8Array<ArrayBuffer>;
  /** The value of its Content-Digest. */
  readonly digest: string;
}

export type Reading =
  | { readonly status: 'read'; readonly claim: Claim }
  /** `keyId`: whose name it was in, where that much could be read. */
  | { readonly status: 'malformed'; readonly reason: string; readonly keyId?: string };

const signaturePattern = /^lifeboat=:([A-Za-z0-9+/]{86}==):$/;
const digestPattern = /^sha-256=:[A-Za-z0-9+/]{43}=:$/;
const pathPattern = /^\/[a-z0-9/._-]{0,200}$/;
const methodPattern = /^[A-Z]{3,7}$/;

/** Reads the headers of a request, in bounded work; its body is not touched. */
export function readSigned({ method, path, headers }: PlainRequest): Reading {
  const facts = readSignatureInput(headers['signature-input'] ?? '');
  if (facts === undefined) {
    return { status: 'malformed', reason: 'Signature-Input is missing, or not of the one form that is taken' };
  }
  const malformed = (reason: string): Reading => ({ status: 'malformed', reason, keyId: facts.keyId });
  const [, encoded] = signaturePattern.exec(headers.signature ?? '') ?? [];
  const signature = encoded === undefined ? undefined : fromBase64(encoded);
  if (signature === undefined) return malformed('Signature is missing, or no Ed25519 signature under the one label');
  const digest = headers['content-digest'] ?? '';
  if (!digestPattern.test(digest)) return malformed('Content-Digest is missing, or no SHA-256 alone');
  if (!methodPattern.test(method) || !pathPattern.test(path))
    return malformed('method or path is not one that is signed');
  return { status: 'read', claim: { ...facts, signature, digest } };
}

export type Verification =
  | { readonly status: 'verified' }
  | { readonly status: 'bad-signature'; readonly reason: string };

/** Was it signed with this key, as it stands? The signature first, so that a forger's long body is never hashed. */
export async function verifySigned(request: PlainRequest, claim: Claim, publicKey: CryptoKey): Promise<Verification> {
  const base = new TextEncoder().encode(requestBase(request, claim.digest, claim));
  if (!(await crypto.subtle.verify('Ed25519', publicKey, claim.signature, base))) {
    return { status: 'bad-signature', reason: `the signature is not that of ${claim.keyId}'s key over this request` };
  }
  if ((await contentDigest(request.body)) !== claim.digest) {
    return { status: 'bad-signature', reason: 'the body is not the one that was signed' };
  }
  return { status: 'verified' };
}
