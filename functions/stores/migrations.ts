// The tables of a store in SQLite, as numbered steps: each is run once, in order, whatever version was there before. It holds no data.

/** What the steps need of SQLite; a Durable Object's `sql` has it. */
export interface Sql {
  exec(
    query: string,
    ...bindings: readonly (string | number)[]
  ): { toArray(): readonly Readonly<Record<string, unknown>>[] };
}

interface Migration {
  readonly id: number;
  readonly what: string;
  readonly statements: readonly string[];
}

/**
 * Never change a step that was released: add one. A row is written once for its table and once for each index, so that the tables go without
 * row ids.
 */
export const migrations: readonly Migration[] = [
  {
    id: 1,
    what: 'documents with versions; values too long for one row continue in parts',
    statements: [
      'CREATE TABLE documents (key TEXT PRIMARY KEY, version INTEGER NOT NULL, parts INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID',
      'CREATE TABLE parts (key TEXT NOT NULL, number INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key, number)) WITHOUT ROWID',
    ],
  },
];

/** Brings the tables to the newest version. Run it within one transaction. An unknown newer version is an error of the caller. */
export function migrate(
  sql: Sql,
  steps: readonly Migration[] = migrations,
): { readonly from: number; readonly to: number } {
  sql.exec('CREATE TABLE IF NOT EXISTS migrations (id INTEGER PRIMARY KEY)');
  const [row] = sql.exec('SELECT max(id) AS id FROM migrations').toArray();
  const from = typeof row?.id === 'number' ? row.id : 0;
  for (const { id, statements } of steps.filter((step) => step.id > from)) {
    for (const statement of statements) sql.exec(statement);
    sql.exec('INSERT INTO migrations (id) VALUES (?)', id);
  }
  return { from, to: Math.max(from, steps.at(-1)?.id ?? 0) };
}
