// The command line: the flags of kube-apiserver that this server honours or can do without, and a few of its own. Anything else is refused,
// as a flag that is silently ignored is a promise that is not kept. It reads no file.
import { parseArgs } from 'node:util';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { createClusterIps } from './cluster-ips.ts';
import { entropyBits, maxEntropyBits } from './shuffle-sharding.ts';

const count = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
const file = z.string().min(1);
/** Accepted for the sake of the same command line; nothing here needs it. */
const unused = z.string().optional();

const flagsShape = z
  .object({
    'data-dir': file,
    'bind-address': z.string().refine(isLoopback, 'must be a loopback address').default('127.0.0.1'),
    'secure-port': count(1, 65_535).default(6443),
    'tls-cert-file': file,
    'tls-private-key-file': file,
    'client-ca-file': file,
    'token-auth-file': file,
    'service-cluster-ip-range': z.string().superRefine(checkRange),
    'authorization-mode': z.literal('RBAC').default('RBAC'),
    'endpoint-reconciler-type': z.literal('none').default('none'),
    'max-requests-inflight': count(0, 10_000).default(400),
    'max-mutating-requests-inflight': count(0, 10_000).default(200),
    'request-timeout': z
      .string()
      .regex(/^[1-9]\d{0,3}s$/, 'must be seconds such as 60s')
      .default('60s'),
    'cert-dir': unused,
    'advertise-address': unused,
    'disable-admission-plugins': unused,
    // No service account token is issued or known.
    'service-account-issuer': unused,
    'service-account-key-file': unused,
    'service-account-signing-key-file': unused,
    // Our own. The real server has them as objects: PriorityLevelConfiguration spec.limited.limitResponse.queuing.
    'flow-queues': count(1, 1_024).default(1),
    'flow-hand-size': count(1, 12).default(1),
    'flow-queue-length': count(0, 10_000).default(50),
    'watch-history': count(1, 100_000).default(1_000),
  })
  .superRefine((flags, context) => {
    const problem = sumProblem(flags);
    if (problem !== undefined) context.addIssue({ code: 'custom', ...problem });
  });

export interface Settings {
  readonly dataFolder: string;
  readonly host: string;
  readonly port: number;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string;
  readonly tokenFile: string;
  readonly serviceRange: string;
  readonly requestTimeoutMs: number;
  readonly historyLimit: number;
  readonly flow: {
    readonly seats: number;
    readonly queues: number;
    readonly handSize: number;
    readonly queueLengthLimit: number;
    readonly waitLimitMs: number;
  };
}

/** Throws with one line that names every flag that is wrong. */
export function parseFlags(args: readonly string[]): Settings {
  const options = Object.fromEntries(Object.keys(flagsShape.shape).map((name) => [name, { type: 'string' as const }]));
  if (args.some((arg) => arg.startsWith('--etcd-servers'))) {
    throw new Error('--etcd-servers: this server needs no etcd; it keeps its objects in --data-dir');
  }
  const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
  const parsed = flagsShape.safeParse(values);
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('; '));
  }
  const flags = parsed.data;
  const requestTimeoutMs = Number.parseInt(flags['request-timeout'], 10) * 1_000;
  return {
    dataFolder: flags['data-dir'],
    host: flags['bind-address'],
    port: flags['secure-port'],
    certificateFile: flags['tls-cert-file'],
    keyFile: flags['tls-private-key-file'],
    clientCaFile: flags['client-ca-file'],
    tokenFile: flags['token-auth-file'],
    serviceRange: flags['service-cluster-ip-range'],
    requestTimeoutMs,
    historyLimit: flags['watch-history'],
    flow: {
      // The sum is the concurrency of all levels, k8s.io/apiserver pkg/server/config.go.
      seats: flags['max-requests-inflight'] + flags['max-mutating-requests-inflight'],
      queues: flags['flow-queues'],
      handSize: flags['flow-hand-size'],
      queueLengthLimit: flags['flow-queue-length'],
      // As the real server has it: 15 s of 60 s.
      waitLimitMs: requestTimeoutMs / 4,
    },
  };
}

interface FlowFlags {
  readonly 'flow-queues': number;
  readonly 'flow-hand-size': number;
  readonly 'max-requests-inflight': number;
  readonly 'max-mutating-requests-inflight': number;
}

function sumProblem(flags: FlowFlags): { readonly path: string[]; readonly message: string } | undefined {
  const [queues, hand] = [flags['flow-queues'], flags['flow-hand-size']];
  if (hand > queues)
    return { path: ['flow-hand-size'], message: `${hand} is more than the ${queues} of --flow-queues` };
  const bits = entropyBits(queues, hand);
  if (bits > maxEntropyBits) {
    return {
      path: ['flow-hand-size'],
      message: `${hand} of ${queues} queues need ${bits} bits of a hash; at most ${maxEntropyBits}`,
    };
  }
  const seats = flags['max-requests-inflight'] + flags['max-mutating-requests-inflight'];
  return seats === 0 ? { path: ['max-requests-inflight'], message: 'no request at all could run' } : undefined;
}

function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.parse(address).range() === 'loopback';
}

function checkRange(range: string, context: z.RefinementCtx): void {
  try {
    createClusterIps(range);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
}
