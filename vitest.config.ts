// The test projects: `node` and `workerd` run the same unit tests' kind in both runtimes, `house` holds the rules of the house,
// `browser` the page in a real Chromium, `lab` what `npm start` does, `cluster` the real components. Nothing here knows the product.
import { join } from 'node:path';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Most tests wait for a socket or a process: more workers than a small machine has cores.
    maxWorkers: 4,
    projects: [
      {
        test: {
          name: 'node',
          // No module keeps state (test/house/purity.test.ts), so that files may share theirs.
          isolate: false,
          include: [
            'test/functions/**/*.test.ts',
            'test/probes/**/*.test.ts',
            'test/scenarios/**/*.test.ts',
            'test/sim/**/*.test.ts',
            'test/lab/**/*.test.ts',
          ],
          exclude: ['**/*.workerd.test.ts', '**/*.cluster.test.ts', '**/*.lab.test.ts'],
          testTimeout: 10_000,
        },
      },
      {
        resolve: {
          alias: {
            'lifeboat.config': join(import.meta.dirname, 'test/runtime/deployment-config.ts'),
            lifeboat: join(import.meta.dirname, 'functions/config/index.ts'),
          },
        },
        plugins: [cloudflareTest({ wrangler: { configPath: './test/runtime/wrangler.toml' } })],
        test: {
          name: 'workerd',
          include: ['test/runtime/**/*.workerd.test.ts'],
          globalSetup: ['test/runtime/servers.ts'],
          testTimeout: 10_000,
        },
      },
      { test: { name: 'house', include: ['test/house/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.browser.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.lab.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.cluster.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
