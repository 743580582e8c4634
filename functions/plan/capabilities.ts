// What a DNS host can take, as plain data: plans are checked and cut against it before any I/O. It names no host.

export interface ProviderCapabilities {
  /** Largest number of values and of characters in one atomic batch; the room that the marker needs is already taken off. */
  readonly maxValuesPerBatch: number;
  readonly maxCharactersPerBatch: number;
  /**
   * What is counted. `values`: the values written and their text, as HTTP APIs do. `records`: the records of an UPDATE message and their
   * octets, with owner names and the prerequisites that say what is expected to be there (RFC 2136 section 2).
   */
  readonly counts: 'values' | 'records';
  /** With `values`: how often a replace counts (Route 53 counts an UPSERT twice). */
  readonly replaceCost: 1 | 2;
  readonly maxValuesPerRrset: number;
}

/** No limit at all: for plans over two files, and for hosts that are files themselves. */
export const unlimited: ProviderCapabilities = {
  maxValuesPerBatch: Number.MAX_SAFE_INTEGER,
  maxCharactersPerBatch: Number.MAX_SAFE_INTEGER,
  counts: 'values',
  replaceCost: 1,
  maxValuesPerRrset: Number.MAX_SAFE_INTEGER,
};
