// The bindings of the Worker, as wrangler.toml names them, and what may be asked of each object by a remote call. Types only: the objects
// themselves are the classes that main.ts exports.
import type { Observation } from '../../decision/health/observation.ts';
import type { Store } from '../../stores/store.ts';
import type { Pager } from '../../tasks/alert/pager.ts';
import type { ClusterControl } from '../../tasks/control/control-port.ts';
import type { VantageShare } from './vantage-share.ts';

/** The control port of the cluster whose object it is, with the cluster's id before each argument: an alarm does not tell the object's name. */
type Addressed<Port> = {
  [Name in keyof Port]: Port[Name] extends (...args: infer Args) => infer Answer
    ? (id: string, ...args: Args) => Answer
    : never;
};

export interface ClusterCalls extends Addressed<ClusterControl> {
  /** Makes sure that the object's alarm is set. */
  arm(id: string): Promise<void>;
}

export interface VantageCalls {
  /** One round over a share of a cluster's targets. */
  probe(share: VantageShare): Promise<readonly Observation[]>;
}

type ObjectsOf<Calls> = DurableObjectNamespace<Calls & Rpc.DurableObjectBranded>;

/** Besides these the secrets that the configuration names are members: texts. */
export interface Bindings {
  /** One object per cluster, by its id: state, alarm, decisions. */
  readonly CLUSTERS: ObjectsOf<ClusterCalls>;
  /** Objects that probe, by cluster, vantage and share of the targets: each has connections of its own. */
  readonly VANTAGES: ObjectsOf<VantageCalls>;
  /** Objects that deliver alerts, by cluster and channel. */
  readonly PAGERS: ObjectsOf<Pager>;
  /** One object: the sessions of signed-in people. */
  readonly SESSIONS: ObjectsOf<Store>;
  /** Snapshots, which may be larger than a database row. */
  readonly SNAPSHOTS: R2Bucket;
}
