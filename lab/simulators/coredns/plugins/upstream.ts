// One upstream of the `forward` plugin: queries over UDP and TCP with deadlines, and health checks while it is in doubt (plugin/pkg/proxy,
// plugin/pkg/up). It chooses nothing: which upstream is asked is the plugin's matter.
import { randomInt } from 'node:crypto';
import { classes, types } from '../../dns/codes.ts';
import { type Address, addressText } from '../arguments.ts';
import type { Transport } from '../plugin.ts';
import type { Message } from '../wire.ts';
import { createUdpSockets, overTcp } from './exchanges.ts';

export interface Upstream {
  readonly text: string;
  /** Health checks that failed one after the other. */
  failures(): number;
  /** Asks once; rejects when there is no answer in time. */
  exchange(message: Message, transport: Transport): Promise<Message>;
  /** Checks until it is well again; at most one round at a time. */
  check(): void;
  close(): void;
}

export interface HealthCheck {
  readonly intervalMs: number;
  readonly domain: string;
  readonly recursionDesired: boolean;
  readonly transport: Transport;
  readonly onFailure: () => void;
}

const readTimeoutMs = 2_000;
const checkTimeoutMs = 1_000;
const mostExchangesAtOnce = 4_000;

export function createUpstream(address: Address, health: HealthCheck): Upstream {
  const text = addressText(address);
  const sockets = createUdpSockets(address);
  let failures = 0;
  let underWay = 0;
  let isChecking = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  const send = async (message: Message, transport: Transport, timeoutMs: number): Promise<Message> => {
    if (underWay >= mostExchangesAtOnce) throw new Error(`${text}: more than ${mostExchangesAtOnce} queries at once`);
    underWay++;
    try {
      const own = { ...message, id: randomInt(65_536) };
      const answer =
        transport === 'tcp' ? await overTcp(address, own, timeoutMs) : await sockets.exchange(own, timeoutMs);
      return { ...answer, id: message.id };
    } catch (error) {
      throw new Error(`${transport} ${text}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`);
    } finally {
      underWay--;
    }
  };

  const checkOnce = async (): Promise<void> => {
    const isWell = await send(pingOf(health), health.transport, checkTimeoutMs).then(
      () => true,
      () => false,
    );
    failures = isWell ? 0 : failures + 1;
    if (!isWell) health.onFailure();
    isChecking = !isWell && !isClosed;
    if (isChecking) timer = setTimeout(() => void checkOnce(), health.intervalMs);
  };

  return {
    text,
    failures: () => failures,
    exchange: (message, transport) => send(message, transport, readTimeoutMs),
    check() {
      if (isChecking || isClosed) return;
      isChecking = true;
      void checkOnce();
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      sockets.close();
    },
  };
}

function pingOf({ domain, recursionDesired }: HealthCheck): Message {
  return {
    id: 0,
    qr: false,
    opcode: 0,
    aa: false,
    tc: false,
    rd: recursionDesired,
    ra: false,
    ad: false,
    cd: false,
    rcode: 0,
    question: { name: domain, type: types.NS, class: classes.IN },
    answers: [],
    authorities: [],
    additionals: [],
  };
}
