// docs/api.md and docs/metrics.md say what the code says. UPDATE_DOCS=1 rewrites the page of the metrics.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apiRoutes } from '../../../functions/api/app.ts';
import { metricsPage } from '../../../functions/api/metrics.ts';
import { maxKeyCharacters } from '../../../functions/api/orders.ts';
import { problemKinds } from '../../../functions/api/problem.ts';
import { maxWhyCharacters } from '../../../functions/tasks/control/control-port.ts';
import { createApiWorld } from './world.ts';

const pageOf = (name: string) => join(import.meta.dirname, '../../../docs', name);
const api = readFileSync(pageOf('api.md'), 'utf8');

describe('docs/api.md', () => {
  it('has a section for each route and no other, below the words on its scope', async () => {
    const scopeWords = { view: 'Reading', operate: 'Acting', vantage: 'Vantages', open: 'Open to all' } as const;
    const sections = api.split(/^## /m).slice(1);
    const told = sections.flatMap((section) =>
      [...section.matchAll(/^### `(\w+ \S+)`$/gm)].map((match) => `${section.split('\n', 1)[0]}: ${match[1]}`),
    );
    const routes = apiRoutes((await createApiWorld({ rounds: 0 })).deps);
    expect(told.sort()).toEqual(
      routes.map(({ scope, method, path }) => `${scopeWords[scope]}: ${method} ${path}`).sort(),
    );
  });

  it('shows how to call each', () => {
    const sections = api.split(/^### /m).slice(1);
    for (const section of sections) expect(section).toMatch(/```sh\ncurl [\s\S]*\$LIFEBOAT\/[\s\S]*?```/);
  });

  it('lists every problem with its status', () => {
    const told = [...api.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \|/gm)].map((match) => [match[1], Number(match[2])]);
    expect(told).toEqual(Object.entries(problemKinds).map(([kind, { status }]) => [kind, status]));
  });

  it('names the limits', () => {
    expect(api).toContain(`at most ${maxWhyCharacters} characters`);
    expect(api).toContain(`1 to ${maxKeyCharacters} characters`);
  });
});

describe('docs/metrics.md', () => {
  it('is what the table generates', () => {
    if (process.env.UPDATE_DOCS === '1') writeFileSync(pageOf('metrics.md'), metricsPage());
    expect(readFileSync(pageOf('metrics.md'), 'utf8')).toBe(metricsPage());
  });
});
