// The public entry of the package: what a lifeboat.config.ts imports. It checks nothing by itself; parse.ts does when Lifeboat loads the file.
import type { ConfigInput } from './schema.ts';

export type { Config, ConfigInput } from './schema.ts';
export { type SecretRef, secret } from './secret.ts';

/** Gives the configuration its types: `export default defineConfig({ clusters: [ … ] })`. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
