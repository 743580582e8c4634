// The rows of the design, lowest first: who may import whom. docs/architecture.md says the same in words.

/** A folder belongs to the longest path here that it lies below. */
export const rows: readonly (readonly string[])[] = [
  ['functions/lib'],
  // Words that several pure rows share: one list each, from which types and schemas come.
  ['functions/model'],
  ['functions/records'],
  // Above records, because a parsed configuration holds names.
  ['functions/config'],
  [
    'functions/dnswire',
    'functions/snapshot',
    'functions/plan',
    'functions/decision',
    'functions/alerts',
    'functions/wiring',
    'functions/deployment',
  ],
  // Pure as well, and above decision and snapshot: a report carries observations and what came of captures.
  ['functions/vantage/protocol'],
  // Whole and durable files under a lock, for the adapters that keep something in them; Node only.
  ['functions/files'],
  [
    'probes',
    'functions/providers',
    'functions/snapshot/sources',
    'functions/dnswire/transports',
    'functions/networks',
    'functions/alerts/channels',
    'functions/recovery',
    'functions/stores',
  ],
  ['functions/tasks'],
  ['functions/vantage/agent', 'functions/vantage/receiver'],
  ['functions/api', 'functions/cli'],
  ['functions/entry'],
];

/** The rows that decide and compute, and touch nothing. */
export const pureRows = 6;
/** The row of the adapters; the rows above it but the entry see its ports only. */
export const adapterRow = 7;
export const entryRow = rows.length - 1;

/** The only files of the adapters' row that tasks, api and cli may import. */
export const portFiles = new Set(['provider.ts', 'store.ts', 'channel.ts', 'lever.ts', 'source.ts', 'network.ts']);

/** The folder of `rows` that a file belongs to, and its row. */
export function placeOf(file: string): { readonly folder: string; readonly row: number } | undefined {
  const all = rows.flatMap((folders, row) => folders.map((folder) => ({ folder, row })));
  return all.filter(({ folder }) => file.startsWith(`${folder}/`)).sort((a, b) => b.folder.length - a.folder.length)[0];
}
