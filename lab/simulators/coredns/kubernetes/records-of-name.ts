// The records that answer a question about the cluster, type by type (plugin/backend_lookup.go). It decides no header and no rcode.
import { types } from '../../dns/codes.ts';
import { absolute, isWithin } from '../names.ts';
import { addressRecord, hostKind, nameRecord, srvRecord } from '../records.ts';
import type { Message, ResourceRecord } from '../wire.ts';
import type { Found, Item } from './lookup.ts';

/** `no-name` for a name that does not exist. */
export type Records =
  | {
      readonly status: 'found';
      readonly answers: readonly ResourceRecord[];
      readonly additionals: readonly ResourceRecord[];
      readonly tc: boolean;
    }
  | { readonly status: 'no-name' };

export interface NameContext {
  /** In the case it was asked in. */
  readonly zone: string;
  readonly ttl: number;
  /** What is under a name, in lower case. */
  lookup(name: string): Found;
  /** Asks the server itself for the target of an alias outside the zone. */
  ask(name: string, type: number): Promise<Message | undefined>;
}

const mostAliases = 10;

export function found(
  answers: readonly ResourceRecord[],
  additionals: readonly ResourceRecord[] = [],
  tc = false,
): Records {
  return { status: 'found', answers, additionals, tc };
}

/** A or AAAA, each address once. An alias is followed, as often as it is there: within the zone here, elsewhere by asking the server. */
export async function addressRecords(
  context: NameContext,
  name: string,
  kind: 'A' | 'AAAA',
  aliases: readonly ResourceRecord[] = [],
): Promise<Records> {
  const items = context.lookup(name.toLowerCase());
  if (items.status === 'no-name') return items;
  const answers: ResourceRecord[] = [];
  let tc = false;
  const owner = { name, ttl: context.ttl };
  const seen = new Set<string>();
  for (const { host } of items.items) {
    const own = hostKind(host);
    if (own === kind && !seen.has(host)) answers.push(addressRecord(owner, host));
    seen.add(host);
    if (own !== 'CNAME' || isWithin(name, absolute(host)) || aliases.length > mostAliases) continue;
    const alias = nameRecord(owner, 'CNAME', absolute(host));
    if (aliases.some(({ rdata }) => rdata.equals(alias.rdata))) continue;
    const rest = await behindAlias(context, absolute(host), kind, [...aliases, alias]);
    tc ||= rest?.tc ?? false;
    if (rest !== undefined) answers.push(alias, ...rest.answers);
  }
  return found(answers, [], tc);
}

/** Undefined when the alias is not worth telling: it leads to nothing within the zone, or nobody answered. */
async function behindAlias(
  context: NameContext,
  target: string,
  kind: 'A' | 'AAAA',
  aliases: readonly ResourceRecord[],
): Promise<{ readonly answers: readonly ResourceRecord[]; readonly tc: boolean } | undefined> {
  if (!isWithin(context.zone, target)) return context.ask(target, types[kind]);
  const rest = await addressRecords(context, target, kind, aliases);
  return rest.status === 'found' && rest.answers.length > 0 ? rest : undefined;
}

/** A single alias; nothing for a name with addresses. */
export function aliasRecords(context: NameContext, name: string): Records {
  const items = context.lookup(name.toLowerCase());
  if (items.status === 'no-name') return items;
  const [first] = items.items;
  if (first === undefined || hostKind(first.host) !== 'CNAME') return found([]);
  return found([nameRecord({ name, ttl: context.ttl }, 'CNAME', absolute(first.host))]);
}

/**
 * One record for each name and port, with the addresses as additional records. The weight is shared over every item, doubles included, which
 * are taken out only afterwards: a dual-stack Service with one port has one record of weight 50.
 */
export function serviceRecords(context: NameContext, name: string): Records {
  const items = context.lookup(name.toLowerCase());
  if (items.status === 'no-name') return items;
  const addresses = items.items.filter(({ host }) => hostKind(host) !== 'CNAME');
  const weight = srvWeight(addresses.length);
  const withPort = addresses.filter(({ port }) => port !== -1);
  const { ttl } = context;
  return found(
    distinct(withPort, ({ owner, port }) => `${owner} ${port}`).map(({ owner, port }) =>
      srvRecord({ name, ttl }, { weight, port, target: owner }),
    ),
    distinct(withPort, ({ owner, host }) => `${owner} ${host}`).map(({ owner, host }) =>
      addressRecord({ name: owner, ttl }, host),
    ),
  );
}

/** A hundred shared by so many, at least 1; the sum is made as in Go, where the order of the steps decides the last digit. */
export function srvWeight(items: number): number {
  return Math.max(1, Math.floor((100 / (100 * items)) * 100));
}

function distinct(items: readonly Item[], keyOf: (item: Item) => string): readonly Item[] {
  return [...new Map(items.toReversed().map((item) => [keyOf(item), item])).values()].toReversed();
}
