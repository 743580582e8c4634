// What `npm run test:mutants` needs of the tree, so that a source that has changed is found at once and not by the long run.
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { mutants } from '../mutants/list.ts';
import { read } from './sources.ts';

it('each fault of test/mutants has its text once in its file', () => {
  const lost = mutants.filter(({ file, from }) => !existsSync(file) || read(file).split(from).length !== 2);
  expect(lost.map(({ name, file }) => `${name} (${file})`)).toEqual([]);
});

it('each fault of test/mutants changes something, and names tests that exist', () => {
  const idle = mutants.filter(({ from, to, tests }) => from === to || tests.length === 0);
  const missing = mutants.flatMap(({ tests }) => tests).filter((test) => !existsSync(`test/${test}`));
  expect({ idle, missing }).toEqual({ idle: [], missing: [] });
});
