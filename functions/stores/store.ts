// The store port: small documents under keys, each with a version, written by compare-and-swap. No domain words.

export interface Stored {
  readonly value: string;
  /** Counts up by one with every write of this key, from 1. */
  readonly version: number;
}

export interface Store {
  /** undefined: no such key. */
  read(key: string): Promise<Stored | undefined>;
  /**
   * Writes whole and durably, or not at all. `expectedVersion` 0 means "must not exist yet".
   * `conflict`: somebody wrote in between, nothing was written.
   */
  write(key: string, value: string, expectedVersion: number): Promise<{ readonly status: 'written' | 'conflict' }>;
  /** Keys that start with the prefix, sorted. */
  list(prefix: string): Promise<readonly string[]>;
  /** No error when the key is not there. */
  remove(key: string): Promise<void>;
}

/** Keys are lower-case path-like words: `clusters/prod/state`. */
export const keyPattern = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/;
