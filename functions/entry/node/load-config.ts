// Loads a lifeboat.config.ts: TypeScript run by Node itself, `import … from 'lifeboat'` answered by this very installation, so
// that the file may lie anywhere. It checks the result and wires nothing.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseConfig, renderProblems } from '../../config/parse.ts';
import type { Config } from '../../config/schema.ts';
import { LifeboatError, messageOf } from '../../lib/errors.ts';

/** The checked configuration; `config` names the file and every wrong field. */
export async function loadConfig(file: string): Promise<Config> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new LifeboatError(
      'config',
      `there is no ${file}: run "lifeboat init" to write one, or name yours with --config`,
    );
  }
  const ownIndex = new URL('../../config/index.ts', import.meta.url).href;
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'lifeboat' ? { url: ownIndex, shortCircuit: true } : next(specifier, context),
  });
  let module: { readonly default?: unknown };
  try {
    module = await import(pathToFileURL(path).href);
  } catch (error) {
    throw new LifeboatError('config', `${file} cannot be loaded: ${messageOf(error)}`, { cause: error });
  } finally {
    hooks.deregister();
  }
  if (module.default === undefined) {
    throw new LifeboatError(
      'config',
      `${file} has no default export: it must end in "export default defineConfig({ ... })"`,
    );
  }
  const parsed = parseConfig(module.default);
  if (parsed.status === 'invalid') throw new LifeboatError('config', renderProblems(file, parsed.problems));
  return parsed.config;
}
