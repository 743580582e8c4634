// The form of a stored document in a file: one line that says what follows, then the value as it is, so that people can read it too.

import { sha256Hex } from '../lib/canonical.ts';
import { LifeboatError } from '../lib/errors.ts';
import type { Stored } from './store.ts';

const headPattern = /^lifeboat-document 1 version=(\d{1,15}) sha256=([0-9a-f]{64})$/;

/** The text of a file. The digest covers key, version and value: no part of it can be edited, torn or exchanged unseen. */
export async function sealDocument(key: string, { value, version }: Stored): Promise<string> {
  return `lifeboat-document 1 version=${version} sha256=${await digestOf(key, version, value)}\n${value}`;
}

/** Reads such a text; `store` names the file and what is wrong with it. */
export async function openDocument(key: string, file: string, text: string): Promise<Stored> {
  const end = text.indexOf('\n');
  const head = headPattern.exec(end < 0 ? text : text.slice(0, end));
  if (head === null && /^lifeboat-document (?!1 )\d+ /.test(text)) {
    throw new LifeboatError(
      'store',
      `${file} was written by a newer version of Lifeboat: use that one, or another folder`,
    );
  }
  if (end < 0 || head === null) throw broken(file, 'it does not begin with the line of a Lifeboat document');
  const [, digits, digest] = head;
  const version = Number(digits);
  const value = text.slice(end + 1);
  if ((await digestOf(key, version, value)) !== digest) throw broken(file, 'its SHA-256 does not match its content');
  return { value, version };
}

function digestOf(key: string, version: number, value: string): Promise<string> {
  return sha256Hex(`${key}\n${version}\n${value}`);
}

function broken(file: string, why: string): LifeboatError {
  return new LifeboatError(
    'store',
    `${file} was torn or edited: ${why}. Restore it from a backup, or remove it to begin anew`,
  );
}
