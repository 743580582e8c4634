// The part of the Worker that a vantage talks to, over real HTTP on loopback: a control port behind the answers of the API. It can misbehave.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClusterConfig } from '../../functions/config/schema.ts';
import { createLimiter } from '../../functions/lib/limiter.ts';
import { createMemoryStore } from '../../functions/stores/memory.ts';
import type { CaptureAnswer } from '../../functions/tasks/capture/answered.ts';
import { keepFresh } from '../../functions/tasks/capture/capture.ts';
import {
  createVantageReceiver,
  type HeardRound,
  type VantageReceiver,
} from '../../functions/vantage/receiver/receive.ts';
import type { HeardRefusals } from '../../functions/vantage/receiver/refusals.ts';
import { realClock } from './real-deps.ts';

export interface FakeReceiver {
  readonly origin: string;
  readonly rounds: readonly HeardRound[];
  readonly refusals: readonly HeardRefusals[];
  readonly requests: number;
  readonly answers: readonly CaptureAnswer[];
  control: VantageReceiver;
  /** How it answers from now on. */
  mood: 'well' | 'hung' | 'broken' | 'elsewhere' | 'endless' | 'stranger';
  /** The same store, nothing else. */
  restart(): void;
  close(): Promise<void>;
}

const token = 'a-token-of-the-scope-vantage';
export const receiverToken = token;

export async function startFakeReceiver(cluster: ClusterConfig): Promise<FakeReceiver> {
  const store = createMemoryStore();
  const rounds: HeardRound[] = [];
  const refusals: HeardRefusals[] = [];
  const answers: CaptureAnswer[] = [];
  const recordTurn = createLimiter(1);
  let requests = 0;
  const open = () =>
    createVantageReceiver({
      clock: realClock,
      store,
      cluster,
      keep: async (fresh) => (await keepFresh({ clock: realClock, store, cluster, recordTurn }, fresh)).snapshot.number,
      answered: async (answer) => void answers.push(answer),
      onObserved: async (round) => void rounds.push(round),
      onRefused: async (refused) => void refusals.push(refused),
    });
  const server = createServer(async (request, response) => {
    requests++;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { authorization, ...headers } = request.headers as Record<string, string>;
    const say = (status: number, body: object, type = 'application/json') => {
      response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
    };
    const refuse = (status: number, kind: string, detail: string) =>
      say(status, { type: `urn:lifeboat:problem:${kind}`, detail }, 'application/problem+json');
    switch (receiver.mood) {
      case 'hung':
        return;
      case 'broken':
        return refuse(500, 'internal', `the fault is its own, not that of ${token}`);
      case 'elsewhere':
        return void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      case 'endless':
        return void response.writeHead(200).end('x'.repeat(1_000_000));
      case 'stranger':
        return void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello</p>');
      case 'well':
        break;
    }
    if (authorization !== `Bearer ${token}`) return refuse(401, 'unauthenticated', 'a token is needed');
    const body = Buffer.concat(chunks).toString('utf8');
    const answer = await receiver.control.report({
      method: request.method ?? '',
      path: request.url ?? '',
      headers,
      body,
    });
    if (answer.status === 'taken') say(200, { ...answer, status: undefined });
    else refuse(409, `report-${answer.refusal}`, answer.reason);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: FakeReceiver = {
    origin: `http://127.0.0.1:${port}`,
    rounds,
    refusals,
    answers,
    get requests() {
      return requests;
    },
    control: open(),
    mood: 'well',
    restart: () => {
      receiver.control = open();
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
