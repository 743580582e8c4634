// Follows what happens on the stage and says it as it happens: Lifeboat's log, the pager, how clients are affected. It keeps the faults that were
// made, and makes none.
import { setTimeout as sleep } from 'node:timers/promises';
import type { WatchLine } from '../processes/lifeboat-process.ts';
import { detection, type Fault, type FaultReport, pagedMs, reportOf } from './faults.ts';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';
import { impactLines, seconds, tell } from './words.ts';

export interface Show {
  readonly stage: Stage;
  readonly screen: Screen;
  /** Says what happens from now on, and counts how clients are affected. */
  begin(): void;
  /** Remembers a fault and judges what clients are told by it. */
  struck(fault: Fault): void;
  /** Nothing is broken any more: what is seen from now on is about none of the faults. */
  healed(): void;
  /** What is answered from now on is judged as in peace, and the workload may change again. */
  calm(): void;
  /** Waits until what was broken is seen and paged, at most so long. */
  told(timeoutMs: number): Promise<void>;
  faults(): readonly FaultReport[];
  /** Lifeboat's phase now. */
  phase(): string;
  /** Waits for a line of Lifeboat's log from the instant on; rejects after `timeoutMs` (default 60,000) with what was said instead. */
  saw(what: string, fits: (line: WatchLine) => boolean, sinceMs: number, timeoutMs?: number): Promise<WatchLine>;
  /** Waits until every target is healthy again. */
  healthy(timeoutMs?: number): Promise<void>;
  /** Says how clients are affected until now. */
  sayImpact(): void;
  end(): Promise<void>;
}

const lookEveryMs = 250;
/** Where no footer shows it: so often, while it is worth telling. */
const impactEveryMs = 10_000;

export function startShow(stage: Stage, screen: Screen): Show {
  let faults: readonly Fault[] = [];
  /** By the name of the newest fault of that name. */
  const untold = new Map<string, Set<'detected' | 'paged'>>();
  const stopping = new AbortController();
  const healthBy = new Map<string, string>();
  let phase = 'watching';
  let isOpen = false;
  let toldLines = 0;
  let toldEvents = 0;
  let impactSaidAtMs = 0;

  const follow = (): void => {
    const lines = stage.worker.lines();
    for (const line of lines.slice(toldLines)) {
      phase = line.phase ?? phase;
      for (const [target, { condition }] of Object.entries(line.verdicts ?? {})) healthBy.set(target, condition);
      if (isOpen) for (const { text, tone } of tell(line, phase === 'watching')) screen.say('lifeboat', text, tone);
    }
    toldLines = lines.length;
    const { events } = stage.pager;
    for (const { action, severity, summary } of events.slice(toldEvents))
      screen.say(
        'pager',
        `${action === 'trigger' ? `${severity}: ` : `${action}: `}${summary}`,
        toneOf(action, severity),
      );
    toldEvents = events.length;
    for (const [name, left] of untold) {
      const fault = faults.findLast((each) => each.name === name);
      if (fault !== undefined) tellDelays(fault, left);
    }
    // A write that was slow by itself is no reason to stand still for the rest of the story.
    if (stage.workload.stillSinceMs() !== undefined && !stage.impact.isTroubled()) stage.workload.resume();
    const impact = impactLines(stage.impact.counts(), screen);
    if (isOpen) screen.footer(impact);
    if (!isOpen || screen.footed || phase === 'watching' || Date.now() < impactSaidAtMs + impactEveryMs) return;
    sayImpact();
  };
  const sayImpact = (): void => {
    impactSaidAtMs = Date.now();
    screen.say('clients', impactLines(stage.impact.counts(), { color: false, columns: screen.columns }).join('\n'));
  };
  const tellDelays = (fault: Fault, left: Set<'detected' | 'paged'>): void => {
    const seen = detection(fault, stage.worker.lines());
    if (seen !== undefined && left.delete('detected'))
      screen.say('clock', `${fault.name}: seen ${seconds(seen.atMs - fault.atMs)} after the fault`, 'bold');
    const paged = pagedMs(fault, stage.pager);
    if (paged !== undefined && left.delete('paged'))
      screen.say('clock', `${fault.name}: paged ${seconds(paged - fault.atMs)} after the fault`, 'bold');
    if (left.size === 0) untold.delete(fault.name);
  };
  const following = (async () => {
    while (!stopping.signal.aborted) {
      follow();
      await sleep(lookEveryMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    stage,
    screen,
    begin() {
      stage.impact.begin();
      isOpen = true;
    },
    struck(fault) {
      faults = [...ended(faults, fault.atMs, fault.target), fault];
      untold.set(fault.name, new Set(['detected', 'paged']));
      if (fault.isOutage)
        stage.impact.trouble({ fromMs: fault.atMs, standbyOfMs: () => standbyOfMs(stage.worker.lines(), fault.atMs) });
    },
    healed() {
      faults = ended(faults, Date.now());
      untold.clear();
    },
    calm: () => stage.impact.calm(),
    async told(timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      while (untold.size > 0 && Date.now() < deadline) await sleep(lookEveryMs);
    },
    faults: () => faults.map((fault) => reportOf(fault, stage.worker.lines(), stage.pager)),
    phase: () => phase,
    saw: (what, fits, sinceMs, timeoutMs = 60_000) => stage.worker.saw(what, fits, { sinceMs, timeoutMs }),
    async healthy(timeoutMs = 60_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const conditions = [...healthBy.values()];
        if (conditions.length >= 3 && conditions.every((condition) => condition === 'healthy')) return;
        if (Date.now() > deadline)
          throw new Error(`not every target is healthy after ${seconds(timeoutMs)}: ${[...healthBy].join('; ')}`);
        await sleep(lookEveryMs);
      }
    },
    sayImpact,
    async end() {
      stopping.abort();
      await following;
      screen.footer([]);
    },
  };
}

/** The faults of this target, or all of them, end at this instant where they had no end. */
function ended(faults: readonly Fault[], atMs: number, target?: Fault['target']): readonly Fault[] {
  const ends = (fault: Fault) => fault.untilMs === undefined && (target === undefined || fault.target === target);
  return faults.map((fault) => (ends(fault) ? { ...fault, untilMs: atMs } : fault));
}

/** The capture behind the last publication that held no delete back, before the first bad verdict after the fault: later ones take none along. */
export function standbyOfMs(lines: readonly WatchLine[], faultAtMs: number): number {
  const isBad = ({ verdicts = {} }: WatchLine) =>
    Object.values(verdicts).some(({ condition }) => condition !== 'healthy');
  const badAtMs = lines.find((line) => line.at >= faultAtMs && isBad(line))?.at ?? Number.POSITIVE_INFINITY;
  const published = lines.findLast(
    ({ at, outcome }) => at < badAtMs && outcome?.kind === 'published' && outcome.heldDeletes === 0,
  );
  const captures = lines.filter(({ outcome }) => outcome?.kind === 'captured');
  const captured = captures.findLast(({ at }) => at <= (published?.at ?? 0)) ?? captures[0];
  return captured === undefined ? faultAtMs : captured.at - (captured.tookMs ?? 0);
}

function toneOf(action: string, severity: string): 'good' | 'warn' | 'bad' {
  if (action === 'resolve') return 'good';
  return severity === 'critical' ? 'bad' : 'warn';
}
