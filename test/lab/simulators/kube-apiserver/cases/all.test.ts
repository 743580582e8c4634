// The embedded API server on the cases that the real one passes too (test/cluster/lab-apiserver.cluster.test.ts).
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type KubeApiserver, startKubeApiserver } from '../../../../../lab/processes/kube-apiserver.ts';
import { createRunFolder } from '../../../../../lab/processes/run-folder.ts';
import { apiCases } from './all.ts';

describe('the embedded API server', () => {
  let api: KubeApiserver;
  beforeAll(async () => {
    const program = [
      process.execPath,
      join(import.meta.dirname, '../../../../../lab/simulators/kube-apiserver/main.ts'),
    ] as const;
    api = await startKubeApiserver({ program, runFolder: createRunFolder() });
  }, 30_000);
  afterAll(() => api.kill());

  it.each(apiCases.map((each, i) => ({ ...each, namespace: `case-${i}` })))('$name', async ({ run, namespace }) => {
    await api.admin.createNamespace(namespace);
    await run(api, namespace);
  });
});
