// What TLS is verified and shown with: authorities and client certificates, from files, PEM texts or secrets. Checks only, nothing is read.
import { z } from 'zod';
import { type About, path, section, text } from '../field.ts';
import { type SecretRef, secretRef } from '../secret.ts';

/** The roots to verify a server with: from a file, as PEM text, or as a secret by name. */
export type CertificateAuthority =
  | { readonly file: string }
  | { readonly pem: string }
  | { readonly secret: SecretRef };

/** A client certificate and its key, both from files or both secrets by name. */
export type ClientCertificate =
  | { readonly certificateFile: string; readonly keyFile: string }
  | { readonly certificate: SecretRef; readonly key: SecretRef };

const pem = text('PEM text that begins with -----BEGIN CERTIFICATE-----', /^\s*-----BEGIN CERTIFICATE-----/, {
  what: 'The CA certificates as PEM text',
});

export function authoritySchema(about: About) {
  return section(about, {
    file: path('a PEM file', { what: 'A PEM file with the CA certificates' }).exactOptional(),
    pem: pem.exactOptional(),
    secret: secretRef({ what: 'The CA certificates as a secret by name' }).exactOptional(),
  }).transform(({ file, pem, secret }, context): CertificateAuthority => {
    if (file !== undefined && pem === undefined && secret === undefined) return { file };
    if (pem !== undefined && file === undefined && secret === undefined) return { pem };
    if (secret !== undefined && file === undefined && pem === undefined) return { secret };
    context.addIssue({ code: 'custom', message: 'one of file, pem and secret, and no two of them' });
    return z.NEVER;
  });
}

/** The fields of a client certificate, for the section that it belongs to. */
export const clientCertificateFields = {
  certificateFile: path('a PEM file', { what: 'The client certificate with its chain, PEM' }).exactOptional(),
  keyFile: path('a PEM file', { what: 'Its private key, PEM' }).exactOptional(),
  certificate: secretRef({
    what: 'The client certificate with its chain as a secret by name, where there are no files',
  }).exactOptional(),
  key: secretRef({ what: 'Its private key as a secret by name' }).exactOptional(),
} as const;

interface GivenFields {
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly certificate?: SecretRef;
  readonly key?: SecretRef;
}

/** The pair that is given; undefined when none is; a text says what is wrong. */
export function clientCertificateOf(given: GivenFields): ClientCertificate | undefined | string {
  const { certificateFile, keyFile, certificate, key } = given;
  const files = certificateFile !== undefined && keyFile !== undefined ? { certificateFile, keyFile } : undefined;
  const secrets = certificate !== undefined && key !== undefined ? { certificate, key } : undefined;
  const fields = Object.values({ certificateFile, keyFile, certificate, key }).filter((each) => each !== undefined);
  if (fields.length === 0) return undefined;
  if (fields.length === 2 && files !== undefined) return files;
  if (fields.length === 2 && secrets !== undefined) return secrets;
  return 'certificateFile with keyFile, or the secrets certificate with key';
}
