// The types of go-runtime.js, which is generated: only what instance.ts uses.

/** Go's glue between one WebAssembly instance and JavaScript. */
export interface GoRuntime {
  readonly importObject: Record<string, Record<string, (...args: readonly unknown[]) => unknown>>;
  /** Called when the program ends. */
  exit: (code: number) => void;
  /** Runs the program until it waits for the first time, then returns; the promise is the program's end. */
  run(instance: WebAssembly.Instance): Promise<void>;
}

/** The class of Go's glue. All that it may reach of the platform is an argument; `scope` is what Go sees as the global object. */
export function goRuntime(
  scope: Record<string, unknown>,
  fs: { readonly writeSync: (fd: number, bytes: Uint8Array) => number },
  setTimeout: () => number,
  clearTimeout: () => void,
  console: { readonly log: () => void; readonly warn: () => void; readonly error: () => void },
): new () => GoRuntime;
