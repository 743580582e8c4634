// The bindings of the Worker, as wrangler.toml names them. Types only.
import type { ClusterObject } from './cluster-object.ts';
import type { PagerObject } from './pager-object.ts';
import type { SessionObject } from './session-object.ts';
import type { VantageObject } from './vantage-object.ts';

/** Besides these the secrets that the configuration names are members: texts. */
export interface Bindings {
  /** One object per cluster, by its id: state, alarm, decisions. */
  readonly CLUSTERS: DurableObjectNamespace<ClusterObject>;
  /** Objects that probe, by cluster, vantage and share of the targets: each has connections of its own. */
  readonly VANTAGES: DurableObjectNamespace<VantageObject>;
  /** Objects that deliver alerts, by cluster and channel. */
  readonly PAGERS: DurableObjectNamespace<PagerObject>;
  /** One object: the sessions of signed-in people. */
  readonly SESSIONS: DurableObjectNamespace<SessionObject>;
  /** Snapshots, which may be larger than a database row. */
  readonly SNAPSHOTS: R2Bucket;
}
