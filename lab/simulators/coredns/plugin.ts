// What a plugin is: a step in the chain that answers a query or passes it on. Chains are put together in one fixed order, as CoreDNS's
// directives are, whatever the order in the Corefile. No plugin's meaning here.
import { rcodes } from '../dns/codes.ts';
import type { RequestTsig } from '../dns/tsig.ts';
import { replyTo } from './messages.ts';
import type { Message, Question } from './wire.ts';

export type Transport = 'udp' | 'tcp';

export interface Query {
  /** With the question; without the TSIG record once that has been looked at. */
  readonly message: Message & { readonly question: Question };
  /** The name asked for in lower case. */
  readonly name: string;
  readonly transport: Transport;
  /** The client's address. */
  readonly client: string;
  readonly tsig: RequestTsig | undefined;
  /** Asks this very server as if the client did, for the target of a CNAME (plugin/pkg/upstream). Undefined when that leads nowhere. */
  ask(name: string, type: number): Promise<Message | undefined>;
}

/**
 * - `answered`: these messages go to the client, none for a query that is dropped; signed when `tsig` is there
 * - `failed`: no plugin wrote an answer; the client gets the rcode alone
 */
export type Reply =
  | { readonly status: 'answered'; readonly messages: readonly Message[]; readonly tsig?: RequestTsig }
  | { readonly status: 'failed'; readonly rcode: number; readonly reason?: string };

export type Next = (query: Query) => Promise<Reply>;
export type Plugin = (query: Query, next: Next) => Promise<Reply>;

export function answered(...messages: readonly Message[]): Reply {
  return { status: 'answered', messages };
}

export function failed(rcode: number, reason?: string): Reply {
  return { status: 'failed', rcode, ...(reason === undefined ? {} : { reason }) };
}

/** The messages of a reply, with one made for a failure. */
export function messagesOf(query: Query, reply: Reply): readonly Message[] {
  return reply.status === 'answered' ? reply.messages : [replyTo(query.message, { rcode: reply.rcode })];
}

/** One after the other; behind the last is nobody, which is a failure. */
export function createChain(plugins: readonly Plugin[]): Next {
  const last: Next = async () => failed(rcodes.SERVFAIL, 'no next plugin found');
  return plugins.reduceRight<Next>((next, plugin) => (query) => plugin(query, next), last);
}
