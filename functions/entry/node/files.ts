// The CLI's files on Node. Text only; a write is whole or not at all.
import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { Files } from '../../cli/context.ts';
import { LifeboatError, messageOf } from '../../lib/errors.ts';

const maxInputBytes = 512 * 1024 * 1024;

export function createNodeFiles(): Files {
  return {
    async read(path) {
      try {
        const { size } = await stat(path);
        if (size > maxInputBytes)
          throw new LifeboatError('input', `${path} has ${size} bytes, the limit is ${maxInputBytes}`);
        return await readFile(path, 'utf8');
      } catch (error) {
        if (error instanceof LifeboatError) throw error;
        throw new LifeboatError('input', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
      }
    },
    async write(path, text, { overwrite }) {
      const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
      try {
        await writeFile(temporary, text, { flag: 'wx', flush: true });
        // link() fails where rename() would replace.
        if (overwrite) await rename(temporary, path);
        else await link(temporary, path);
      } catch (error) {
        const there = error instanceof Error && 'code' in error && error.code === 'EEXIST';
        if (there)
          throw new LifeboatError(
            'input',
            `${path} is there already and is not replaced: name another file, or remove it`,
          );
        throw new LifeboatError('input', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
      } finally {
        await rm(temporary, { force: true });
      }
    },
  };
}
