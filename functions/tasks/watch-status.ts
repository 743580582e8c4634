// How the watch of a cluster itself is, for people and for the alert about it. It tells nobody: own-troubles.ts has the words of the alert.
import type { ClusterPorts, WatchTrouble } from './cluster/ports.ts';
import type { WatchStatus } from './control/control-port.ts';

/** What starts a watch that has stopped, where the platform has such a thing. */
export interface Backstop {
  /** When it last had to; null: never. */
  readonly rearmedAt: () => number | null;
  /** What it found and did: a clause, before "at" and an instant. */
  readonly did: string;
}

/** How long the backstop's start stays an open alert. */
const rearmedForMs = 600_000;

export function troubleOf(backstop: Backstop | undefined, now: number): WatchTrouble | undefined {
  const at = backstop?.rearmedAt() ?? null;
  if (backstop === undefined || at === null || now - at > rearmedForMs) return undefined;
  return { kind: 'interrupted', what: `${backstop.did} at ${new Date(at).toISOString()}` };
}

export interface WatchStatusKeeper {
  /** A round has ended. */
  ended(): void;
  watch(): WatchStatus;
}

/** `troubles`: what is wrong as long as this runtime lives. */
export function createWatchStatus(
  { clock, cluster, storeTrouble }: Pick<ClusterPorts, 'clock' | 'cluster' | 'storeTrouble'>,
  troubles: readonly string[],
  backstop: Backstop | undefined,
): WatchStatusKeeper {
  let lastRoundAt: number | null = null;
  return {
    ended() {
      lastRoundAt = clock.now();
    },
    watch() {
      const store = storeTrouble?.();
      return {
        intervalMs: cluster.probe.intervalMs,
        healthyRounds: cluster.policy.healthyRounds,
        lastRoundAt,
        rearmedAt: backstop?.rearmedAt() ?? null,
        troubles: [...troubles, ...(store === undefined ? [] : [`the state is in memory only: ${store}`])],
      };
    },
  };
}
