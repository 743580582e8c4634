// `lifeboat token`: makes a bearer token for the API and prints it once, with the entry of the configuration that knows its hash. It keeps
// nothing.
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Scope, scopes } from '../../config/api.ts';
import { toBase64Url } from '../../lib/base64url.ts';
import { sha256Hex } from '../../lib/canonical.ts';
import { type CliContext, printJson } from '../context.ts';
import { jsonOption } from '../options.ts';

const tokenBytes = 32;
/** So that whoever finds one, and whatever scans for secrets, knows what it is. */
const prefix = 'lbt_';

interface TokenOptions {
  readonly id: string;
  readonly scope: readonly Scope[];
  readonly json?: boolean;
}

export function tokenCommand(context: CliContext): Command {
  return new Command('token')
    .description('make a token for the API: it is printed once, the configuration holds its hash only')
    .requiredOption('--id <id>', 'its name in the history and on the page', readId)
    .addOption(scopeOption())
    .addOption(jsonOption())
    .action(async ({ id, scope, json }: TokenOptions) => {
      const token = `${prefix}${toBase64Url(context.random.bytes(tokenBytes))}`;
      const entry = { id, scopes: scopes.filter((one) => scope.includes(one)), sha256: await sha256Hex(token) };
      if (json) return printJson(context, { token, entry });
      const { terminal } = context;
      terminal.err('The token, shown this once; keep it where secrets are kept:');
      terminal.out(token);
      terminal.err('The entry for api.tokens in the configuration:');
      terminal.out(entryLine(entry));
    });
}

function scopeOption(): Option {
  return new Option('--scope <scope>', `what it allows: ${scopes.join(', ')}; may be given again`)
    .argParser((word: string, before: readonly Scope[] | undefined) => [...(before ?? []), readScope(word)])
    .makeOptionMandatory();
}

function readScope(word: string): Scope {
  const scope = scopes.find((one) => one === word);
  if (scope === undefined) throw new InvalidArgumentError(`got ${word}, want one of ${scopes.join(', ')}.`);
  return scope;
}

function readId(text: string): string {
  if (!/^[a-z0-9-]{1,40}$/.test(text)) throw new InvalidArgumentError(`got ${text}, want 1 to 40 of a-z, 0-9 and -.`);
  return text;
}

function entryLine({ id, scopes, sha256 }: { id: string; scopes: readonly Scope[]; sha256: string }): string {
  return `{ id: '${id}', scopes: [${scopes.map((one) => `'${one}'`).join(', ')}], sha256: '${sha256}' },`;
}
