// The `acl` plugin: rules by query type and client network, the first that fits counts (plugin/acl).
import ipaddr from 'ipaddr.js';
import { rcodes } from '../../dns/codes.ts';
import { zone as readZone, typeNumber } from '../arguments.ts';
import { CorefileError, type Directive, type Option } from '../corefile.ts';
import { optRecord, replyTo } from '../messages.ts';
import { longestZone } from '../names.ts';
import { answered, type Plugin, type Query } from '../plugin.ts';

type Network = ReturnType<typeof ipaddr.parseCIDR>;

interface Rule {
  readonly action: 'allow' | 'block' | 'filter' | 'drop';
  /** Undefined: every type. */
  readonly types: readonly number[] | undefined;
  /** Undefined: every client. */
  readonly networks: readonly Network[] | undefined;
}

/** Extended DNS errors, RFC 8914 sections 4.16 and 4.18. */
const extendedError = { block: 15, filter: 17 } as const;
const edeOption = 15;
const optSize = 4_096;
const doBit = 0x8000;

export function readAcl(directives: readonly Directive[], blockZones: readonly string[]): Plugin {
  const lists = directives.map((directive) => ({
    zones: directive.args.length === 0 ? blockZones : directive.args.map((word) => readZone(directive, word)),
    rules: directive.options.map(readRule),
  }));
  return async (query, next) => {
    for (const { zones, rules } of lists) {
      if (longestZone(zones, query.name) === undefined) continue;
      const action = rules.find((rule) => fits(rule, query))?.action;
      if (action === 'allow') break;
      if (action === 'drop') return answered();
      if (action !== undefined) return answered(refusal(query, action));
    }
    return next(query);
  };
}

function readRule(option: Option): Rule {
  const action = option.name.toLowerCase();
  if (action !== 'allow' && action !== 'block' && action !== 'filter' && action !== 'drop') {
    throw new CorefileError(option.line, `"${option.name}" in "acl" is not allow, block, filter or drop`);
  }
  const words: { type: string[] | undefined; net: string[] | undefined } = { type: undefined, net: undefined };
  let section: 'type' | 'net' | undefined;
  for (const word of option.args) {
    if (word === 'type' || word === 'net') {
      section = word;
      words[section] ??= [];
    } else if (section === undefined) {
      throw new CorefileError(option.line, `"${option.name}": expected type or net, got "${word}"`);
    } else words[section]?.push(word);
  }
  for (const [name, list] of Object.entries(words)) {
    if (list?.length === 0) throw new CorefileError(option.line, `"${option.name}": "${name}" names nothing`);
  }
  return {
    action,
    types: words.type?.includes('*') ? undefined : words.type?.map((word) => typeNumber(option, word)),
    networks: words.net?.includes('*') ? undefined : words.net?.map((word) => readNetwork(option, word)),
  };
}

function readNetwork(option: Option, word: string): Network {
  const cidr = word.includes('/') ? word : `${word}/${word.includes(':') ? 128 : 32}`;
  if (!ipaddr.isValidCIDR(cidr)) throw new CorefileError(option.line, `"${option.name}": "${word}" is not a network`);
  return ipaddr.parseCIDR(cidr);
}

function fits({ types, networks }: Rule, query: Query): boolean {
  if (types !== undefined && !types.includes(query.message.question.type)) return false;
  const client = ipaddr.process(query.client);
  return networks?.some((network) => client.kind() === network[0].kind() && client.match(network)) ?? true;
}

function refusal(query: Query, action: 'block' | 'filter') {
  const options = Buffer.alloc(6);
  for (const [i, value] of [edeOption, 2, extendedError[action]].entries()) options.writeUInt16BE(value, 2 * i);
  const additionals = [optRecord({ size: optSize, ttl: doBit, options })];
  return replyTo(query.message, { rcode: action === 'block' ? rcodes.REFUSED : rcodes.NOERROR, additionals });
}
