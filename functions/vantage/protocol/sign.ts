// Signs a request in the name of a vantage. Pure but for the key's arithmetic: time and count are arguments.
import { toBase64 } from '../../lib/base64url.ts';
import {
  contentDigest,
  type PlainRequest,
  requestBase,
  type SignatureFacts,
  signatureLabel,
  signatureParams,
} from './profile.ts';

/** The same request with the headers that prove who sent it; `cluster` is whom it is about. */
export async function signRequest(
  request: PlainRequest,
  cluster: string,
  facts: SignatureFacts,
  privateKey: CryptoKey,
): Promise<PlainRequest> {
  const digest = await contentDigest(request.body);
  const headers = { ...request.headers, 'lifeboat-cluster': cluster };
  const base = requestBase({ ...request, headers }, digest, facts);
  const signed = {
    'content-digest': digest,
    'signature-input': `${signatureLabel}=${signatureParams(facts)}`,
    signature: `${signatureLabel}=:${await signText(base, privateKey)}:`,
  };
  return { ...request, headers: { ...headers, ...signed } };
}

/** The Ed25519 signature of a text in UTF-8, in Base64. */
export async function signText(text: string, privateKey: CryptoKey): Promise<string> {
  const signature = await crypto.subtle.sign('Ed25519', privateKey, new TextEncoder().encode(text));
  return toBase64(new Uint8Array(signature));
}
