// What every command gets: a terminal, files, and a way to open the configuration. The entry supplies it; commands own no I/O.
import type { Config } from '../config/schema.ts';
import type { SecretReader } from '../config/secret.ts';
import type { Clock, Fetch, Random } from '../lib/deps.ts';
import { LifeboatError } from '../lib/errors.ts';
import { visibleJson } from '../lib/visible.ts';
import type { ClusterPorts } from '../tasks/cluster/ports.ts';
import type { VantagePorts } from '../vantage/agent/ports.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** Text files of the person who runs the command; errors are LifeboatError `input` with the path. */
export interface Files {
  read(path: string): Promise<string>;
  /** `overwrite` false refuses to replace a file. */
  write(path: string, text: string, options: { readonly overwrite: boolean }): Promise<void>;
}

/** The configuration, wired. */
export interface Runtime {
  readonly config: Config;
  /** What a watch cannot do without and a command by hand can: alert channels whose secret is not set here. One sentence each. */
  readonly lacking: readonly string[];
  readonly clusters: readonly ClusterPorts[];
}

/** Which vantage, and where it reports to. */
export interface VantageChoice {
  /** Default: the only one that the configuration has inside. */
  readonly id?: string;
  /** Default: every cluster that has it. */
  readonly cluster?: string;
  /** Default: `api.url`. */
  readonly remote?: string;
}

/** How a call of a tool ended. */
export interface ToolRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliContext {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  /** For the Worker's API only. */
  readonly fetch: Fetch;
  readonly secrets: SecretReader;
  /** Aborts when the person or the system ends the process. */
  readonly signal: AbortSignal;
  /** What --remote names: the Worker's address, or an empty text for the configured one; undefined: the command acts by itself. */
  remote(): string | undefined;
  /** Loads, checks and wires the file given with --config. */
  open(): Promise<Runtime>;
  /** Wires what a vantage inside the network needs, and no more: no key of a standby or of a pager is read. */
  openVantage(choice: VantageChoice): Promise<readonly VantagePorts[]>;
  /** The checked configuration alone: no secret is read, nothing is connected. */
  loadConfig(): Promise<Config>;
  /** Runs the deployment platform's own tool without a terminal and within a deadline; it may be missing, which is a code other than 0. */
  deployTool(args: readonly string[]): Promise<ToolRun>;
  /** Is this path, relative to the file that names it, the one given with --config? */
  isConfigFile(path: string, from: string): boolean;
  /** Sets the exit code of the process. */
  exit(code: ExitCode): void;
}

/** The cluster with this id, or the only one; `usage` lists the ids. */
export function pickCluster<T>(clusters: readonly T[], idOf: (cluster: T) => string, id: string | undefined): T {
  const ids = clusters.map(idOf);
  const index = id === undefined && clusters.length === 1 ? 0 : ids.indexOf(id ?? '');
  const cluster = clusters[index];
  if (cluster !== undefined) return cluster;
  const problem = id === undefined ? 'there is more than one cluster' : `there is no cluster "${id}"`;
  throw new LifeboatError('usage', `${problem}: name one with --cluster: ${ids.join(', ')}`);
}

/** The wired cluster that a command acts on. */
export async function openCluster(context: CliContext, id: string | undefined): Promise<ClusterPorts> {
  const runtime = await context.open();
  for (const what of runtime.lacking) context.terminal.err(`note: ${what}`);
  return pickCluster(runtime.clusters, (ports) => ports.cluster.id, id);
}

/** Why a command that writes did not: its question was not answered with yes. */
export const unconfirmed = 'not confirmed (use --yes in scripts)';

/** A document as JSON on one line. */
export function printJson(context: CliContext, document: unknown): void {
  context.terminal.out(visibleJson(JSON.stringify(document)));
}

/** One document for whatever was done for each of several standbys: that of the only one, or a list. */
export function printJsonOfEach(context: CliContext, documents: readonly object[]): void {
  printJson(context, documents.length === 1 ? documents[0] : documents);
}
