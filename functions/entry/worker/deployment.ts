// The configuration that this Worker was deployed with, checked once when it starts: a wrong one ends the deployment, not the watch.
import input from 'lifeboat.config';
import { parseConfig, renderProblems } from '../../config/parse.ts';
import type { ClusterConfig, Config } from '../../config/schema.ts';
import { withinWorker } from '../../deployment/workers/limits.ts';
import { LifeboatError } from '../../lib/errors.ts';

export const config: Config = checked();

export function clusterOf(id: string): ClusterConfig | undefined {
  return config.clusters.find((cluster) => cluster.id === id);
}

/** The configured cluster; `config` when a deployment has left it out. */
export function requireCluster(id: string): ClusterConfig {
  const cluster = clusterOf(id);
  if (cluster !== undefined) return cluster;
  throw new LifeboatError('config', `the configuration has no cluster "${id}"`);
}

function checked(): Config {
  const parsed = parseConfig(input);
  if (parsed.status === 'ok') return withinWorker(parsed.config);
  throw new LifeboatError('config', renderProblems('lifeboat.config.ts', parsed.problems));
}
