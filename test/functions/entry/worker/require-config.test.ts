// What wrangler runs before it bundles: without a configuration it names the file and what writes one, instead of an error of the bundler.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../../..');
const wrangler = parse(readFileSync(join(root, 'wrangler.toml'), 'utf8')) as {
  readonly alias: Readonly<Record<string, string>>;
  readonly build: { readonly command: string };
};
const [node, script = '', file = ''] = wrangler.build.command.split(' ');

describe('the build without a configuration', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lifeboat-build-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const run = () => spawnSync(process.execPath, [join(root, script), file], { cwd: folder, encoding: 'utf8' });

  it('is the one that wrangler.toml names, with the file of its alias', () => {
    expect(node).toBe('node');
    expect(wrangler.alias['lifeboat.config']).toBe(`./${file}`);
  });

  it('ends, and says which file is not there and what writes one', () => {
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toMatch(/lifeboat\.config\.ts is not there/);
    expect(stderr).toMatch(/npx lifeboat init/);
  });

  it('goes on in silence when it is there', () => {
    writeFileSync(join(folder, file), 'export default {};\n');
    expect(run()).toMatchObject({ status: 0, stderr: '', stdout: '' });
  });
});
