// What one object that probes is asked for in a round. Data only: it goes by a remote call; shares.ts makes it.
import type { SerialHint } from '../../../probes/dns-serial.ts';
import type { ExpectedStandby } from '../../decision/health/expected-standby.ts';

/** What one object is asked for in a round. */
export interface VantageShare {
  readonly cluster: string;
  readonly vantage: string;
  readonly group: string;
  readonly apiServer: boolean;
  /** Replicas by their ids. */
  readonly servers: readonly string[];
  /** Dials the reference of its vantage. */
  readonly reference: boolean;
  readonly hints: Readonly<Record<string, SerialHint>>;
  /** A standby, in a share of its own. */
  readonly standby?: ExpectedStandby;
}
