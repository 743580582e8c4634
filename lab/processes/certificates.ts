// A certificate authority for one run and the certificates it issues, for servers and for clients. Nothing is kept after the run.
import { randomBytes } from 'node:crypto';
// The x509 library's own dependency injection needs it to be there first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, both PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  /** PEM, what clients verify against. */
  readonly certificate: string;
  /** For host names and IP addresses; valid for `validMs` from now (default one day, negative: expired already). */
  issueServer(names: readonly string[], addresses: readonly string[], validMs?: number): Promise<Certificate>;
  /** A Kubernetes client identity: common name = user, organisations = groups. */
  issueClient(user: string, groups: readonly string[], validMs?: number): Promise<Certificate>;
}

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
};
const dayMs = 86_400_000;
const backdateMs = 3_600_000;

/** Makes an authority of its own: two of them do not trust each other's certificates. */
export async function createAuthority(commonName: string): Promise<Authority> {
  const keys = await generateKeys(ecdsa);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    notBefore: new Date(Date.now() - backdateMs),
    notAfter: new Date(Date.now() + 400 * dayMs),
    signingAlgorithm: ecdsa,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  async function issue(
    subject: x509.JsonName,
    usage: x509.ExtendedKeyUsage,
    validMs: number,
    extensions: readonly x509.Extension[],
  ): Promise<Certificate> {
    const own = await generateKeys(ecdsa);
    const notAfter = Date.now() + validMs;
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject,
      issuer: root.subjectName,
      notBefore: new Date(Math.min(Date.now(), notAfter) - backdateMs),
      notAfter: new Date(notAfter),
      signingAlgorithm: ecdsa,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ...extensions,
      ],
    });
    return { certificate: certificate.toString('pem'), key: await privateKeyPem(own.privateKey) };
  }

  return {
    certificate: root.toString('pem'),
    issueServer(names, addresses, validMs = dayMs) {
      const alternatives = new x509.SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns', value }) as const),
        ...addresses.map((value) => ({ type: 'ip', value }) as const),
      ]);
      return issue([{ CN: [names[0] ?? 'server'] }], x509.ExtendedKeyUsage.serverAuth, validMs, [alternatives]);
    },
    issueClient(user, groups, validMs = dayMs) {
      const subject = [{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))];
      return issue(subject, x509.ExtendedKeyUsage.clientAuth, validMs, []);
    },
  };
}

/** A fresh RSA key pair in PEM, for signing service account tokens. */
export async function createSigningKey(): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const keys = await generateKeys(rsa);
  const publicKey = await exportKey('spki', keys.publicKey);
  return {
    privateKey: await privateKeyPem(keys.privateKey),
    publicKey: x509.PemConverter.encode(publicKey, 'PUBLIC KEY'),
  };
}

/** A pair for signing; asymmetric algorithms never give a single key. */
async function generateKeys(how: typeof ecdsa | typeof rsa): Promise<CryptoKeyPair> {
  return (await crypto.subtle.generateKey(how, true, ['sign', 'verify'])) as CryptoKeyPair;
}

/** Both formats come as bytes. */
async function exportKey(format: 'spki' | 'pkcs8', key: CryptoKey): Promise<ArrayBuffer> {
  return (await crypto.subtle.exportKey(format, key)) as ArrayBuffer;
}

async function privateKeyPem(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await exportKey('pkcs8', key), 'PRIVATE KEY');
}

/** Positive and 128 bits wide, RFC 5280 section 4.1.2.2. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}
