// The configuration of DNS over TLS to the CoreDNS replicas. Checks only.
import { z } from 'zod';
import { section, text } from '../field.ts';
import {
  authoritySchema,
  type CertificateAuthority,
  type ClientCertificate,
  clientCertificateFields,
  clientCertificateOf,
} from './certificates.ts';

export interface DnsTls {
  /** Absent: the address of each server. */
  readonly serverName?: string;
  readonly ca?: CertificateAuthority;
  readonly client?: ClientCertificate;
}

export const dnsTlsSchema = section(
  {
    what: 'DNS over TLS to the replicas: every question and transfer, and nothing over UDP',
    why: 'CoreDNS needs a server block `tls://` with the `tls` plugin. Over the internet it keeps the zone from being read; with a client certificate, from being asked for.',
    see: 'RFC 7858',
  },
  {
    serverName: text('a host name or IP address', /^[A-Za-z0-9._:-]{1,253}$/, {
      what: 'The name or address that the certificate of every replica must carry; default: the address of each',
    }).exactOptional(),
    ca: authoritySchema({
      what: 'The CA bundle that the replicas are verified with, and nothing else; one of `file`, `pem` and `secret`',
      why: 'Without it the roots of the platform are used; in a Worker those can verify the dialled address only.',
    }).exactOptional(),
    ...clientCertificateFields,
  },
).transform((value, context): DnsTls => {
  const { serverName, ca } = value;
  const client = clientCertificateOf(value);
  if (typeof client === 'string') {
    context.addIssue({ code: 'custom', message: client });
    return z.NEVER;
  }
  return {
    ...(serverName === undefined ? {} : { serverName }),
    ...(ca === undefined ? {} : { ca }),
    ...(client === undefined ? {} : { client }),
  };
});
