// From a request's octets to the octets of its answers: what is accepted, which server block answers, how the answer is made to fit, and its
// signature (core/dnsserver/server.go). No sockets here.
import { classes, extendedRcodes, opcodes, rcodes, rcodeText, types, typeText } from '../dns/codes.ts';
import { createSigner, type TsigSecrets, verifyRequest } from '../dns/tsig.ts';
import { lastTsig, type TsigRecord } from '../dns/tsig-record.ts';
import { optOf, optRecord, replyTo, udpLimit, withOpt } from './messages.ts';
import type { Metrics } from './metrics.ts';
import { labelsOf } from './names.ts';
import { failed, messagesOf, type Next, type Query, type Reply, type Transport } from './plugin.ts';
import {
  type Counts,
  decodeHeader,
  decodeMessage,
  encodeMessage,
  fitMessage,
  type Header,
  type Message,
  maxTcpOctets,
  type Question,
} from './wire.ts';

/** What answers on one address: a chain for each zone. */
export interface Zones {
  readonly chains: ReadonlyMap<string, Next>;
  /** Of all blocks on this address. */
  readonly secrets: TsigSecrets;
  /** A class other than IN is refused unless a block forwards (dnsserver.EnableChaos). */
  readonly allowsOtherClasses: boolean;
  readonly metrics: Metrics;
}

/** A datagram larger than this is compressed even where it would fit (request.Scrub). */
const compressAbove = { ipv4: 1_480, ipv6: 1_220 } as const;
/** How often answering one query may ask this server again: two zones can point at each other. */
const mostAsks = 10;

/** The answers to one request, in order; none for what deserves no answer. Never rejects for what a client sent. */
export async function answerOctets(
  zones: Zones,
  octets: Buffer,
  transport: Transport,
  client: string,
): Promise<readonly Buffer[]> {
  const head = decodeHeader(octets);
  if (head === undefined || head.header.qr) return [];
  const refusal = refusalOf(head.header, head.counts);
  if (refusal !== undefined) return [encodeMessage(bare(head.header, refusal))];
  let message: Message;
  let signature: TsigRecord | undefined;
  try {
    message = decodeMessage(octets);
    signature = lastTsig(octets);
  } catch {
    return [encodeMessage(bare(head.header, rcodes.FORMERR))];
  }
  const { question } = message;
  if (question === undefined) return [];
  const reply = await answerMessage(zones, { ...message, question }, { octets, signature, transport, client });
  return toOctets(zones, message, reply, transport, client);
}

/** As miekg/dns's DefaultMsgAcceptFunc: what is turned away by its header alone. */
function refusalOf({ opcode }: Header, counts: Counts): number | undefined {
  if (opcode !== opcodes.QUERY && opcode !== opcodes.NOTIFY) return rcodes.NOTIMP;
  const isOdd = counts.questions !== 1 || counts.answers > 1 || counts.authorities > 1 || counts.additionals > 2;
  return isOdd ? rcodes.FORMERR : undefined;
}

/** A header with nothing behind it. */
function bare(header: Header, rcode: number): Message {
  const opcode = rcode === rcodes.NOTIMP ? header.opcode : opcodes.QUERY;
  return { ...header, qr: true, opcode, aa: false, rcode, answers: [], authorities: [], additionals: [] };
}

type Asked = Message & { readonly question: Question };

/** Where a message came from, and as what. */
interface Source {
  readonly octets: Buffer;
  readonly signature: TsigRecord | undefined;
  readonly transport: Transport;
  readonly client: string;
}

async function answerMessage(zones: Zones, message: Asked, from: Source): Promise<Reply> {
  if (message.question.class !== classes.IN && !zones.allowsOtherClasses) return failed(rcodes.REFUSED);
  if (((optOf(message)?.ttl ?? 0) >> 16) & 0xff) return { status: 'answered', messages: [badVersion(message)] };
  const tsig = verifySignature(zones, message, from);
  if (tsig === 'malformed') return failed(rcodes.FORMERR);
  const name = message.question.name.toLowerCase();
  return route(zones, createQuery(zones, { message, name, transport: from.transport, client: from.client, tsig }, 0));
}

/** Where no block has a key, signatures are not looked at. */
function verifySignature({ secrets }: Zones, { additionals }: Message, { octets, signature }: Source) {
  const last = additionals.at(-1);
  if (secrets.size === 0 || signature === undefined || last === undefined) return undefined;
  // The key's name goes back in the case in which it came.
  const record = { ...signature, keyName: last.name };
  return verifyRequest(octets, record, { secrets, manner: 'coredns', nowSeconds: nowSeconds() });
}

function createQuery(zones: Zones, plain: Omit<Query, 'ask'>, asks: number): Query {
  return {
    ...plain,
    async ask(name, type) {
      if (asks >= mostAsks) return undefined;
      const message = { ...plain.message, question: { name, type, class: classes.IN } };
      const query = createQuery(zones, { ...plain, message, name: name.toLowerCase() }, asks + 1);
      return messagesOf(query, await route(zones, query))[0];
    },
  };
}

/** To the block with the longest zone that holds the name; for DS to the one above it, which may be the parent's. */
async function route({ chains, metrics }: Zones, query: Query): Promise<Reply> {
  const labels = labelsOf(query.name);
  const holding = [...labels.map((_, i) => `${labels.slice(i).join('.')}.`), '.'].filter((zone) => chains.has(zone));
  const isDs = query.message.question.type === types.DS;
  const zone = (isDs ? holding.filter((each) => each !== '.').at(-1) : undefined) ?? holding[0];
  const chain = zone === undefined ? undefined : chains.get(zone);
  metrics.count('coredns_dns_requests_total', {
    zone: zone ?? 'dropped',
    proto: query.transport,
    type: typeText(query.message.question.type),
  });
  return chain === undefined ? failed(rcodes.REFUSED) : chain(query);
}

function toOctets(
  { metrics }: Zones,
  request: Message,
  reply: Reply,
  transport: Transport,
  client: string,
): readonly Buffer[] {
  const messages = reply.status === 'answered' ? reply.messages : [replyTo(request, { rcode: reply.rcode })];
  const tsig = reply.status === 'answered' ? reply.tsig : undefined;
  const signer = tsig === undefined ? undefined : createSigner(tsig);
  const limit = transport === 'tcp' ? maxTcpOctets : udpLimit(request);
  const compress = transport === 'tcp' ? maxTcpOctets : compressAbove[client.includes(':') ? 'ipv6' : 'ipv4'];
  return messages.map((message) => {
    metrics.count('coredns_dns_responses_total', { rcode: rcodeText(message.rcode) });
    const whole = withOpt(request, message);
    // What is signed is not cut: miekg/dns, Msg.Truncate.
    return signer === undefined
      ? fitMessage(whole, limit, { compressAbove: compress })
      : signer.sign(encodeMessage(whole), nowSeconds());
  });
}

/** RFC 6891 section 6.1.3: the code's upper bits are in the OPT record. */
function badVersion(message: Message): Message {
  const opt = optRecord({ size: 0, ttl: (extendedRcodes.BADVERS >> 4) << 24 });
  return replyTo(message, { rcode: extendedRcodes.BADVERS & 15, additionals: [opt] });
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
