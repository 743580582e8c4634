// Reads a generated Corefile for the tests: blocks by their keys, directives by line. Not a Corefile parser.
import { expect } from 'vitest';

/** The text between the braces of the server block with these keys. */
export function blockOf(corefile: string, keys: string): string {
  const blocks = corefile.split(/\n\}\n/);
  const block = blocks.find((each) => each.includes(`\n${keys} {\n`));
  expect(block, `a block for ${keys}`).toBeDefined();
  return (block ?? '').split(`\n${keys} {\n`)[1] ?? '';
}

/** The lines without indentation and comments. */
export function directivesOf(block: string): readonly string[] {
  return block
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
