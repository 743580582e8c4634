// What is wrong with a deployment to Workers before it is made: wrangler.toml, secrets, limits, and what a Worker cannot do. Pure: the
// documents are given, nobody is asked.
import { z } from 'zod';
import type { CheckResult } from '../../config/check-result.ts';
import type { ClusterConfig, Config, VantageConfig } from '../../config/schema.ts';
import { secretNames } from '../../config/secret-names.ts';
import { formatEndpoint } from '../../lib/endpoint.ts';
import { closedToWorkers, reachOf } from '../reach.ts';
import { workerRecords } from './limits.ts';

/** What wrangler.toml must have; more may stand there. */
const objectBindings = {
  CLUSTERS: 'ClusterObject',
  VANTAGES: 'VantageObject',
  PAGERS: 'PagerObject',
  SESSIONS: 'SessionObject',
} as const;
const bucketBinding = 'SNAPSHOTS';
/** Imported by name: the Worker's code does not know where the file lies. */
const configAlias = 'lifeboat.config';

const wranglerShape = z.object({
  main: z.string(),
  compatibility_date: z.string(),
  alias: z.record(z.string(), z.string()).default({}),
  durable_objects: z
    .object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })).default([]) })
    .default({ bindings: [] }),
  migrations: z.array(z.object({ tag: z.string(), new_sqlite_classes: z.array(z.string()).default([]) })).default([]),
  r2_buckets: z.array(z.object({ binding: z.string(), bucket_name: z.string().optional() })).default([]),
  triggers: z.object({ crons: z.array(z.string()).default([]) }).default({ crons: [] }),
  assets: z.object({ directory: z.string() }).optional(),
  vpc_networks: z.array(z.object({ binding: z.string() })).default([]),
});

export interface DeploymentFacts {
  readonly config: Config;
  /** wrangler.toml as an object. */
  readonly wrangler: unknown;
  /** Does this path, as it stands in wrangler.toml, lead to the configuration that is checked? */
  readonly isOwnConfig: (path: string) => boolean;
  /** Names of the secrets that the Worker has; a text: why they are not known. */
  readonly secrets: readonly string[] | string;
  /** Compressed size of the bundle in octets; a text: why it is not known. */
  readonly bundleBytes: number | string;
}

/** https://developers.cloudflare.com/durable-objects/concepts/durable-object-lifecycle/ */
const forgetsAfterMs = 10_000;
/** Durable Objects hand no more than this from one to another in a call. */
const maxCallBytes = 32 * 1024 * 1024;
/** Compressed, on the paid and the free plan. https://developers.cloudflare.com/workers/platform/limits/#worker-size */
const maxBundleBytes = 10_000_000;
const maxFreeBundleBytes = 3_000_000;
/** Objects that one object may call in one go: the free plan's limit on sub-requests. */
const manyShares = 40;

export function checkDeployment(facts: DeploymentFacts): readonly CheckResult[] {
  const { config } = facts;
  return [
    ...checkWrangler(facts),
    ...checkSecrets(facts),
    ...config.clusters.flatMap(checkCluster),
    checkTokens(config),
    checkBundle(facts.bundleBytes),
  ];
}

function result(subject: string, status: CheckResult['status'], detail: string): CheckResult {
  return { subject, status, detail };
}

function checkWrangler({ wrangler, isOwnConfig, config }: DeploymentFacts): readonly CheckResult[] {
  const parsed = wranglerShape.safeParse(wrangler);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return [result('wrangler.toml', 'fail', `${issue?.path.join('.') || 'the document'}: ${issue?.message}`)];
  }
  const { alias, durable_objects, migrations, r2_buckets, triggers, assets } = parsed.data;
  const classes = new Set(migrations.flatMap((step) => step.new_sqlite_classes));
  const missing = Object.entries(objectBindings).flatMap(([name, className]) => {
    const isBound = durable_objects.bindings.some((one) => one.name === name && one.class_name === className);
    if (!isBound) return [`the Durable Object binding ${name} with the class ${className}`];
    return classes.has(className) ? [] : [`${className} among the new_sqlite_classes of a migration`];
  });
  if (!r2_buckets.some(({ binding }) => binding === bucketBinding))
    missing.push(`the R2 bucket binding ${bucketBinding}`);
  const networks = new Set(parsed.data.vpc_networks.map(({ binding }) => binding));
  for (const { id, vpc } of config.clusters)
    if (vpc !== undefined && !networks.has(vpc))
      missing.push(`the [[vpc_networks]] binding ${vpc}, which cluster ${id} names`);
  if (assets === undefined) missing.push('the [assets] directory with the style and script of the page');
  const path = alias[configAlias];
  return [
    missing.length === 0
      ? result('wrangler.toml bindings', 'ok', 'objects, migrations, bucket and assets are there')
      : result('wrangler.toml bindings', 'fail', `missing: ${missing.join('; ')}; take them from Lifeboat's own file`),
    path !== undefined && isOwnConfig(path)
      ? result('wrangler.toml configuration', 'ok', `${configAlias} is ${path}`)
      : result(
          'wrangler.toml configuration',
          'fail',
          `alias "${configAlias}" is ${path ?? 'not set'}: it must be the configuration that is checked here`,
        ),
    triggers.crons.includes('* * * * *')
      ? result('wrangler.toml cron', 'ok', 'the backstop runs each minute')
      : result(
          'wrangler.toml cron',
          'fail',
          'no "* * * * *" among the crons: a lost alarm would end the watch without a word',
        ),
  ];
}

function checkSecrets({ config, secrets }: DeploymentFacts): readonly CheckResult[] {
  return secretNames(config).map(({ name, path }) => {
    const subject = `secret ${name}`;
    if (typeof secrets === 'string') return result(subject, 'unknown', `${secrets}; ${path} needs it`);
    if (secrets.includes(name)) return result(subject, 'ok', `set; used by ${path}`);
    return result(subject, 'fail', `not set, and ${path} needs it: npx wrangler secret put ${name}`);
  });
}

function checkCluster(cluster: ClusterConfig): readonly CheckResult[] {
  const { id, apiServer, snapshot, dns, vantages } = cluster;
  const results = reachOf(cluster)
    .filter(({ platform }) => platform === 'worker')
    .map(({ target, how, secured, problem, warning }) => {
      const status = problem !== undefined ? 'fail' : warning !== undefined ? 'warn' : 'ok';
      return result(
        `${id}: ${target}`,
        status,
        problem ?? `${how}; secured by: ${secured}${warning === undefined ? '' : `; ${warning}`}`,
      );
    });
  const looks = (kind: 'apiserver' | 'dns') =>
    vantages.some((one) => one.kind === 'edge' && one.targets.includes(kind));
  if (looks('apiserver')) results.push(...filesOf(apiServer).map((what) => result(`${id}: apiServer`, 'fail', what)));
  if (looks('dns')) results.push(...filesOfTls(dns).map((what) => result(`${id}: dns.tls`, 'fail', what)));
  if (cluster.probe.intervalMs >= forgetsAfterMs) {
    const detail = `${cluster.probe.intervalMs}: an object forgets after ${forgetsAfterMs} ms of sleep, so that replicas left behind by others are not noticed`;
    results.push(result(`${id}: probe.intervalMs`, 'warn', detail));
  }
  if (snapshot.maxBytes > maxCallBytes && vantages.some((one) => one.kind === 'inside' && one.captures)) {
    const detail = `a vantage cannot hand over more than ${maxCallBytes} octets, and maxBytes is ${snapshot.maxBytes}`;
    results.push(result(`${id}: snapshot.maxBytes`, 'warn', detail));
  }
  results.push(
    cluster.heartbeat === undefined
      ? result(`${id}: heartbeat`, 'note', 'none: nobody is told when the Worker itself dies (docs/alerts.md)')
      : result(`${id}: heartbeat`, 'ok', `each ${cluster.heartbeat.intervalMs} ms while the watch works`),
  );
  for (const vantage of vantages) results.push(...checkUplink(id, vantage));
  if (snapshot.maxRecords > workerRecords) {
    const detail = `${snapshot.maxRecords}: a Worker's 128 MiB hold ${workerRecords}, some 30,000 Services with one port each; a larger zone is refused there, watch that cluster with lifeboat watch`;
    results.push(result(`${id}: snapshot.maxRecords`, 'warn', detail));
  }
  const edges = vantages.filter((one) => one.kind === 'edge');
  const references = edges.filter(({ reference }) => reference.length > 0).length;
  const shares =
    edges.length * (1 + Math.ceil(dns.servers.length / 2)) +
    references +
    Math.max(1, edges.length) * cluster.standby.length;
  if (shares > manyShares) {
    const detail = `${shares} objects probe in each round: more than the free plan's sub-requests (50) leave room for`;
    results.push(result(`${id}: vantages`, 'warn', detail));
  }
  return results;
}

/**
 * Cloudflare's resolver, which everybody thinks of first. https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/#considerations
 */
const ownAddresses = new Set(['1.1.1.1', '1.0.0.1', '2606:4700:4700::1111', '2606:4700:4700::1001']);

/** Can a vantage tell its own broken network from a broken cluster? */
function checkUplink(cluster: string, { id, kind, targets, reference }: VantageConfig): readonly CheckResult[] {
  const subject = `${cluster}: vantage ${id}`;
  if (reference.length === 0 && targets.length === 1) {
    const detail = `it looks at ${targets.join()} alone and has no reference: when its own network breaks, that looks like an outage of ${targets.join()}`;
    return [result(subject, 'warn', detail)];
  }
  return reference.flatMap(({ host, port }) => {
    const closed = ownAddresses.has(host) ? 'it is an address of Cloudflare itself' : closedToWorkers(host, port);
    if (kind === 'inside' || closed === undefined) return [];
    return [
      result(subject, 'fail', `its reference ${formatEndpoint({ host, port })} can never answer a Worker: ${closed}`),
    ];
  });
}

/** What only a machine with files and processes can use. */
function filesOf({ ca, identity }: ClusterConfig['apiServer']): readonly string[] {
  const found: string[] = [];
  if (ca !== undefined && 'file' in ca) found.push(`ca.file ${ca.file}: a Worker has no files, use pem or a secret`);
  if (identity.kind === 'exec')
    found.push(`identity.command ${identity.command}: a Worker runs no commands, use a token or certificate`);
  if (identity.kind === 'token' && 'file' in identity)
    found.push(`identity.file ${identity.file}: a Worker has no files, name a secret`);
  if (identity.kind === 'certificate' && 'certificateFile' in identity)
    found.push(`identity.certificateFile ${identity.certificateFile}: a Worker has no files, name secrets`);
  return found;
}

function filesOfTls({ tls }: ClusterConfig['dns']): readonly string[] {
  const { ca, client } = tls ?? {};
  return [
    ...(ca !== undefined && 'file' in ca ? [`ca.file ${ca.file}: a Worker has no files, use pem or a secret`] : []),
    ...(client !== undefined && 'certificateFile' in client
      ? [`certificateFile ${client.certificateFile}: a Worker has no files, name secrets`]
      : []),
  ];
}

function checkTokens({ api }: Config): CheckResult {
  const lacking = (['view', 'operate'] as const).filter(
    (scope) => !api.tokens.some(({ scopes }) => scopes.includes(scope)),
  );
  if (lacking.length === 0) return result('api.tokens', 'ok', `${api.tokens.length} tokens`);
  return result('api.tokens', 'warn', `nobody may ${lacking.join(' or ')}: make a token with "lifeboat token"`);
}

function checkBundle(bytes: number | string): CheckResult {
  if (typeof bytes === 'string') return result('bundle', 'unknown', bytes);
  const size = `${(bytes / 1e6).toFixed(2)} MB compressed`;
  if (bytes > maxBundleBytes) return result('bundle', 'fail', `${size}, the limit is ${maxBundleBytes / 1e6} MB`);
  if (bytes > maxFreeBundleBytes)
    return result('bundle', 'warn', `${size}: for a paid plan only, free plans take ${maxFreeBundleBytes / 1e6} MB`);
  return result('bundle', 'ok', size);
}
