// docs/configuration.md and the file that `lifeboat init` writes say what the schema says. UPDATE_DOCS=1 rewrites the page.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { channelKinds } from '../../../functions/config/channels/index.ts';
import { configurationPage } from '../../../functions/config/document.ts';
import { parseConfig } from '../../../functions/config/parse.ts';
import { configTemplate, type TemplateAnswers } from '../../../functions/config/template.ts';

const page = join(import.meta.dirname, '../../../docs/configuration.md');
const index = pathToFileURL(join(import.meta.dirname, '../../../functions/config/index.ts')).href;

/** The first column of every table of the page. */
const fields = [...configurationPage().matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1] ?? '');

describe('docs/configuration.md', () => {
  it('is what the schema generates', () => {
    if (process.env.UPDATE_DOCS === '1') writeFileSync(page, configurationPage());
    expect(readFileSync(page, 'utf8')).toBe(configurationPage());
  });

  it('says something about every field', () => {
    expect(fields.length).toBeGreaterThan(60);
    const rows = configurationPage().match(/^\| `.*$/gm) ?? [];
    for (const row of rows) expect(row, row).toMatch(/^\| `\w+` \| \S.* \| \S.* \| [A-Z0-9].*[.!?)] \|$/);
  });

  it('shows the default of fields that are read into something else', () => {
    expect(configurationPage()).toContain("| `zone` | the name of a zone, like cluster.local | `'cluster.local'` |");
    expect(configurationPage()).toContain("`['kubernetes.default.svc']`");
  });
});

describe('the file that init writes', () => {
  /** Runs the text as Node runs a configuration file. */
  function load(text: string): unknown {
    const folder = mkdtempSync(join(tmpdir(), 'lifeboat-'));
    const file = join(folder, 'lifeboat.config.ts');
    writeFileSync(file, text.replace("'lifeboat'", `'${index}'`));
    const script = `process.stdout.write(JSON.stringify((await import(${JSON.stringify(pathToFileURL(file).href)})).default))`;
    const run = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(run.stderr).toBe('');
    return JSON.parse(run.stdout);
  }

  it.each<[string, TemplateAnswers]>([
    ['as it stands', {}],
    [
      'with answers',
      {
        clusterId: 'a',
        zone: 'a.internal',
        apiServerUrl: 'https://[::1]:1',
        dnsServers: ['::2'],
        standbyServer: '::3',
      },
    ],
  ])('parses %s', (_, answers) => {
    expect(parseConfig(load(configTemplate(answers)))).toMatchObject({ status: 'ok' });
  });

  it('parses with every commented line of fields in force, and these are the defaults', () => {
    // In the template prose begins with a capital letter, and code with anything else.
    const uncommented = configTemplate().replace(/^( *)\/\/ (?!or:)(?![A-Z])/gm, '$1');
    const parsed = parseConfig(load(uncommented));
    expect(parsed).toMatchObject({ status: 'ok' });
    const plain = parseConfig(load(configTemplate()));
    if (parsed.status !== 'ok' || plain.status !== 'ok') throw new Error('unreachable');
    const [cluster, expected] = [parsed.config.clusters[0], plain.config.clusters[0]];
    expect(cluster).toMatchObject({ ...expected, standby: [{ kind: 'rfc2136' }, { kind: 'zonefile' }] });
    expect({ ...parsed.config, clusters: [], alerts: 0 }).toEqual({ ...plain.config, clusters: [], alerts: 0 });
    expect(parsed.config.alerts.channels.map(({ kind }) => kind)).toEqual(Object.keys(channelKinds));
  });

  it('names every field', () => {
    const template = configTemplate();
    expect(fields.filter((field) => !new RegExp(`\\b${field}\\b`).test(template) && !onlyInThePage.has(field))).toEqual(
      [],
    );
  });
});

/** Rare fields, left to the page. */
const onlyInThePage = new Set(['serverName', 'pem', 'env', 'algorithm']);
