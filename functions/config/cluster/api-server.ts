// The configuration of a cluster's API server: where it is, how it is verified and who asks. Checks only; nothing is read or opened.
import { z } from 'zod';
import { choice, list, milliseconds, notes, path, readAs, section, text, yesOrNo } from '../field.ts';
import { type SecretRef, secretRef } from '../secret.ts';
import {
  authoritySchema,
  type ClientCertificate,
  clientCertificateFields,
  clientCertificateOf,
} from './certificates.ts';

/** A client certificate: from files that are read for each probe round, or secrets by name. */
export type CertificateIdentity = { readonly kind: 'certificate' } & ClientCertificate;

/** A bearer token: from a file that is read for each probe round, or a secret by name. */
export type TokenIdentity =
  | { readonly kind: 'token'; readonly file: string }
  | { readonly kind: 'token'; readonly secret: SecretRef };

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const objectName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

const ca = authoritySchema({
  what: 'The CA bundle that the API server is verified with, and nothing else; one of `file`, `pem` and `secret`',
  why: 'Without it the roots of the platform are used, which rarely know a cluster. Verification is never switched off.',
});

const certificateIdentity = section(
  { what: 'A client certificate and its key; either both files, or both secrets' },
  { kind: z.literal('certificate'), ...clientCertificateFields },
).transform((value, context): CertificateIdentity => {
  const client = clientCertificateOf(value);
  if (typeof client === 'object') return { kind: 'certificate', ...client };
  const message = client ?? 'certificateFile with keyFile, or the secrets certificate with key';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const tokenIdentity = section(
  { what: 'A bearer token; either `file` or `secret`' },
  {
    kind: z.literal('token'),
    file: path('a file', {
      what: 'The file with the token, read again for each round',
      why: 'A file that something renews outside the cluster keeps working while the API server is down.',
    }).exactOptional(),
    secret: secretRef({ what: 'The token, as a secret by name' }).exactOptional(),
  },
).transform((value, context): TokenIdentity => {
  if (value.file !== undefined && value.secret === undefined) return { kind: 'token', file: value.file };
  if (value.secret !== undefined && value.file === undefined) return { kind: 'token', secret: value.secret };
  context.addIssue({ code: 'custom', message: 'a token from either file or secret, and not from both' });
  return z.NEVER;
});

const execIdentity = section(
  { what: 'A command that prints an ExecCredential, as in a kubeconfig (Node only)' },
  {
    kind: z.literal('exec'),
    command: text('the name or path of a command', /^\P{Cc}{1,4096}$/u, { what: 'The command, run without a shell' }),
    args: list(z.string({ error: 'a text' }), 'texts', 0, 64, { what: 'Its arguments' }).default([]),
    env: z
      .record(z.string(), z.string({ error: 'a text' }), { error: 'an object of texts' })
      .meta(notes('an object of texts', { what: 'Environment variables to add to those of Lifeboat' }))
      .default({}),
    timeoutMs: milliseconds(100, 60_000, 10_000, { what: 'How long the command may take' }),
    provideClusterInfo: yesOrNo(false, {
      what: 'Tells the command which cluster it is for: `spec.cluster` in KUBERNETES_EXEC_INFO, with `url`, `serverName` and `ca` from here. As the field of that name in a kubeconfig',
      why: 'Some commands end with an error without it.',
      see: 'https://kubernetes.io/docs/reference/config-api/client-authentication.v1/',
    }),
  },
);

const identity = z
  .discriminatedUnion('kind', [certificateIdentity, tokenIdentity, execIdentity], {
    error: "an identity of the kind 'certificate', 'token' or 'exec'",
  })
  .meta(
    notes('one of the kinds below', {
      what: 'Who asks: an identity of its own that may read one small object and nothing else',
      why: 'An administrator is exempt from API Priority and Fairness and sees a healthy API server where everybody else is rejected. A short-lived service-account token is refused by the probe: only the API server itself could renew it.',
      see: 'https://kubernetes.io/docs/concepts/cluster-administration/flow-control/',
    }),
  );

const write = section(
  {
    what: 'A tiny write to make in each round: one ConfigMap, patched',
    why: 'A control plane that reads but cannot write is broken too, for instance when etcd has lost its quorum. It needs its own RBAC rule; absent: no write.',
  },
  {
    namespace: text('the name of a namespace', dnsLabel, { what: 'Namespace of the ConfigMap' }).default('lifeboat'),
    configMap: text('the name of a ConfigMap', objectName, { what: 'Name of the ConfigMap' }).default('lifeboat-probe'),
  },
);

/** `https` only, no credentials, query or fragment; without the slash at the end. */
function readApiUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const bare = url && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (url === undefined || url.protocol !== 'https:' || !bare)
    throw new Error('TLS always, nothing but scheme, host, port and path');
  return url.href.replace(/\/+$/, '');
}

export const apiServerSchema = section(
  { what: 'The API server, asked as an ordinary client asks it' },
  {
    url: readAs('an https URL without user information, query or fragment', readApiUrl, {
      what: 'Where it is, reachable from outside the cluster without any help of the cluster',
    }),
    serverName: text('a host name or IP address', /^[A-Za-z0-9._:-]{1,253}$/, {
      what: "The name that its certificate must carry, where that is not the URL's host",
    }).exactOptional(),
    ca: ca.exactOptional(),
    identity,
    readPath: text('a path that begins with one /', /^\/(?!\/)[^\s?#]{0,1023}$/, {
      what: 'What to read in each round: one small object that the identity may get',
      why: 'Never a list: Lifeboat must not add to an overload.',
    }).default('/api/v1/namespaces/default'),
    write: write.exactOptional(),
    slowMs: milliseconds(10, 60_000, 1000, {
      what: 'A read or write that takes longer counts as degraded, reason `slow`',
      why: "The API server's own objective is 1 s for a call on one object.",
      see: 'https://github.com/kubernetes/community/blob/master/sig-scalability/slos/api_call_latency.md',
    }),
  },
);

export const serialMethodField = choice(['auto', 'pod-txt', 'random-name', 'ixfr'], {
  what: 'How the live SOA serial is asked for, past every cache: `pod-txt` TXT of a random pod name (needs `pods insecure`), `random-name` a random name under a namespace (not under `fallthrough`), `ixfr` over TCP (needs `transfer`); `auto` finds out',
  why: 'The serial is the second of the last change that this replica has seen: the age of its view.',
});
