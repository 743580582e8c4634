// A receiver of alerts on loopback, as an on-call service has one: it checks the signature as Standard Webhooks wants it, keeps what came
// and refuses what is not signed. It shares no code with the channel that it receives from.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { poll } from '../../lab/processes/poll.ts';

export interface ReceivedAlert {
  readonly receivedAtMs: number;
  readonly id: string;
  readonly type: 'lifeboat.alert.trigger' | 'lifeboat.alert.resolve';
  readonly dedupKey: string;
  readonly severity: string;
  readonly summary: string;
  readonly whatIsWrong: string;
  readonly repeat: number;
}

export interface WebhookReceiver {
  readonly url: string;
  /** `whsec_…` */
  readonly secret: string;
  readonly alerts: readonly ReceivedAlert[];
  /** Requests whose signature was missing, wrong or too old; each was answered 401. */
  rejected(): number;
  /** What comes from now on is kept at once and answered after so many milliseconds. */
  hold(ms: () => number): void;
  /** The first trigger under this key from the instant on; rejects with the keys that came instead. */
  paged(dedupKey: string, options?: { readonly sinceMs?: number; readonly timeoutMs?: number }): Promise<ReceivedAlert>;
  close(): Promise<void>;
}

const maxBodyBytes = 1024 * 1024;
const toleranceSeconds = 300;

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const key = randomBytes(32);
  const alerts: ReceivedAlert[] = [];
  let rejected = 0;
  let hold = () => 0;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      if (!isSigned(request, body, key)) {
        rejected++;
        response.writeHead(401).end();
        return;
      }
      const { type, data } = JSON.parse(body) as { type: ReceivedAlert['type']; data: Omit<ReceivedAlert, 'type'> };
      const { dedupKey, severity, summary, whatIsWrong, repeat } = data;
      const id = headerOf(request, 'webhook-id');
      alerts.push({ receivedAtMs: Date.now(), id, type, dedupKey, severity, summary, whatIsWrong, repeat });
      setTimeout(() => response.writeHead(204).end(), hold());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/alerts`,
    secret: `whsec_${key.toString('base64')}`,
    alerts,
    rejected: () => rejected,
    hold: (ms) => {
      hold = ms;
    },
    paged: (dedupKey, { sinceMs = 0, timeoutMs = 60_000 } = {}) => {
      const isIt = ({ type, dedupKey: key, receivedAtMs }: ReceivedAlert) =>
        key === dedupKey && type === 'lifeboat.alert.trigger' && receivedAtMs >= sinceMs;
      const instead = () => alerts.map((alert) => `${alert.type} ${alert.dedupKey}`).join(', ');
      return poll(`page ${dedupKey}`, () => alerts.find(isIt), { timeoutMs, instead });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** `webhook-signature: v1,<Base64 of HMAC-SHA256 over id.timestamp.body>`; several may stand there, parted by spaces. */
function isSigned(request: IncomingMessage, body: string, key: Buffer): boolean {
  const [id, timestamp] = [headerOf(request, 'webhook-id'), headerOf(request, 'webhook-timestamp')];
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= toleranceSeconds)) return false;
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  return headerOf(request, 'webhook-signature')
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice(3), 'base64'))
    .some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected));
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
