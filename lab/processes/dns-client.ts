// One DNS query over UDP with a socket of its own, as a resolver library sends it. For tests: Lifeboat's own client is not used, so that
// a fault of it cannot hide itself.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { type Answer, decode, encode, type RecordType } from 'dns-packet';

export interface DnsAddress {
  readonly host: string;
  readonly port: number;
}

export interface DnsReply {
  /**
   * `NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED`, …; `TRUNCATED` for an answer with TC set; `TIMEOUT` when none came; `UNREACHABLE` when
   * nothing listens there (ICMP port unreachable).
   */
  readonly rcode: string;
  readonly answers: readonly Answer[];
  /** Of the SOA in the authority or answer section. */
  readonly serial: number | undefined;
}

/** Sends one query and waits `timeoutMs` for the answer; never rejects. */
export function queryUdp(server: DnsAddress, name: string, type: RecordType, timeoutMs: number): Promise<DnsReply> {
  const id = Math.floor(Math.random() * 65_536);
  const packet = encode({
    type: 'query',
    id,
    flags: 0x0100,
    questions: [{ type, name: name.replace(/\.$/, '') }],
  });
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4');
    const finish = (reply: DnsReply): void => {
      clearTimeout(timer);
      socket.close();
      resolve(reply);
    };
    const timer = setTimeout(() => finish(none('TIMEOUT')), timeoutMs);
    socket.once('error', () => finish(none('UNREACHABLE')));
    socket.on('message', (message) => {
      if (message.length >= 2 && message.readUInt16BE(0) === id) finish(read(message));
    });
    socket.connect(server.port, server.host, () => socket.send(packet));
  });
}

/** True when the server answers anything at all for the SOA of `zone` (an UDP answer of any code). */
export async function answersSoa(server: DnsAddress, zone: string): Promise<boolean> {
  const { rcode } = await queryUdp(server, zone, 'SOA', 500);
  return rcode !== 'TIMEOUT' && rcode !== 'UNREACHABLE';
}

/** The addresses of an answer's A records, sorted. */
export function addressesOf(reply: DnsReply): readonly string[] {
  return reply.answers.flatMap((answer) => (answer.type === 'A' ? [answer.data] : [])).sort();
}

function none(rcode: 'TIMEOUT' | 'UNREACHABLE'): DnsReply {
  return { rcode, answers: [], serial: undefined };
}

function read(message: Buffer): DnsReply {
  const packet = decode(message) as ReturnType<typeof decode> & { readonly rcode: string; readonly flag_tc: boolean };
  const soa = [...(packet.answers ?? []), ...(packet.authorities ?? [])].find((record) => record.type === 'SOA');
  return {
    rcode: packet.flag_tc ? 'TRUNCATED' : packet.rcode,
    answers: packet.answers ?? [],
    serial: soa?.type === 'SOA' ? soa.data.serial : undefined,
  };
}
