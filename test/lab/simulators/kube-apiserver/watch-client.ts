// A watcher for the tests: reads the stream of events of a watch and waits for some. It judges nothing.
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { IdentityName } from '../../../../lab/processes/access.ts';
import type { KubeApiserver } from '../../../../lab/processes/kube-apiserver.ts';
import { poll } from '../../../../lab/processes/poll.ts';

export interface WatchEvent {
  readonly type: string;
  readonly object: {
    readonly code?: number;
    readonly reason?: string;
    readonly metadata: {
      readonly name?: string;
      readonly resourceVersion?: string;
      readonly annotations?: Readonly<Record<string, string>>;
    };
  };
}

export interface Watcher {
  readonly status: number;
  /** So far. */
  readonly events: readonly WatchEvent[];
  /** `ADDED web`, for each event so far. */
  readonly lines: readonly string[];
  /** The stream is over, by whoever ended it. */
  readonly isOver: boolean;
  /** Waits until there are so many. */
  until(count: number): Promise<readonly string[]>;
  /** Takes nothing more from the connection. */
  pause(): void;
  resume(): void;
  close(): void;
}

const timeoutMs = 10_000;

/** Resolves with the response's head. */
export async function startWatch(api: KubeApiserver, identity: IdentityName, path: string): Promise<Watcher> {
  const headers = { authorization: `Bearer ${api.tokens[identity]}` };
  const outgoing = request(`${api.url}${path}`, { ca: readFileSync(api.caFile), headers, agent: false });
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject).setTimeout(timeoutMs).end();
  });
  let text = '';
  let isOver = false;
  incoming.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const end = (): void => {
    isOver = true;
  };
  incoming.once('close', end).once('error', end);
  outgoing.on('error', end);
  const read = () => text.split('\n').slice(0, -1);
  const watcher: Watcher = {
    status: incoming.statusCode ?? 0,
    get events() {
      return read().map((line) => JSON.parse(line) as WatchEvent);
    },
    get lines() {
      return watcher.events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());
    },
    get isOver() {
      return isOver;
    },
    until(count) {
      const look = () => (read().length >= count ? watcher.lines : undefined);
      return poll(`${count} events`, look, { timeoutMs, everyMs: 10, instead: () => text.slice(-1_000) });
    },
    pause: () => incoming.pause(),
    resume: () => incoming.resume(),
    close: () => outgoing.destroy(),
  };
  return watcher;
}
