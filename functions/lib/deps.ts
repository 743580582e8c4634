// What the pure rows may not reach for themselves: time, chance and the fetch of the platform. Ports only.

/** Time. `now` is in milliseconds since the Unix epoch; `sleep` ends early, without an error, when the signal aborts. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Cryptographically strong random bytes. */
export interface Random {
  bytes(count: number): Uint8Array<ArrayBuffer>;
}

/** The platform's fetch, for channels and cloud APIs (never for probing: it may cache or pool). */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;
