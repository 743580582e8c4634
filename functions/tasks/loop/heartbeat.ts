// The dead man's switch of the watch: after a probe round, when it is due and the watch works, a request goes to whoever calls when it stays
// away. It never throws; what is sent and where is functions/entry's business.
import type { ClusterPorts } from '../cluster/ports.ts';
import { readRecord } from '../cluster/record.ts';
import { reasonsAgainst } from './heartbeat-health.ts';

/** Between two attempts, when one was not taken. */
const retryMs = 10_000;

/** Called at the end of each round that was told to the machine. `say`: why none was sent, once for each reason. */
export function createHeart(ports: ClusterPorts, say: (why: string) => void): () => Promise<void> {
  const { clock, cluster, heartbeat } = ports;
  let dueAt: number | undefined;
  let said = '';
  const explain = (why: string) => {
    if (why !== '' && why !== said) say(why);
    said = why;
  };
  return async () => {
    if (heartbeat === undefined) return;
    const now = clock.now();
    // Whoever lives for one round only (an object of a Worker) beats in the first round of each interval of the clock.
    const isDue = dueAt === undefined ? now % heartbeat.intervalMs < cluster.probe.intervalMs : now >= dueAt;
    // A clock that was set back must not silence it.
    const isFar = dueAt !== undefined && dueAt - now > heartbeat.intervalMs;
    if (!isDue && !isFar) return;
    const { record } = await readRecord(ports);
    const facts = {
      machine: record.machine,
      outbox: record.outbox,
      channels: ports.channels.map(({ id }) => id),
      storeTrouble: ports.storeTrouble?.(),
    };
    const against = reasonsAgainst(facts, now);
    if (against.length > 0) return explain(`withheld: ${against.join('; ')}`);
    const result = await heartbeat.send();
    dueAt = now + (result.status === 'delivered' ? heartbeat.intervalMs : retryMs);
    explain(result.status === 'delivered' ? '' : result.reason);
  };
}
