// A real kube-apiserver on loopback over the run's etcd, with its own CA, token identities and RBAC. No controller runs: EndpointSlices are
// written by hand. It must be usable by an ordinary client only after /readyz is 200 and the RBAC objects are there.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyAccess, type IdentityName, identityNames } from './access.ts';
import { type Authority, createAuthority, createSigningKey } from './certificates.ts';
import {
  type ClientOptions,
  createKubernetesClient,
  type Identity,
  type KubernetesClient,
} from './kubernetes-client.ts';
import { freePort } from './ports.ts';
import { type Program, type Running, startPart } from './process.ts';
import { partFolder } from './run-folder.ts';

export interface KubeApiserverOptions {
  readonly program: Program;
  readonly runFolder: string;
  /** Of etcd, or of a proxy before it; absent for a server that keeps its objects in a folder of its own. */
  readonly etcdUrl?: string;
  /** Few requests at once (20, and 10 that write), so that one noisy client fills the server. Default false. */
  readonly overloadable?: boolean;
  /** How long the serving certificate is valid; default one day. */
  readonly servingCertificateMs?: number;
}

export interface KubeApiserver extends Running {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Signs the serving certificate, and client certificates that the server accepts (`issueClient`). */
  readonly authority: Authority;
  /** The CA's PEM as a file. */
  readonly caFile: string;
  readonly tokens: Readonly<Record<IdentityName, string>>;
  /** `system:masters`: exempt from flow control. */
  readonly admin: KubernetesClient;
  /** A client of its own; the caller closes it. */
  client(identity: IdentityName | Identity, options?: Partial<ClientOptions>): KubernetesClient;
  /** A kubeconfig with the identity's token, by way of another address (a proxy) when one is given; its context is `test`. */
  writeKubeconfig(file: string, identity: IdentityName, url?: string): void;
  /** Rewrites the token file with these identities only; it counts after `restart`. */
  setIdentities(names: readonly IdentityName[]): void;
}

export const serviceRange = '10.96.0.0/16';

/** Longer than the fortnight before its end in which a certificate is an incident. */
const defaultServingMs = 90 * 86_400_000;

/** Starts the API server and waits until it is ready and its RBAC objects exist; 3-5 s. */
export async function startKubeApiserver(options: KubeApiserverOptions): Promise<KubeApiserver> {
  const folder = partFolder(options.runFolder, 'kube-apiserver');
  const host = '127.0.0.1';
  const port = await freePort();
  const url = `https://${host}:${port}`;
  const authority = await createAuthority('lifeboat test cluster');
  const tokens = makeTokens();
  const tokenFile = join(folder, 'tokens.csv');
  const files = await writeFiles(folder, authority, options.servingCertificateMs ?? defaultServingMs);
  const setIdentities = (names: readonly IdentityName[]): void =>
    writeFileSync(tokenFile, tokenLines(tokens, names), { mode: 0o600 });
  setIdentities(identityNames);

  const client: KubeApiserver['client'] = (identity, overrides) =>
    createKubernetesClient({
      url,
      ca: authority.certificate,
      identity: typeof identity === 'string' ? { token: tokens[identity] } : identity,
      ...overrides,
    });
  const admin = client('admin');
  const prober = client('admin', { timeoutMs: 2_000 });
  const running = await startPart({
    name: 'kube-apiserver',
    program: options.program,
    args: [...flags(options, folder, port), `--token-auth-file=${tokenFile}`, ...files.flags],
    logFile: join(folder, 'log'),
    ready: async () => (await prober.request('GET', '/readyz')).status === 200,
    readyTimeoutMs: 60_000,
  });
  await applyAccess(admin);

  return Object.assign(running, {
    url,
    host,
    port,
    authority,
    caFile: files.caFile,
    tokens,
    admin,
    client,
    setIdentities,
    writeKubeconfig: (file: string, identity: IdentityName, server = url) =>
      writeFileSync(file, kubeconfig(server, files.caFile, identity, tokens[identity]), { mode: 0o600 }),
  });
}

function flags(options: KubeApiserverOptions, folder: string, port: number): readonly string[] {
  return [
    options.etcdUrl === undefined ? `--data-dir=${join(folder, 'data')}` : `--etcd-servers=${options.etcdUrl}`,
    `--cert-dir=${folder}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=10.0.0.1',
    `--service-cluster-ip-range=${serviceRange}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--authorization-mode=RBAC',
    '--endpoint-reconciler-type=none',
    '--disable-admission-plugins=ServiceAccount',
    ...(options.overloadable ? ['--max-requests-inflight=20', '--max-mutating-requests-inflight=10'] : []),
  ];
}

async function writeFiles(
  folder: string,
  authority: Authority,
  servingCertificateMs: number,
): Promise<{ readonly caFile: string; readonly flags: readonly string[] }> {
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  const serving = await authority.issueServer(names, ['127.0.0.1'], servingCertificateMs);
  const signing = await createSigningKey();
  const caFile = write('ca.crt', authority.certificate);
  return {
    caFile,
    flags: [
      `--client-ca-file=${caFile}`,
      `--tls-cert-file=${write('serving.crt', serving.certificate)}`,
      `--tls-private-key-file=${write('serving.key', serving.key)}`,
      `--service-account-key-file=${write('sa.pub', signing.publicKey)}`,
      `--service-account-signing-key-file=${write('sa.key', signing.privateKey)}`,
    ],
  };
}

function makeTokens(): Record<IdentityName, string> {
  const token = (): string => randomBytes(24).toString('hex');
  return { admin: token(), watchdog: token(), coredns: token(), noisy: token(), controller: token() };
}

/** `token,user,uid,"group"`, a line for each identity. */
function tokenLines(tokens: Readonly<Record<IdentityName, string>>, names: readonly IdentityName[]): string {
  const groups = (name: IdentityName): string => (name === 'admin' ? ',"system:masters"' : '');
  return names.map((name) => `${tokens[name]},${name},uid-${name}${groups(name)}\n`).join('');
}

/** As JSON, which is YAML too. */
function kubeconfig(server: string, caFile: string, user: string, token: string): string {
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': caFile } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
