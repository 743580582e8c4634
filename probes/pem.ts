// PEM texts from where the configuration says: a file, a secret, or written out. Read again each time, since certificates rotate.
import type { CertificateAuthority, ClientCertificate } from '../functions/config/certificates.ts';
import type { SecretReader, SecretRef } from '../functions/config/secret.ts';
import { LifeboatError } from '../functions/lib/errors.ts';

export interface PemDeps {
  /** The text of a file, or LifeboatError `config`. */
  readonly readFile: (path: string) => Promise<string>;
  readonly readSecret: SecretReader;
}

/** Errors `config`: they name the file or the secret, never what is in it. */
export async function readAuthority(deps: PemDeps, ca: CertificateAuthority): Promise<string> {
  if ('pem' in ca) return ca.pem;
  return 'file' in ca ? deps.readFile(ca.file) : readSecretText(deps, ca.secret);
}

/** The pair, and where it comes from. Errors as `readAuthority`. */
export async function readClientCertificate(
  deps: PemDeps,
  from: ClientCertificate,
): Promise<{ readonly certificate: string; readonly key: string; readonly source: string }> {
  if ('certificateFile' in from) {
    const [certificate, key] = await Promise.all([deps.readFile(from.certificateFile), deps.readFile(from.keyFile)]);
    return { certificate, key, source: from.certificateFile };
  }
  const source = `secret ${from.certificate.secret}`;
  return { certificate: readSecretText(deps, from.certificate), key: readSecretText(deps, from.key), source };
}

function readSecretText({ readSecret }: PemDeps, { secret: name }: SecretRef): string {
  const text = readSecret(name);
  if (text === undefined) throw new LifeboatError('config', `there is no secret named ${name}`);
  return text;
}
