// Run by wrangler before it bundles (build.command in wrangler.toml): says what to do when the configuration is not there, where the bundler
// would end in an error of its own. Plain JavaScript, because an older Node cannot read TypeScript. It reads nothing of it.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Words for whoever deploys; undefined: it is there. */
export function lacking(path, exists = existsSync) {
  if (exists(resolve(path))) return undefined;
  return `lifeboat: ${path} is not there: the Worker cannot be built without its configuration.
  npx lifeboat init           writes a commented one to start from
  npx lifeboat deploy check   says what else a deployment needs
If yours has another name, put it into wrangler.toml twice: under [alias] and [build].`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const words = lacking(process.argv[2] ?? 'lifeboat.config.ts');
  if (words !== undefined) {
    process.stderr.write(`${words}\n`);
    process.exitCode = 1;
  }
}
