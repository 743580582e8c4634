// One instance of Go's TLS client (main.go) in WebAssembly, shared by many sessions. It knows bytes only: no sockets, timers or promises,
// and every call has ended when it returns. So it may serve several requests of a Worker, whose I/O must not mix.
import { LifeboatError, messageOf } from '../../lib/errors.ts';
import type { TlsOptions } from '../../lib/network.ts';
import { goRuntime } from './go-runtime.js';
import { hear, type Said, type Session, type SessionState, takeAll } from './session.ts';

export interface GoTls {
  /** Why it ended: a fault of the program. Its sessions have ended with it, and a new instance is needed. */
  readonly ended: string | undefined;
  /** Sessions that are open now. */
  readonly sessions: number;
  /** A session whose first flight is outgoing. Errors: `credential` for PEM that cannot be used, `tls` for too many sessions or a crash. */
  open(options: TlsOptions & { readonly ca: string }): Session;
}

/** An isolate has 128 MB, a session takes some 100 kB. Far more than the six sockets that a request may have open at once. */
const mostSessions = 200;
/** Longer than any deadline of the configuration: whoever opened it went away without closing (its request was ended). */
const abandonedAfterMs = 900_000;
/** How much of what Go prints when it ends is kept; the rest is stack traces. */
const mostLastWords = 200;

/** Starts the program. It may not run outside of a request (workerd gives no random bytes there). */
export function startGoTls(module: WebAssembly.Module): GoTls {
  const states = new Map<number, SessionState>();
  let ended: string | undefined;
  let last = 0;
  const end = (reason: string) => {
    ended ??= reason;
    for (const state of states.values()) hear(state, ['ended', 'crashed', `the TLS program ended: ${ended}`]);
    states.clear();
  };
  const program = start(module, {
    tell: (id, ...said) => {
      const state = states.get(id);
      if (state === undefined) return;
      hear(state, said);
      if (state.end !== undefined) states.delete(id);
    },
    onEnd: end,
  });
  /** Go's answer: empty when all is well. */
  const call = (name: ProgramCall, id: number, ...args: readonly unknown[]): string => {
    if (ended !== undefined) return ended;
    try {
      const problem = program(name, id, ...args);
      return ended ?? problem;
    } catch (error) {
      // A trap of WebAssembly: the state of the program is anybody's guess.
      end(messageOf(error));
      return messageOf(error);
    }
  };
  const forget = (id: number, state: SessionState) => {
    call('close', id);
    states.delete(id);
    state.end ??= { how: 'closed', reason: 'the connection is closed' };
  };
  const dropAbandoned = (now: number) => {
    for (const [id, state] of states) if (now - state.usedAt > abandonedAfterMs) forget(id, state);
  };
  return {
    get ended() {
      return ended;
    },
    get sessions() {
      return states.size;
    },
    open({ serverName, ca, certificate = '', key = '' }) {
      dropAbandoned(Date.now());
      if (states.size >= mostSessions) {
        throw new LifeboatError('tls', `${mostSessions} TLS sessions are open in this instance, which is the limit`);
      }
      const id = ++last;
      const state: SessionState = { peer: undefined, end: undefined, outgoing: [], data: [], usedAt: Date.now() };
      states.set(id, state);
      const problem = call('open', id, serverName, ca, certificate, key);
      if (problem !== '') {
        states.delete(id);
        if (ended !== undefined) throw new LifeboatError('tls', `the TLS program ended: ${ended}`);
        throw new LifeboatError('credential', `the CA, client certificate or key given cannot be used: ${problem}`);
      }
      return sessionOf(id, state, call, () => forget(id, state));
    },
  };
}

function sessionOf(
  id: number,
  state: SessionState,
  call: (name: ProgramCall, id: number, bytes: Uint8Array) => string,
  forget: () => void,
): Session {
  return {
    get peer() {
      return state.peer;
    },
    get end() {
      return state.end;
    },
    takeOutgoing: () => takeAll(state.outgoing),
    takeData: () => takeAll(state.data),
    feed(bytes) {
      state.usedAt = Date.now();
      if (state.end !== undefined || bytes?.length === 0) return;
      call('feed', id, bytes ?? new Uint8Array());
    },
    write(bytes) {
      state.usedAt = Date.now();
      if (state.end !== undefined) return;
      const problem = call('write', id, bytes);
      if (problem !== '') state.end ??= { how: 'tls', reason: problem };
    },
    close() {
      state.data = [];
      forget();
    },
  };
}

type ProgramCall = 'open' | 'feed' | 'write' | 'close';

interface Hooks {
  readonly tell: (id: number, ...said: Said) => void;
  readonly onEnd: (reason: string) => void;
}

/** Runs the program and gives its functions. What Go sees as the global object is a small one of its own. */
function start(
  module: WebAssembly.Module,
  { tell, onEnd }: Hooks,
): (name: ProgramCall, id: number, ...args: readonly unknown[]) => string {
  const platform = { Object, Array, Uint8Array, Error, Date, crypto, performance, TextEncoder, TextDecoder };
  const scope: Record<string, unknown> = { ...platform, tell };
  const decoder = new TextDecoder();
  let lastWords = '';
  const files = {
    writeSync: (_: number, bytes: Uint8Array) => {
      lastWords = (lastWords + decoder.decode(bytes)).slice(0, mostLastWords);
      return bytes.length;
    },
  };
  const nothing = () => {};
  const quiet = { log: nothing, warn: nothing, error: nothing };
  // The program sets no timers; those of Go's memory scavenger may wait until it is called again. A timer of the platform would belong
  // to one request and end with it.
  const Go = goRuntime(scope, files, () => 0, nothing, quiet);
  const go = new Go();
  go.exit = (code) => onEnd(`exit code ${code}${lastWords === '' ? '' : `, ${lastWords.split('\n')[0]}`}`);
  // Not awaited: it waits by the time this returns, and its end is told to `exit`.
  go.run(new WebAssembly.Instance(module, go.importObject)).catch((error: unknown) => onEnd(messageOf(error)));
  return (name, id, ...args) => {
    const body = scope[name];
    if (typeof body !== 'function') throw new LifeboatError('internal', `broken invariant: main.go defines no ${name}`);
    const answer: unknown = body(id, ...args);
    return typeof answer === 'string' ? answer : '';
  };
}
