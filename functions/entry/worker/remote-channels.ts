// The alert channels as the object of a cluster sees them: each is an object of its own, called from afar. What sends is pager-object.ts.
import type { Channel } from '../../alerts/channels/channel.ts';
import type { SendResult } from '../../alerts/delivery.ts';
import { channelKinds } from '../../config/channels/index.ts';
import { withDeadline } from '../../lib/deadline.ts';
import type { Clock } from '../../lib/deps.ts';
import { messageOf } from '../../lib/errors.ts';
import { placeTimeoutMs } from '../../tasks/alert/pager.ts';
import type { Bindings } from './bindings.ts';
import { config } from './deployment.ts';

/** For the call of the pager object itself, besides what that object waits for. */
const callMs = 5_000;

/** A call that fails counts as not delivered: the receiver knows a repetition by its id. */
export function remoteChannels(env: Bindings, clock: Clock, cluster: string): readonly Channel[] {
  return config.alerts.channels.map(({ id, kind, timeoutMs: channelMs }) => {
    const timeoutMs = callMs + placeTimeoutMs + channelMs;
    const what = `the pager object of ${id}`;
    return {
      id,
      timeoutMs,
      repeats: channelKinds[kind].repeats,
      send: async (delivery, memory) => {
        try {
          return await withDeadline<SendResult>(clock, { what, timeoutMs }, async () =>
            env.PAGERS.getByName(`${cluster}/${id}`).send(delivery, memory),
          );
        } catch (error) {
          return { status: 'retry', reason: `${what} failed: ${messageOf(error)}` };
        }
      },
    };
  });
}
