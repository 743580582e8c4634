// What a check says: one line each of what was looked at, what was found and what to do. Type only.

export interface CheckResult {
  readonly subject: string;
  /** `warn`: works, but not as it should; `unknown`: could not be looked at from here; `note`: worth knowing, and no judgement. */
  readonly status: 'ok' | 'warn' | 'fail' | 'unknown' | 'note';
  readonly detail: string;
}
