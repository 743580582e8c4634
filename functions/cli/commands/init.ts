// `lifeboat init`: writes a commented configuration to start from. It never replaces a file.
import { Command } from 'commander';
import { configTemplate } from '../../config/template.ts';
import { type CliContext, printJson } from '../context.ts';
import { jsonOption } from '../options.ts';

export function initCommand(context: CliContext): Command {
  return new Command('init')
    .description('write a commented lifeboat.config.ts to start from')
    .argument('[file]', 'where to', 'lifeboat.config.ts')
    .addOption(jsonOption())
    .action(async (file: string, options: { readonly json?: boolean }) => {
      await context.files.write(file, configTemplate(), { overwrite: false });
      if (options.json) return printJson(context, { written: file });
      context.terminal.out(`Wrote ${file}. Fill in the addresses, set the secrets it names, then run: lifeboat check`);
    });
}
