// `lifeboat token`: a token once, and an entry that the configuration takes and that knows this very token.
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../functions/config/parse.ts';
import { sha256Hex } from '../../../../functions/lib/canonical.ts';
import { createFakeCli } from '../../../fakes/cli.ts';
import { configWith } from '../../config/example.ts';

const run = (...argv: readonly string[]) => createFakeCli().run('token', ...argv);

describe('token', () => {
  it('prints the token, and the entry with its hash', async () => {
    const { code, out, err } = await run('--id', 'oncall', '--scope', 'operate', '--scope', 'view', '--scope', 'view');
    expect(code).toBe(0);
    const [token = '', entry] = out.split('\n');
    expect(token).toMatch(/^lbt_[A-Za-z0-9_-]{43}$/);
    expect(entry).toBe(`{ id: 'oncall', scopes: ['view', 'operate'], sha256: '${await sha256Hex(token)}' },`);
    expect(err).not.toContain(token);
  });

  it('prints an entry that a configuration takes', async () => {
    const { entry } = (await run('--id', 'rack', '--scope', 'vantage', '--json')).json() as { entry: unknown };
    expect(parseConfig(configWith({ api: { tokens: [entry] } }))).toMatchObject({
      status: 'ok',
      config: { api: { tokens: [{ id: 'rack', scopes: ['vantage'] }] } },
    });
  });

  it.each([
    [[]],
    [['--id', 'a']],
    [['--scope', 'view']],
    [['--id', 'On Call', '--scope', 'view']],
    [['--id', 'a', '--scope', 'admin']],
  ])('%j is wrong usage, and prints no token', async (argv) => {
    const { code, out } = await run(...argv);
    expect([code, out]).toEqual([2, '']);
  });
});
