// What a handler is given: the request that was let in, and the parts of the server it may use. It holds no code.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClusterIps } from './cluster-ips.ts';
import type { Kind } from './kinds/kind.ts';
import type { Pages } from './pages.ts';
import type { ResourceRequest } from './request-info.ts';
import type { Store } from './store.ts';
import type { TimeSlices } from './time-slices.ts';

export interface Parts {
  readonly store: Store;
  readonly slices: TimeSlices;
  readonly pages: Pages;
  readonly clusterIps: ClusterIps;
}

export interface Call {
  readonly parts: Parts;
  readonly kind: Kind;
  readonly info: ResourceRequest;
  /** Of the object; '' for a kind that has none, or for all namespaces. */
  readonly namespace: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the client is gone or the deadline has passed. */
  readonly signal: AbortSignal;
  /** Gives the seat back before the answer ends, for answers that last: a watch. */
  leaveSeat(): void;
}
