// The `tsig` plugin: which queries need a signature, what a bad one is answered, and that the answers to a signed query are signed
// (plugin/tsig). The sums are made in ../../dns/tsig.ts.
import { readFileSync } from 'node:fs';
import { rcodes, types } from '../../dns/codes.ts';
import type { TsigSecrets } from '../../dns/tsig.ts';
import { expectArgs, oneArg, zone as readZone, typeNumber, unknownOption } from '../arguments.ts';
import { CorefileError, type Directive, type Option } from '../corefile.ts';
import { replyTo } from '../messages.ts';
import { absolute, longestZone } from '../names.ts';
import { answered, messagesOf, type Plugin } from '../plugin.ts';

export interface Signatures {
  readonly plugin: Plugin;
  /** The server needs them too: one address, one set of keys. */
  readonly secrets: TsigSecrets;
}

export function readTsig(directive: Directive, blockZones: readonly string[]): Signatures {
  const zones = directive.args.length === 0 ? blockZones : directive.args.map((word) => readZone(directive, word));
  const secrets = new Map<string, Buffer>();
  const add = (option: Option, name: string, secret: string): void => {
    const key = absolute(name.toLowerCase());
    if (secrets.has(key)) throw new CorefileError(option.line, `the key "${key}" is there twice`);
    secrets.set(key, Buffer.from(secret, 'base64'));
  };
  let required: readonly number[] | 'all' = [];
  for (const option of directive.options) {
    if (option.name === 'secret') {
      const [name = '', secret = ''] = expectArgs(option, 2);
      add(option, name, secret);
    } else if (option.name === 'secrets') {
      for (const [name, secret] of keysInFile(option)) add(option, name, secret);
    } else if (option.name === 'require') required = readRequired(option);
    else throw unknownOption(directive, option);
  }
  const needsKey = (type: number): boolean => required === 'all' || required.includes(type);
  return { secrets, plugin: createPlugin(zones, needsKey) };
}

function readRequired(option: Option): readonly number[] | 'all' {
  const words = expectArgs(option, 1, 50);
  if (words[0] === 'all') return 'all';
  return words[0] === 'none' ? [] : words.map((word) => typeNumber(option, word));
}

function createPlugin(zones: readonly string[], needsKey: (type: number) => boolean): Plugin {
  return async (query, next) => {
    const { message, tsig } = query;
    if (message.additionals.slice(0, -1).some(({ type }) => type === types.TSIG)) {
      return answered(replyTo(message, { rcode: rcodes.FORMERR }));
    }
    if (longestZone(zones, query.name) === undefined) return next(query);
    if (tsig === undefined) {
      return needsKey(message.question.type) ? answered(replyTo(message, { rcode: rcodes.REFUSED })) : next(query);
    }
    if (tsig.status !== 'good')
      return { status: 'answered', messages: [replyTo(message, { rcode: rcodes.NOTAUTH })], tsig };
    const plain = { ...query, message: { ...message, additionals: message.additionals.slice(0, -1) } };
    return { status: 'answered', messages: messagesOf(plain, await next(plain)), tsig };
  };
}

/** BIND's key file, read line by line: `key "name" {`, `algorithm …;`, `secret "…";`, `};`. Only the name and the secret count. */
function keysInFile(option: Option): readonly (readonly [string, string])[] {
  const file = oneArg(option);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CorefileError(option.line, `"secrets": ${(error as Error).message}`);
  }
  const keys: [string, string][] = [];
  let name: string | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    const [word, value = ''] = line.trim().split(/\s+/);
    const unexpected = (): CorefileError =>
      new CorefileError(option.line, `"secrets": ${file}:${i + 1}: unexpected "${word}"`);
    if (word === '' || word === undefined) continue;
    if (word === 'key' && name === undefined) name = value.replace(/["{]/g, '');
    else if (word === 'secret' && name !== undefined) keys.push([name, value.replace(/[";]/g, '')]);
    else if ((word === '};' || word === '}') && name !== undefined) name = undefined;
    else if (word !== 'algorithm' || name === undefined) throw unexpected();
  }
  return keys;
}
