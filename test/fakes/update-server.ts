// The standby server of the lab (lab/simulators/standby) in memory, as a Network, so that tests need no socket: one zone that takes UPDATE and
// AXFR over TCP, signed. It adds nothing but what a test wants to go wrong.
import { type Connection, type Network, networkError } from '../../functions/lib/network.ts';
import type { Name } from '../../functions/records/name.ts';
import { compareRrsets, type Rrset, rrsetKey } from '../../functions/records/rrset.ts';
import { opcodes, type Rcode } from '../../lab/simulators/dns/codes.ts';
import { createSigner, type RequestTsig, secretsOf, verifyRequest } from '../../lab/simulators/dns/tsig.ts';
import { lastTsig, type TsigSecret } from '../../lab/simulators/dns/tsig-record.ts';
import { type Message, readMessage } from '../../lab/simulators/standby/message-reader.ts';
import { encodeReply } from '../../lab/simulators/standby/message-writer.ts';
import { createResponder } from '../../lab/simulators/standby/responder.ts';
import { createZone } from '../../lab/simulators/standby/zone.ts';

export interface UpdateServer {
  readonly network: Network;
  /** Everything but the SOA, in canonical order. */
  contents(): readonly Rrset[];
  /** A person's edit behind Lifeboat's back. */
  edit(change: (sets: Map<string, Rrset>) => void): void;
  /** UPDATE messages that came with a good signature, and their octets. */
  readonly updates: readonly number[];
  /** Answers the next UPDATE with this rcode, or not at all, or unsigned; it is carried out only when it is not answered. */
  spoil(next: { readonly rcode: string } | 'silent' | 'cut' | 'unsigned'): void;
}

const maxOctets = 0xffff;

export function createUpdateServer(name: Name, rrsets: readonly Rrset[], key: TsigSecret): UpdateServer {
  const soa = 'ns.example. hostmaster.example. 1 3600 600 86400 30';
  const zone = createZone(name, [{ name, type: 'SOA', ttlSeconds: 30, values: [soa] }, ...rrsets]);
  const respond = createResponder({ zone, key, save: () => {}, say: () => {} });
  let spoiled: Parameters<UpdateServer['spoil']>[0] | undefined;
  const updates: number[] = [];
  const contents = () => [...zone.sets()].filter(({ type }) => type !== 'SOA').sort(compareRrsets);

  const answer = (bytes: Buffer): readonly Uint8Array[] => {
    const request = readMessage(bytes);
    const record = lastTsig(bytes);
    const verification = { secrets: secretsOf(key), manner: 'knot', nowSeconds: nowSeconds() } as const;
    const tsig = record && verifyRequest(bytes, record, verification);
    const isGood = tsig !== undefined && tsig !== 'malformed' && tsig.status === 'good';
    if ((request.flags >> 11) % 16 !== opcodes.UPDATE || !isGood) return [...respond(bytes, 'tcp')];
    updates.push(bytes.length);
    const how = spoiled;
    spoiled = undefined;
    if (typeof how === 'object') return [refusal(request, tsig, how.rcode as Rcode)];
    const replies = [...respond(bytes, 'tcp')];
    if (how === 'silent' || how === 'cut') return [];
    return how === 'unsigned' ? replies.map(withoutTsig) : replies;
  };

  return {
    updates,
    contents,
    edit(change) {
      const sets = new Map(contents().map((set) => [rrsetKey(set), set]));
      zone.put(contents().map((set) => ({ ...set, values: [] })));
      change(sets);
      zone.put(sets.values());
    },
    spoil(next) {
      spoiled = next;
    },
    network: {
      connect: async (_, signal) => connectionTo(answer, () => spoiled === 'cut', signal),
      startTls: () => Promise.reject(networkError('refused', 'no TLS here')),
    },
  };
}

function refusal(request: Message, tsig: RequestTsig, rcode: Rcode): Buffer {
  return createSigner(tsig).sign(encodeReply(request, { rcode }, maxOctets), nowSeconds());
}

function withoutTsig(bytes: Buffer): Buffer {
  const cut = Buffer.from(bytes.subarray(0, lastTsig(bytes)?.at));
  cut.writeUInt16BE(cut.readUInt16BE(10) - 1, 10);
  return cut;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** One connection: a whole request in one write, then its answers, one a read; without an answer it waits, or is cut. */
function connectionTo(
  answer: (request: Buffer) => readonly Uint8Array[],
  cuts: () => boolean,
  signal: AbortSignal,
): Connection {
  const aborted = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
  aborted.promise.catch(() => {});
  let frames: Uint8Array[] = [];
  let isEnded = false;
  return {
    async write(bytes) {
      isEnded = cuts();
      frames = answer(Buffer.from(bytes.subarray(2))).map((one) =>
        Uint8Array.of(one.length >> 8, one.length & 0xff, ...one),
      );
      isEnded ||= frames.length > 0;
    },
    async read() {
      const frame = frames.shift();
      return frame === undefined && !isEnded ? aborted.promise : frame;
    },
    close() {},
  };
}
