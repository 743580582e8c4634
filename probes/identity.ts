// Who asks the API server: a client certificate or a token from files or secrets, or a command as in a kubeconfig.
// It must never put a credential into a message, and never ask the API server for one.
import { z } from 'zod';
import type { CertificateAuthority, ClientCertificate } from '../functions/config/cluster/certificates.ts';
import { toBase64 } from '../functions/lib/base64url.ts';
import type { Clock } from '../functions/lib/deps.ts';
import { LifeboatError, messageOf } from '../functions/lib/errors.ts';
import { certificateEnd } from './certificate.ts';
import { daysLeft, warningDays } from './observe.ts';
import { type PemDeps, readAuthority, readClientCertificate } from './pem.ts';
import { inspectToken } from './token.ts';

/** As in the configuration (functions/config/cluster/api-server.ts). */
export type IdentityConfig =
  | ({ readonly kind: 'certificate' } & ClientCertificate)
  | { readonly kind: 'token'; readonly file: string }
  | { readonly kind: 'token'; readonly secret: { readonly secret: string } }
  | {
      readonly kind: 'exec';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly timeoutMs: number;
      readonly provideClusterInfo: boolean;
    };

/** Whose identity it is, as in the configuration: what a command is told that asks for it. */
export interface IdentityCluster {
  readonly url: string;
  readonly serverName?: string;
  readonly ca?: CertificateAuthority;
}

export interface IdentityDeps extends PemDeps {
  readonly clock: Clock;
  /** Standard output of a command run without a shell, or LifeboatError `credential` (functions/entry/node/command.ts). */
  readonly execute: (
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    timeoutMs: number,
  ) => Promise<string>;
}

/** What a request carries. */
export interface Credential {
  readonly token?: string;
  /** PEM. */
  readonly certificate?: string;
  readonly key?: string;
}

export type CredentialResult =
  | {
      readonly status: 'usable';
      readonly credential: Credential;
      /** Days to its end, where it says. */
      readonly daysLeft?: number;
      /** `the token ends in 3.2 days`. */
      readonly warning?: string;
    }
  /** There is none that may be used; `evidence` says why. */
  | { readonly status: 'refused'; readonly evidence: string };

export interface Identity {
  /** The credential for now; files are read again each time, a command's answer is kept until it ends. Never rejects, but may take long. */
  credential(): Promise<CredentialResult>;
  /** The API server did not take it (401): a kept answer is forgotten. */
  rejected(): void;
}

/** A command's credential is asked for again this long before its end. */
const renewBeforeMs = 30_000;
const execApiVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'] as const;

/** https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
const execCredentialShape = z.object({
  apiVersion: z.enum(execApiVersions),
  kind: z.literal('ExecCredential'),
  status: z.object({
    // Go writes null where a plugin has a pointer to nothing: it means the same as a field that is not there.
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
    expirationTimestamp: z.iso.datetime({ offset: true }).nullish(),
  }),
});

export function createIdentity(deps: IdentityDeps, config: IdentityConfig, cluster: IdentityCluster): Identity {
  const obtain = obtainerOf(deps, config, cluster);
  return {
    async credential() {
      try {
        return await obtain.now();
      } catch (error) {
        // What is thrown names a file, a command or a secret's name, never a value.
        return { status: 'refused', evidence: messageOf(error) };
      }
    },
    rejected: () => obtain.forget(),
  };
}

interface Obtainer {
  now(): Promise<CredentialResult>;
  forget(): void;
}

function obtainerOf(deps: IdentityDeps, config: IdentityConfig, cluster: IdentityCluster): Obtainer {
  const { clock, readFile, readSecret } = deps;
  const forget = () => {};
  switch (config.kind) {
    case 'certificate':
      return {
        forget,
        now: async () => {
          const { certificate, key, source } = await readClientCertificate(deps, config);
          return certificateResult(certificate, key, clock.now(), source);
        },
      };
    case 'token':
      return {
        forget,
        now: async () => {
          if ('file' in config) return tokenResult((await readFile(config.file)).trim(), clock.now(), config.file);
          const { secret: name } = config.secret;
          const token = readSecret(name);
          if (token !== undefined) return tokenResult(token.trim(), clock.now(), `secret ${name}`);
          return { status: 'refused', evidence: `there is no secret named ${name}` };
        },
      };
    case 'exec':
      return createExecObtainer(deps, config, cluster);
  }
}

function createExecObtainer(
  deps: IdentityDeps,
  config: Extract<IdentityConfig, { kind: 'exec' }>,
  cluster: IdentityCluster,
): Obtainer {
  let kept: { readonly result: CredentialResult; readonly until: number } | undefined;
  let running: Promise<CredentialResult> | undefined;
  const run = async (): Promise<CredentialResult> => {
    const told = config.provideClusterInfo ? { cluster: await clusterInfoOf(deps, cluster) } : {};
    const info = { apiVersion: execApiVersions[0], kind: 'ExecCredential', spec: { ...told, interactive: false } };
    const env = { KUBERNETES_EXEC_INFO: JSON.stringify(info), ...config.env };
    const output = await deps.execute(config.command, config.args, env, config.timeoutMs);
    const { result, expiresAt } = readExecCredential(output, config.command, deps.clock.now());
    const until = expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt - renewBeforeMs;
    kept = result.status === 'usable' ? { result, until } : undefined;
    return result;
  };
  return {
    forget: () => {
      kept = undefined;
    },
    now: async () => {
      if (kept !== undefined && deps.clock.now() < kept.until) return kept.result;
      // Whoever asked before may have given up waiting: the command is not started a second time beside itself.
      running ??= run().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

/** `Cluster` of client-authentication.v1; the certificates in Base64, as Go writes octets. */
async function clusterInfoOf(deps: PemDeps, { url, serverName, ca }: IdentityCluster): Promise<object> {
  const pem = ca === undefined ? undefined : await readAuthority(deps, ca);
  return {
    server: url,
    ...(serverName === undefined ? {} : { 'tls-server-name': serverName }),
    ...(pem === undefined ? {} : { 'certificate-authority-data': toBase64(new TextEncoder().encode(pem)) }),
  };
}

/** What the command printed. Without an `expirationTimestamp` it is kept until the API server refuses it, as kubectl does. */
function readExecCredential(
  output: string,
  command: string,
  now: number,
): { readonly result: CredentialResult; readonly expiresAt?: number } {
  const parsed = execCredentialShape.safeParse(jsonOf(output, command));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    // The issue names a field and what it wants; what the field holds may be the secret.
    throw new LifeboatError(
      'credential',
      `the credential command ${command} printed no ExecCredential of ${execApiVersions[0]}: field ${issue?.path.join('.') || '(top)'} is missing or wrong`,
    );
  }
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = parsed.data.status;
  const expiresAt = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : undefined;
  const end = expiresAt === undefined ? {} : { expiresAt };
  if (expiresAt !== undefined && expiresAt <= now) {
    const evidence = `the credential command ${command} printed a credential that ended at ${expirationTimestamp}`;
    return { result: { status: 'refused', evidence } };
  }
  // It is renewed by running the command again: its end is no warning.
  if (typeof token === 'string')
    return { result: withoutWarning(tokenResult(token, now, `command ${command}`)), ...end };
  if (typeof clientCertificateData === 'string' && typeof clientKeyData === 'string') {
    const source = `command ${command}`;
    return { result: withoutWarning(certificateResult(clientCertificateData, clientKeyData, now, source)), ...end };
  }
  throw new LifeboatError(
    'credential',
    `the credential command ${command} printed neither a token nor a client certificate with its key`,
  );
}

function jsonOf(output: string, command: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    throw new LifeboatError('credential', `the credential command ${command} printed no JSON`);
  }
}

function withoutWarning(result: CredentialResult): CredentialResult {
  return result.status === 'usable' ? { status: 'usable', credential: result.credential } : result;
}

function tokenResult(token: string, now: number, source: string): CredentialResult {
  const verdict = inspectToken(token, now);
  if (verdict.status === 'refused') return { status: 'refused', evidence: `${verdict.evidence} (${source})` };
  return {
    status: 'usable',
    credential: { token },
    ...(verdict.expiresAt === undefined ? {} : { daysLeft: daysLeft(verdict.expiresAt, now) }),
    ...(verdict.warning === undefined ? {} : { warning: `${verdict.warning} (${source})` }),
  };
}

function certificateResult(certificate: string, key: string, now: number, source: string): CredentialResult {
  const end = certificateEnd(certificate);
  if (end === undefined) return { status: 'refused', evidence: `no certificate can be read from ${source}` };
  if (!key.includes('PRIVATE KEY-----')) {
    return { status: 'refused', evidence: `there is no PEM private key to the client certificate of ${source}` };
  }
  const days = daysLeft(end, now);
  if (end <= now)
    return { status: 'refused', evidence: `the client certificate ended ${daysLeft(now, end)} days ago (${source})` };
  return {
    status: 'usable',
    credential: { certificate, key },
    daysLeft: days,
    ...(days < warningDays ? { warning: `the client certificate ends in ${days} days (${source})` } : {}),
  };
}
