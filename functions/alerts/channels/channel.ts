// The port of alert channels: sends one delivery once. It neither retries nor keeps anything: the outbox does, the channel's memory of an
// incident included.
import type { Repeats } from '../../model/repeats.ts';
import type { Delivery, SendResult } from '../delivery.ts';

export interface Channel {
  /** The channel's id in the configuration; deliveries name it. */
  readonly id: string;
  /** `send` ends within this. */
  readonly timeoutMs: number;
  readonly repeats: Repeats;
  /**
   * Never throws; reasons and memory hold no secret and no full address. `memory`: what this channel returned with its last delivery about this
   * incident, at most `maxMemoryCharacters`; empty at first. It may be lost, or come from the channel as it was configured before.
   */
  send(delivery: Delivery, memory: string): Promise<SendResult>;
}
