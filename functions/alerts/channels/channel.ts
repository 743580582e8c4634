// The port of alert channels: sends one delivery once. It neither retries nor remembers; the outbox does.
import type { Delivery, SendResult } from '../delivery.ts';

export interface Channel {
  /** The channel's id in the configuration; deliveries name it. */
  readonly id: string;
  /** `send` ends within this. */
  readonly timeoutMs: number;
  /** Never throws; reasons hold no secret and no full address. */
  send(delivery: Delivery): Promise<SendResult>;
}
