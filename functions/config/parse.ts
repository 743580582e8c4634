// Checks a configuration once, where it comes in. It reads no file and no secret, and never throws for what a person wrote.
import { checkConfig } from './checks.ts';
import { type Problem, problemsOf, renderProblem } from './problems.ts';
import { type Config, configSchema } from './schema.ts';
import { withStandbyNames } from './standby/index.ts';

export type { Problem } from './problems.ts';

export type ParsedConfig =
  | { readonly status: 'ok'; readonly config: Config }
  | { readonly status: 'invalid'; readonly problems: readonly Problem[] };

/** Reads what `export default defineConfig(…)` gave: fields first, then the rules between them (checks.ts). */
export function parseConfig(input: unknown): ParsedConfig {
  const given = withNames(withoutUndefined(input));
  const parsed = configSchema.safeParse(given);
  if (!parsed.success) return { status: 'invalid', problems: problemsOf(parsed.error.issues, given) };
  const problems = checkConfig(parsed.data);
  return problems.length === 0 ? { status: 'ok', config: parsed.data } : { status: 'invalid', problems };
}

/** All problems as one text: a line that counts them, then one line each. */
export function renderProblems(file: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return [`${file} has ${count}:`, ...problems.map((problem) => `  ${renderProblem(problem)}`)].join('\n');
}

function withNames(given: unknown): unknown {
  if (!isTable(given) || !Array.isArray(given.clusters)) return given;
  const clusters = given.clusters.map((cluster: unknown) =>
    isTable(cluster) && Array.isArray(cluster.standby)
      ? { ...cluster, standby: withStandbyNames(cluster.standby) }
      : cluster,
  );
  return { ...given, clusters };
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `key: undefined` counts as absent, so that `ca: inside ? { file } : undefined` can be written. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutUndefined(member)]));
}
