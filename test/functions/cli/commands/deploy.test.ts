import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFakeCli } from '../../../fakes/cli.ts';
import { createFakeCluster } from '../../../fakes/cluster.ts';

const toml = readFileSync(join(import.meta.dirname, '../../../../wrangler.toml'), 'utf8');
const coloured =
  '\u001b[31m✘ \u001b[41;31m[\u001b[41;97mERROR\u001b[41;31m]\u001b[0m \u001b[1mBuild failed 🛟\u001b[0m';

describe('deploy check', () => {
  it('shows what other programs say without their colours', async () => {
    const cli = createFakeCli(createFakeCluster());
    cli.files.set('wrangler.toml', toml);
    cli.deployTool = async () => ({ code: 1, stdout: '', stderr: `${coloured}\n` });
    const { out } = await cli.run('deploy', 'check');
    expect(out).toContain('✘ [ERROR] Build failed 🛟');
    expect(out).not.toMatch(/\[31m|\[0m|u\{001B\}/);
  });

  it('reads a size that is printed in colours', async () => {
    const cli = createFakeCli(createFakeCluster());
    cli.files.set('wrangler.toml', toml);
    const stdout = 'Total Upload: 9 KiB / \u001b[1mgzip: \u001b[0m2300.5 KiB\n';
    cli.deployTool = async () => ({ code: 0, stdout, stderr: '' });
    const { out } = await cli.run('deploy', 'check', '--offline');
    expect(out).toMatch(/bundle: 2\.36 MB compressed/);
  });
});
