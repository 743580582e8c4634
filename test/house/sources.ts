// The files that the house rules look at, and a plain view of a TypeScript source: its imports, and its code without words in it.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** Not ours, or made by tools. */
const skippedFolders = new Set([
  'node_modules',
  '.git',
  'dist',
  '.wrangler',
  '.lifeboat',
  '.lab',
  'coverage',
  'cdk.out',
]);

/** Paths from the root with `/`, sorted: every file below the folders, or of the whole project. */
export function filesIn(...folders: readonly string[]): readonly string[] {
  const walk = (folder: string): readonly string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : walk(path);
      // In a worktree .git is a file.
      return entry.isFile() && entry.name !== '.git' ? [path] : [];
    });
  const present = new Set(readdirSync(root));
  return folders.length === 0
    ? walk('').toSorted()
    : folders
        .filter((each) => present.has(each))
        .flatMap(walk)
        .toSorted();
}

/** Written by a tool, word for word as another project has it: held to no rule of style. */
export const generated: readonly string[] = ['functions/networks/tls/go-runtime.js'];

export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** The product's own sources: TypeScript in functions/ and probes/. */
export const productSources = filesIn('functions', 'probes').filter((file) => file.endsWith('.ts'));

/** What a source imports, types included, as written: `../lib/errors.ts`, `zod`. */
export function importsOf(file: string): readonly string[] {
  const text = read(file);
  const fromClauses = text.matchAll(/^(?:import|export)\b[^'"`;]*?\bfrom\s*'([^']+)'/gm);
  const bare = text.matchAll(/^import\s*'([^']+)'/gm);
  const dynamic = text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g);
  return [...fromClauses, ...bare, ...dynamic].map((match) => match[1] ?? '');
}

/** The file that a relative import means, as a path from the root; undefined for a package. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return relative(root, join(root, dirname(from), specifier))
    .split(sep)
    .join('/');
}

const wordsOrCode = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

/**
 * The code without comments, and with every text empty; what stands in `${…}` of a template stays. Line breaks stay, so that lines can be
 * counted.
 */
export function codeOf(file: string): string {
  return read(file).replace(wordsOrCode, (match) => {
    const kept = match.startsWith('/') ? '' : ["''", ...templateParts(match)].join(' + ');
    return `${kept}${'\n'.repeat(Math.max(0, match.split('\n').length - kept.split('\n').length))}`;
  });
}

function templateParts(literal: string): readonly string[] {
  return literal.startsWith('`') ? [...literal.matchAll(/\$\{([^}]*)\}/g)].map((part) => part[1] ?? '') : [];
}

/** `file:line` of every place where the pattern is found in the text. */
export function placesOf(file: string, text: string, pattern: RegExp): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim().slice(0, 120)}`] : []));
}
