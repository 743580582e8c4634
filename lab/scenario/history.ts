// What the API held for each name, and when: the truth that lookups are judged against. Pure; time is an argument.

/** The addresses of a name, sorted, or `absent`: no such name, or a headless Service without ready endpoints. */
export type Held = readonly string[] | 'absent';

/**
 * The API may have held `held` from `fromMs` (the write was sent) until `toMs` (the write that ended it was confirmed). Neighbours overlap
 * by the time a write took, because nobody outside knows when it took effect; Infinity: still held.
 */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly held: Held;
}

/** The complete history of every name that ever was; a name that is not in it was always absent. */
export type History = ReadonlyMap<string, readonly Span[]>;

export interface Recorder {
  /**
   * A write that makes `name` hold `held` is about to be sent. Returns what to call with its outcome; until then no other write for the
   * same name may begin.
   */
  begin(name: string, held: Held, atMs: number): Write;
  /** Forgets what ended before this instant; lookups answered earlier can no longer be judged. */
  forget(beforeMs: number): void;
  /** Every name that was ever written. */
  names(): readonly string[];
  history(): History;
}

/** The outcome of a write: exactly one of these is called, once. */
export interface Write {
  /** The API confirmed it. */
  done(atMs: number): void;
  /** The API refused it: nothing changed. */
  refused(): void;
  /** No answer: it may or may not have been carried out, now or at any time before the API is back. */
  unknown(): void;
}

/** Starts with every name absent since ever. */
export function createRecorder(): Recorder {
  const names = new Map<string, { -readonly [K in keyof Span]: Span[K] }[]>();
  return {
    begin(name, held, atMs) {
      const spans = names.get(name) ?? [
        { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY, held: 'absent' },
      ];
      names.set(name, spans);
      const open = spans.filter(({ toMs }) => toMs === Number.POSITIVE_INFINITY);
      const added = { fromMs: atMs, toMs: Number.POSITIVE_INFINITY, held };
      spans.push(added);
      return {
        done(doneAtMs) {
          for (const span of open) span.toMs = doneAtMs;
        },
        refused() {
          spans.splice(spans.indexOf(added), 1);
        },
        unknown() {},
      };
    },
    forget(beforeMs) {
      for (const spans of names.values()) {
        const ended = spans.findIndex(({ toMs }) => toMs >= beforeMs);
        if (ended > 0) spans.splice(0, ended);
      }
    },
    names: () => [...names.keys()],
    history: () => new Map([...names].map(([name, spans]) => [name, spans.map((span) => ({ ...span }))])),
  };
}
