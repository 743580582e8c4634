// What the API and the page are made from, and what they know of whoever asks. Types only.
import type { Config, TokenConfig } from '../config/schema.ts';
import type { Clock, Random } from '../lib/deps.ts';
import type { Store } from '../stores/store.ts';
import type { ClusterControl } from '../tasks/control/control-port.ts';

export interface ApiDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly config: Pick<Config, 'api'>;
  /** By cluster id, in the order of the configuration. */
  readonly controls: ReadonlyMap<string, ClusterControl>;
  /** Keeps the sessions of signed-in people: `sessions/<hash>`. */
  readonly sessions: Store;
  /** Of Lifeboat: `0.1.0`. */
  readonly version: string;
  /**
   * From which address a request comes, where the platform says so and nobody can forge it. Without it nobody who guesses tokens is slowed down: one
   * counter for all would lock all out.
   */
  readonly addressOf?: (request: Request) => string | undefined;
  /** Told of what fails inside, in words, for the log: whoever asked is not told. */
  readonly onFault?: (what: string, error: unknown) => void;
}

/** Somebody who showed a token, or a session that was opened with one. */
export interface Caller {
  /** The token's id. */
  readonly id: string;
  readonly scopes: ReadonlySet<TokenConfig['scopes'][number]>;
  /** What a form or script must send along to act; of sessions only. */
  readonly csrf?: string;
}

/** Of hono: `new Hono<ApiEnv>()`. `caller` is set before any route runs; undefined: nobody is signed in. */
export interface ApiEnv {
  readonly Variables: { caller: Caller | undefined };
}
