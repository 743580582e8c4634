// The one error class of the house. It carries a code from one union; its message never holds a secret.

/**
 * - `usage` a command or call was used wrongly; `config` the configuration is wrong; `input` a file or message given is malformed
 * - `timeout` a deadline passed; `network` no connection or a broken one; `tls` the peer could not be verified
 * - `protocol` the peer answered against its protocol; `credential` the peer refused who we are
 * - `conflict` another writer was faster; `refused` a peer or a guard said no; `limit` a stated limit was reached
 * - `store` the own state could not be read or written; `internal` a broken invariant
 */
const errorCodes = [
  'usage',
  'config',
  'input',
  'timeout',
  'network',
  'tls',
  'protocol',
  'credential',
  'conflict',
  'refused',
  'limit',
  'store',
  'internal',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** A fault: what failed, the limit and the number, and what to do, in one sentence. */
export class LifeboatError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'LifeboatError';
    this.code = code;
  }
}

/** The message of anything thrown, for evidence and logs. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of anything thrown: `internal` for what is not ours. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof LifeboatError ? error.code : 'internal';
}

/** What a remote call threw: such calls keep an error's members and lose its class (workerd). What is not ours comes out as it is. */
export function revive(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'LifeboatError' || !('code' in error)) return error;
  const code = errorCodes.find((known) => known === error.code);
  return code === undefined ? error : new LifeboatError(code, error.message, { cause: error });
}
