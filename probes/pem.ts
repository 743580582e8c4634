// PEM texts from where the configuration says: a file, a secret, or written out. Read again each time, since certificates rotate. What a
// kubeconfig holds (`certificate-authority-data`, `client-key-data`) is PEM in Base64, and taken as well.
import type { CertificateAuthority, ClientCertificate } from '../functions/config/cluster/certificates.ts';
import type { SecretReader, SecretRef } from '../functions/config/secret.ts';
import { fromBase64 } from '../functions/lib/bytes.ts';
import { LifeboatError } from '../functions/lib/errors.ts';

export interface PemDeps {
  /** The text of a file, or LifeboatError `config`. */
  readonly readFile: (path: string) => Promise<string>;
  readonly readSecret: SecretReader;
}

/** Errors `config`: they name the file or the secret, never what is in it; for a text with no certificate in it as well. */
export async function readAuthority(deps: PemDeps, ca: CertificateAuthority): Promise<string> {
  if ('pem' in ca) return ca.pem;
  const text = pemOf('file' in ca ? await deps.readFile(ca.file) : readSecretText(deps, ca.secret));
  if (/-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/.test(text)) return text;
  const source = 'file' in ca ? ca.file : `secret ${ca.secret.secret}`;
  throw new LifeboatError(
    'config',
    `${source} holds no certificate as PEM text (-----BEGIN CERTIFICATE-----), nor as the Base64 of one that a kubeconfig has`,
  );
}

/** PEM out of its Base64; any other text as it is. */
function pemOf(text: string): string {
  if (text.includes('-----BEGIN ')) return text;
  const octets = fromBase64(text.replace(/\s+/g, ''));
  const decoded = octets === undefined ? '' : new TextDecoder().decode(octets);
  return decoded.includes('-----BEGIN ') ? decoded : text;
}

/** The pair, and where it comes from. Errors as `readAuthority`. */
export async function readClientCertificate(
  deps: PemDeps,
  from: ClientCertificate,
): Promise<{ readonly certificate: string; readonly key: string; readonly source: string }> {
  if ('certificateFile' in from) {
    const [certificate, key] = await Promise.all([deps.readFile(from.certificateFile), deps.readFile(from.keyFile)]);
    return { certificate: pemOf(certificate), key: pemOf(key), source: from.certificateFile };
  }
  const source = `secret ${from.certificate.secret}`;
  const read = (ref: SecretRef) => pemOf(readSecretText(deps, ref));
  return { certificate: read(from.certificate), key: read(from.key), source };
}

function readSecretText({ readSecret }: PemDeps, { secret: name }: SecretRef): string {
  const text = readSecret(name);
  if (text === undefined) throw new LifeboatError('config', `there is no secret named ${name}`);
  return text;
}
