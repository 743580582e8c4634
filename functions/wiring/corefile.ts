// Writes Corefiles: blocks, directives, comments, each on its own line. It knows the syntax and no plugin's meaning; what it has written is
// read back and checked (self-check.ts).
import { LifeboatError } from '../lib/errors.ts';
import type { Name } from '../records/name.ts';
import { checkedCorefile } from './self-check.ts';

/** A directive: its words, or its words and a block of directives. `# …` is a comment. */
export type Directive = string | readonly [string, readonly string[]];

/** One server block: what it answers for (`cluster.local:53`), why, and its directives. */
export interface ServerBlock {
  readonly comment: readonly string[];
  readonly keys: readonly string[];
  readonly directives: readonly Directive[];
}

/** The text of a Corefile. Errors: `input` when it contradicts itself. */
export function renderCorefile(head: readonly string[], blocks: readonly ServerBlock[]): string {
  const comments = (lines: readonly string[]) => lines.map((line) => `# ${line}`);
  const body = blocks.map((block) =>
    [...comments(block.comment), `${block.keys.join(' ')} {`, ...block.directives.flatMap(renderDirective), '}'].join(
      '\n',
    ),
  );
  return checkedCorefile(`${[comments(head).join('\n'), ...body].join('\n\n')}\n`);
}

function renderDirective(directive: Directive): readonly string[] {
  if (typeof directive === 'string') return [`    ${directive}`];
  const [words, block] = directive;
  return [`    ${words} {`, ...block.map((line) => `        ${line}`), '    }'];
}

/** A zone as a Corefile writes it: without the dot at its end. */
export function zoneWord(zone: Name): string {
  return zone === '.' ? '.' : zone.slice(0, -1);
}

/** `cluster.local:53` */
export function serverKey(zone: string, port: number): string {
  return `${zone}:${port}`;
}

/** A word that cannot end its line or block. Errors (`input`) name `what`. */
export function plainWord(word: string, what: string): string {
  if (!/^[^\s{}"#`$]+$/.test(word))
    throw new LifeboatError('input', `${what} "${word.slice(0, 80)}" cannot stand in a Corefile`);
  return word;
}

/** The reverse zones that the `kubernetes` plugin answers for, and that the standby does not hold. */
export const reverseZones = ['in-addr.arpa', 'ip6.arpa'] as const;
