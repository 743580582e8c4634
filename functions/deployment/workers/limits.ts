// What a zone may hold where Lifeboat runs in a Worker: an object has 128 MiB, and a larger zone would end it again and again. Pure.
// https://developers.cloudflare.com/workers/platform/limits/#memory
import type { Config } from '../../config/schema.ts';

/** Of a transfer: some 30,000 Services with one port each. With 50,000 the object dies while it captures. */
export const workerRecords = 60_000;
/** Of what a standby holds, which may be more than the last snapshot: names whose deletes are held back. */
export const workerZoneRecords = 75_000;
/** Of a transfer, and of a snapshot that a vantage hands over. */
const workerBytes = 32 * 1024 * 1024;

/** The configuration as a Worker can keep it: larger transfers are refused with their number, as anywhere. */
export function withinWorker(config: Config): Config {
  const clusters = config.clusters.map((cluster) => {
    const { maxRecords, maxBytes } = cluster.snapshot;
    const snapshot = {
      ...cluster.snapshot,
      maxRecords: Math.min(maxRecords, workerRecords),
      maxBytes: Math.min(maxBytes, workerBytes),
    };
    return { ...cluster, snapshot };
  });
  return { ...config, clusters };
}
