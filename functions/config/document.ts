// Writes docs/configuration.md from the schema, so that the page cannot say anything else than the code checks. Text out, no file written.
import { z } from 'zod';
import { assert } from '../lib/assert.ts';
import type { FieldNotes } from './field.ts';
import { configSchema } from './schema.ts';

/** The part of a JSON Schema that zod makes of ours. */
interface Node {
  readonly description?: string;
  readonly lifeboat?: FieldNotes;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly oneOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
}

const intro = `# Configuration

This page is generated from the schema in \`functions/config/\` (\`UPDATE_DOCS=1 npx vitest run --project node test/functions/config\`
writes it); do not edit it.

Lifeboat reads \`lifeboat.config.ts\`; \`lifeboat init\` writes a commented one, \`lifeboat check\` tries everything in it.

\`\`\`ts
import { defineConfig, secret } from 'lifeboat';

export default defineConfig({ clusters: [ /* … */ ] });
\`\`\`

- Every key is checked, and an unknown key is an error. An error names the path of the field, what it got and what it wants:
  \`clusters[0].probe.timeoutMs: got -5, want a whole number of milliseconds from 100 to 60000\`.
- Durations end in \`Ms\` (milliseconds) or \`Seconds\`, sizes in \`Bytes\`.
- Secrets are references by name: \`secret('PROD_TSIG_KEY')\` stands for the value of that name in the environment. A value that is written
  out is refused, and never shown.
- A field without a default must be set, unless it says *optional*.
`;

/** The whole page. */
export function configurationPage(): string {
  const root = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Node;
  return `${[intro, ...sections('', root, 1)].join('\n').trimEnd()}\n`;
}

/** An object of fields; a reference to a secret is one field. */
function isSection(node: Node): boolean {
  return node.properties !== undefined && node.lifeboat?.takes === 'an object';
}

/** A heading, a table of the plain fields, then the nested objects. */
function sections(path: string, node: Node, depth: number): readonly string[] {
  const fields = Object.entries(node.properties ?? {}).filter(([, field]) => field.const === undefined);
  const rows = fields.map(([key, field]) => row(key, field, node.required?.includes(key) ?? false));
  const nested = fields.flatMap(([key, field]) => children(path === '' ? key : `${path}.${key}`, field, depth + 1));
  const table =
    rows.length === 0
      ? ['No further fields.']
      : ['| field | takes | default | what and why |', '|---|---|---|---|', ...rows];
  return [...table, '', ...nested];
}

function children(path: string, field: Node, depth: number): readonly string[] {
  if (field.items !== undefined) return children(`${path}[]`, field.items, depth);
  const kinds = field.oneOf ?? field.anyOf;
  if (kinds !== undefined)
    return kinds.filter(isSection).flatMap((kind) => heading(`${path}\`, kind \`${kindOf(kind)}`, kind, path, depth));
  return isSection(field) ? heading(path, field, path, depth) : [];
}

function heading(title: string, node: Node, path: string, depth: number): readonly string[] {
  const sentence = [node.lifeboat?.what, node.lifeboat?.why]
    .filter((part) => part !== undefined)
    .map(sentenceOf)
    .join(' ');
  return [
    `${'#'.repeat(Math.min(depth, 4))} \`${title}\``,
    '',
    ...(sentence === '' ? [] : [sentence, '']),
    ...sections(path, node, depth),
  ];
}

function row(key: string, field: Node, required: boolean): string {
  const about = field.lifeboat;
  const isObject = isSection(field) || field.oneOf !== undefined || field.anyOf !== undefined;
  const takes = about?.takes ?? (isObject ? 'one of the kinds below' : undefined);
  assert(takes !== undefined && (about?.what !== undefined || isObject), `the field ${key} has notes`);
  const what = [about?.what, isSection(field) ? undefined : about?.why]
    .filter((part) => part !== undefined)
    .map(sentenceOf);
  const see =
    about?.see === undefined
      ? []
      : [about.see.startsWith('https://') ? `[${new URL(about.see).hostname}](${about.see}).` : `${about.see}.`];
  const cells = [`\`${key}\``, takes, defaultOf(field, required), [...what, ...see].join(' ')];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function defaultOf(field: Node, required: boolean): string {
  if (field.default !== undefined) {
    const isEmptyObject = JSON.stringify(field.default) === '{}' && isSection(field);
    return isEmptyObject ? 'as below' : `\`${literal(field.default)}\``;
  }
  return required ? '**must be set**' : '*optional*';
}

/** As it would be written in the file. */
function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number')
    return Number.isInteger(value) ? String(value).replace(/\B(?=(\d{3})+$)/g, '_') : String(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, member]) => `${key}: ${literal(member)}`);
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
  }
  return String(value);
}

function kindOf(node: Node): string {
  return String(node.properties?.kind?.const ?? '?');
}

function sentenceOf(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
