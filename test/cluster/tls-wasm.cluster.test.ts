// The committed WebAssembly is what its sources say: built again with the same Go, it is the same to the octet.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const folder = join(import.meta.dirname, '../../functions/networks/tls');
const wanted = /^toolchain (go\S+)$/m.exec(readFileSync(join(folder, 'go.mod'), 'utf8'))?.[1];
const found = spawnSync('go', ['env', 'GOVERSION'], { cwd: folder, encoding: 'utf8' });
const have = found.error === undefined ? found.stdout.trim() : 'no Go';
const reason = have === wanted ? undefined : `needs ${wanted}, here is ${have}`;

it.skipIf(reason !== undefined)(`tls.wasm is built from main.go${reason === undefined ? '' : ` (${reason})`}`, () => {
  const out = mkdtempSync(join(tmpdir(), 'lifeboat-tls-'));
  try {
    const built = spawnSync(join(folder, 'build.sh'), [out], { encoding: 'utf8' });
    expect(built.stderr).toBe('');
    expect(built.status).toBe(0);
    for (const file of ['tls.wasm', 'go-runtime.js', 'LICENSE-GO', 'tls.sha256']) {
      expect(readFileSync(join(out, file)).equals(readFileSync(join(folder, file))), file).toBe(true);
    }
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
