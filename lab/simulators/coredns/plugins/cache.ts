// The `cache` plugin: answers by name, type, class, DO and CD, positive ones and denials apart, each for the least TTL in it within bounds
// (plugin/cache). Without prefetch and serve_stale, which it refuses.
import { opcodes, rcodes, types } from '../../dns/codes.ts';
import { durationMs, expectArgs, integer, oneArg, zone as readZone, unknownOption } from '../arguments.ts';
import type { Directive, Option } from '../corefile.ts';
import { replyTo, wantsDnssec } from '../messages.ts';
import type { Metrics } from '../metrics.ts';
import { longestZone } from '../names.ts';
import { answered, type Plugin, type Query, type Reply } from '../plugin.ts';
import { type Message, type ResourceRecord, readName } from '../wire.ts';

interface Bounds {
  readonly capacity: number;
  readonly mostSeconds: number;
  readonly leastSeconds: number;
}

interface Settings {
  readonly zones: readonly string[];
  readonly success: Bounds;
  readonly denial: Bounds;
  /** How long a failure is kept; 0: not at all. */
  readonly servfailSeconds: number;
}

/** What a message is to a cache (plugin/pkg/response): `other` is not kept. */
type Kind = 'success' | 'denial' | 'failure' | 'other';

interface Item {
  readonly message: Message;
  readonly seconds: number;
  readonly storedAtMs: number;
}

const defaultCapacity = 9_984;
const mostCapacity = 1_000_000;
const mostSeconds = 3_600;
/** What an answer without records, and one with a small TTL, is kept for at least. */
const leastSeconds = 5;

export function readCache(directive: Directive, blockZones: readonly string[], metrics: Metrics): Plugin {
  return createPlugin(readSettings(directive, blockZones), metrics);
}

function readSettings(directive: Directive, blockZones: readonly string[]): Settings {
  const [first, ...others] = directive.args;
  const hasTtl = first !== undefined && /^\d+$/.test(first);
  const ttl = hasTtl ? integer(directive, first, 1, mostSeconds) : undefined;
  const words = hasTtl ? others : directive.args;
  let success: Bounds = { capacity: defaultCapacity, mostSeconds: ttl ?? mostSeconds, leastSeconds };
  let denial: Bounds = { capacity: defaultCapacity, mostSeconds: ttl ?? mostSeconds / 2, leastSeconds };
  let servfailSeconds = leastSeconds;
  for (const option of directive.options) {
    if (option.name === 'success') success = readBounds(option, success);
    else if (option.name === 'denial') denial = readBounds(option, denial);
    else if (option.name === 'servfail') servfailSeconds = durationMs(option, oneArg(option), 0, 300_000) / 1_000;
    else throw unknownOption(directive, option);
  }
  const zones = words.length === 0 ? blockZones : words.map((word) => readZone(directive, word));
  return { zones, success, denial, servfailSeconds };
}

/** `success CAPACITY [TTL [MINTTL]]` */
function readBounds(option: Option, before: Bounds): Bounds {
  const [capacity = '', most, least] = expectArgs(option, 1, 3);
  return {
    capacity: integer(option, capacity, 1, mostCapacity),
    mostSeconds: most === undefined ? before.mostSeconds : integer(option, most, 1, 86_400),
    leastSeconds: least === undefined ? before.leastSeconds : integer(option, least, 0, 86_400),
  };
}

function createPlugin(settings: Settings, metrics: Metrics): Plugin {
  const stores = { success: createStore(settings.success.capacity), denial: createStore(settings.denial.capacity) };

  /** A failure is kept among the denials, and does not hide an answer that is still good. */
  const find = (key: string, nowMs: number): Item | undefined => {
    const [success, denial] = [stores.success.get(key, nowMs), stores.denial.get(key, nowMs)];
    if (denial?.message.rcode === rcodes.SERVFAIL && success !== undefined) return success;
    return denial ?? success;
  };

  const keep = (key: string, message: Message): Message => {
    const kind = kindOf(message);
    const seconds = secondsFor(settings, kind, message);
    const capped = withTtl(message, Math.floor(seconds));
    if (isKept(message, kind) && seconds > 0) {
      const item = { message: capped, seconds: Math.floor(seconds), storedAtMs: performance.now() };
      stores[kind === 'success' ? 'success' : 'denial'].set(key, item);
    }
    return capped;
  };

  return async (query, next) => {
    if (query.message.opcode !== opcodes.QUERY || longestZone(settings.zones, query.name) === undefined)
      return next(query);
    const key = keyOf(query);
    const nowMs = performance.now();
    const item = find(key, nowMs);
    metrics.count(item === undefined ? 'coredns_cache_misses_total' : 'coredns_cache_hits_total', {});
    if (item !== undefined) return answered(fromCache(query, item, nowMs));
    const reply = await next({ ...query, message: { ...query.message, ad: true } });
    if (reply.status === 'failed') return keepFailure(query, reply, (message) => keep(key, message));
    const messages = reply.messages.map((message) =>
      matches(query, message)
        ? keep(key, message)
        : withTtl(message, Math.floor(secondsFor(settings, kindOf(message), message))),
    );
    return { ...reply, messages: messages.map((message) => withAd(query, message)) };
  };
}

/** Nobody answered: kept as a SERVFAIL when the reason is a fault of an upstream. */
function keepFailure(
  query: Query,
  reply: Reply & { readonly status: 'failed' },
  keep: (message: Message) => Message,
): Reply {
  if (reply.rcode === rcodes.SERVFAIL && reply.reason !== undefined)
    keep(replyTo(query.message, { rcode: reply.rcode }));
  return reply;
}

function createStore(capacity: number) {
  const items = new Map<string, Item>();
  return {
    get(key: string, nowMs: number): Item | undefined {
      const item = items.get(key);
      return item !== undefined && remainingSeconds(item, nowMs) > 0 ? item : undefined;
    },
    /** Full: the oldest goes (the real one takes a random one). */
    set(key: string, item: Item): void {
      items.delete(key);
      const [oldest] = items.keys();
      if (items.size >= capacity && oldest !== undefined) items.delete(oldest);
      items.set(key, item);
    },
  };
}

function keyOf({ name, message }: Query): string {
  const { type, class: ofClass } = message.question;
  return `${type}/${ofClass}/${wantsDnssec(message)}/${message.cd}/${name}`;
}

function remainingSeconds({ seconds, storedAtMs }: Item, nowMs: number): number {
  return seconds - Math.floor((nowMs - storedAtMs) / 1_000);
}

function fromCache(query: Query, item: Item, nowMs: number): Message {
  const { aa, ad, ra, rcode } = item.message;
  const { answers, authorities, additionals } = withTtl(item.message, remainingSeconds(item, nowMs));
  return withAd(query, replyTo(query.message, { aa, ad, ra, rcode, answers, authorities, additionals }));
}

/** AD is for those who can do something with it, RFC 6840 section 5.7. */
function withAd({ message }: Query, reply: Message): Message {
  return { ...reply, ad: reply.ad && (wantsDnssec(message) || message.ad) };
}

/** OPT is between two neighbours, and no part of what is kept. */
function withTtl(message: Message, ttl: number): Message {
  const set = (records: readonly ResourceRecord[]): ResourceRecord[] =>
    records.filter(({ type }) => type !== types.OPT).map((record) => ({ ...record, ttl }));
  return {
    ...message,
    answers: set(message.answers),
    authorities: set(message.authorities),
    additionals: set(message.additionals),
  };
}

function secondsFor({ success, denial, servfailSeconds }: Settings, kind: Kind, message: Message): number {
  if (kind === 'failure') return servfailSeconds;
  const bounds = kind === 'denial' ? denial : success;
  const least = kind === 'other' ? leastSeconds : leastTtl(message, bounds.mostSeconds);
  return Math.min(Math.max(least, bounds.leastSeconds), bounds.mostSeconds);
}

function leastTtl({ answers, authorities, additionals }: Message, most: number): number {
  const records = [...answers, ...authorities, ...additionals].filter(({ type }) => type !== types.OPT);
  if (records.length === 0) return leastSeconds;
  return records.reduce((least, { ttl }) => Math.min(least, ttl), most);
}

function kindOf(message: Message): Kind {
  const { answers, rcode, opcode, question } = message;
  if (opcode !== opcodes.QUERY || question?.type === types.AXFR || question?.type === types.IXFR) return 'other';
  if (rcode === rcodes.NOERROR) {
    const isNoData = hasSoa(message) && !answersQuestion(message);
    return isNoData ? 'denial' : 'success';
  }
  if (answers.length > 0 && rcode === rcodes.NXDOMAIN) return 'other';
  if (rcode === rcodes.NXDOMAIN) return 'denial';
  return rcode === rcodes.SERVFAIL || rcode === rcodes.NOTIMP ? 'failure' : 'other';
}

/** A denial without SOA has no time to live (RFC 2308 section 5), and half an answer is none. */
function isKept(message: Message, kind: Kind): boolean {
  if (message.tc || kind === 'other') return false;
  if (kind === 'denial') return hasSoa(message);
  return kind !== 'success' || message.answers.length === 0 || answersQuestion(message);
}

function hasSoa({ authorities }: Message): boolean {
  return authorities.some(({ type }) => type === types.SOA);
}

/** A record of the type asked for stands at the end of the chain of CNAMEs that begins at the name asked for. */
function answersQuestion({ question, answers }: Message): boolean {
  if (question === undefined) return false;
  const seen = new Set<string>();
  for (let owner = question.name.toLowerCase(); !seen.has(owner); ) {
    seen.add(owner);
    const own = answers.filter(({ name }) => name.toLowerCase() === owner);
    if (own.some(({ type }) => type === question.type || question.type === types.ANY)) return true;
    const [alias] = own.filter(({ type }) => type === types.CNAME);
    if (alias === undefined) return false;
    owner = readName(alias.rdata, 0).name.toLowerCase();
  }
  return false;
}

function matches({ name, message }: Query, { question, qr }: Message): boolean {
  const asked = message.question;
  return qr && question?.name.toLowerCase() === name && question.type === asked.type && question.class === asked.class;
}
