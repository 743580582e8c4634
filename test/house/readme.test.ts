// Runs what README.md and docs/ say can be run: fenced blocks marked `sh run`, or `sh run exit=3` for another exit code than 0. The blocks of
// one page run in order, in one empty folder of their own, where `npx lifeboat` is this very Lifeboat.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesIn, read, root } from './sources.ts';

interface Block {
  readonly line: number;
  readonly script: string;
  readonly exitCode: number;
}

const timeoutMs = 60_000;

function blocksOf(text: string): readonly Block[] {
  // In a list they are indented, and end as they begin.
  return [...text.matchAll(/^( *)```sh run(?: exit=(\d+))?\n([\s\S]*?)^\1```$/gm)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    script: match[3] ?? '',
    exitCode: Number(match[2] ?? 0),
  }));
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-readme-'));
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(
    join(root, 'functions', 'entry', 'node', 'lifeboat.js'),
    join(folder, 'node_modules', '.bin', 'lifeboat'),
  );
  symlinkSync(root, join(folder, 'node_modules', 'lifeboat'));
  return folder;
}

function run(folder: string, script: string): { readonly code: number | null; readonly output: string } {
  const path = [join(folder, 'node_modules', '.bin'), join(root, 'node_modules', '.bin'), process.env.PATH].join(
    delimiter,
  );
  const env = { ...process.env, PATH: path, CI: 'true', NO_COLOR: '1' };
  const result = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: timeoutMs,
  });
  return { code: result.status, output: `${result.stdout}${result.stderr}`.slice(-4000) };
}

const pages = filesIn()
  .filter((file) => /^(README|CONTRIBUTING)\.md$|^docs\/.*\.md$/.test(file))
  .map((page) => ({ page, blocks: blocksOf(read(page)) }));

it('README.md has commands that are run', () => {
  expect(pages.find(({ page }) => page === 'README.md')?.blocks ?? []).not.toEqual([]);
});

describe.each(pages.filter(({ blocks }) => blocks.length > 0))('$page', ({ page, blocks }) => {
  let folder = '';
  beforeAll(() => {
    folder = makeFolder();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(blocks)(`${page}:$line`, ({ script, exitCode }) => {
    const { code, output } = run(folder, script);
    expect(code, `${script}\n${output}`).toBe(exitCode);
  });
});

describe('README.md', () => {
  const readme = read('README.md');
  const section = (title: string) => readme.slice(readme.indexOf(`## ${title}`)).split(/^## /m)[1] ?? '';
  const bullets = (title: string) => section(title).split(/^- /m).slice(1);

  it('has a test, or a page that has one, beside each claim and each limit', () => {
    const all = [...bullets('How it works'), ...bullets('What it cannot do')];
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter((bullet) => !/\]\((test|docs)\/[^)]+\)/.test(bullet))).toEqual([]);
  });

  it('tells of the lab what a run of it told', () => {
    const told = /```text\n((?:.*\n)*?.*with Lifeboat: (?:.*\n)*?)```/.exec(readme)?.[1] ?? '';
    const recorded = read('docs/recordings/outage.txt').replace(/\s+/g, ' ');
    expect(told).not.toBe('');
    expect(recorded).toContain(told.replace(/\s+/g, ' ').trim());
  });
});

describe('the mechanism', () => {
  it('finds marked blocks only', () => {
    const text =
      'a\n```sh run\nls\n```\n```sh\nrm\n```\n```sh run exit=3\nfalse\ntrue\n```\n1. b\n   ```sh run\n   ls\n   ```\n';
    expect(blocksOf(text)).toEqual([
      { line: 2, script: 'ls\n', exitCode: 0 },
      { line: 8, script: 'false\ntrue\n', exitCode: 3 },
      { line: 13, script: '   ls\n', exitCode: 0 },
    ]);
  });

  it('stops at the first command that fails', () => {
    const folder = makeFolder();
    expect(run(folder, 'true; (exit 5); true\n').code).toBe(5);
    expect(run(folder, 'test -x node_modules/.bin/lifeboat; pwd | grep -q lifeboat-readme-').code).toBe(0);
    rmSync(folder, { recursive: true });
  });
});
