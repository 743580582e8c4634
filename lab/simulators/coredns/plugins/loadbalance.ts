// The `loadbalance` plugin: addresses in another order each time, CNAMEs first (plugin/loadbalance). The order is all that it changes.
import { randomInt } from 'node:crypto';
import { rcodes, types } from '../../dns/codes.ts';
import { oneArg, unknownOption } from '../arguments.ts';
import { CorefileError, type Directive } from '../corefile.ts';
import type { Plugin } from '../plugin.ts';
import type { Message, ResourceRecord } from '../wire.ts';

export function readLoadbalance(directive: Directive): Plugin {
  const [block] = directive.options;
  if (block !== undefined) throw unknownOption(directive, block);
  if (directive.args.length > 0 && oneArg(directive) !== 'round_robin') {
    throw new CorefileError(directive.line, `"loadbalance ${directive.args[0]}" is not supported, only round_robin`);
  }
  return async (query, next) => {
    const reply = await next(query);
    const { type } = query.message.question;
    if (reply.status === 'failed' || type === types.AXFR || type === types.IXFR) return reply;
    return { ...reply, messages: reply.messages.map(shuffled) };
  };
}

function shuffled(message: Message): Message {
  if (message.rcode !== rcodes.NOERROR) return message;
  const { answers, authorities, additionals } = message;
  return { ...message, answers: mixed(answers), authorities: mixed(authorities), additionals: mixed(additionals) };
}

function mixed(records: readonly ResourceRecord[]): readonly ResourceRecord[] {
  if (records.length < 2) return records;
  const isAddress = ({ type }: ResourceRecord): boolean => type === types.A || type === types.AAAA;
  const addresses = records.filter(isAddress);
  for (let i = addresses.length - 1; i > 0; i--) {
    const other = randomInt(i + 1);
    [addresses[i], addresses[other]] = [addresses[other] as ResourceRecord, addresses[i] as ResourceRecord];
  }
  const others = records.filter((record) => !isAddress(record));
  const aliases = others.filter(({ type }) => type === types.CNAME);
  return [...aliases, ...others.filter(({ type }) => type !== types.CNAME), ...addresses];
}
