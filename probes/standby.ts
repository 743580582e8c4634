// The probe of one standby zone: is it served with authority, whose is its marker, does it answer what was published. It asks the
// authoritative server itself, never a cache, and never throws for its target. It writes nothing.
import type { ExpectedStandby } from '../functions/decision/health/expected-standby.ts';
import type { Observation, Reason } from '../functions/decision/health/observation.ts';
import type { Rcode } from '../functions/dnswire/codes.ts';
import { messageOf } from '../functions/lib/errors.ts';
import type { Target } from '../functions/model/target.ts';
import { type Marker, markerName, parseMarker } from '../functions/plan/marker.ts';
import { type Name, relativeTo } from '../functions/records/name.ts';
import { parseSoa } from '../functions/records/rdata/index.ts';
import type { RecordType, Rrset } from '../functions/records/rrset.ts';
import { observe, type ProbeContext, type Seen } from './observe.ts';

export type StandbyAnswer =
  | {
      readonly status: 'answered';
      readonly rcode: Rcode;
      readonly isAuthoritative: boolean;
      /** Of the name and type that were asked for, canonical and sorted. */
      readonly values: readonly string[];
    }
  /** `condition`: `unknown` says nothing about its health (a credential). */
  | {
      readonly status: 'failed';
      readonly condition: 'down' | 'unknown';
      readonly reason: Reason;
      readonly evidence: string;
    };

export type StandbyAsk = (name: Name, type: RecordType) => Promise<StandbyAnswer>;

/** One standby zone as it can be asked. One file a way of asking: standby-dns.ts, standby-file.ts. */
export interface StandbyView {
  readonly id: string;
  /** Whom the answers are from, for people. */
  readonly where: string;
  readonly zone: Name;
  /** How to ask in this round; what it gives never rejects. */
  readonly begin: () => StandbyAsk;
}

/** One round at one standby: every question at the same time. Gives `standby.soa`; what it holds as well where it is served. */
export async function probeStandby(
  clock: { readonly now: () => number },
  view: StandbyView,
  expected: ExpectedStandby,
  context: ProbeContext,
): Promise<readonly Observation[]> {
  const { zone, id } = view;
  const target: Target = { kind: 'standby', id };
  const startedAt = clock.now();
  const { holds } = expected;
  const ask = view.begin();
  const [soa, marker, ...answers] = await Promise.all([
    ask(zone, 'SOA'),
    ask(markerName(zone), 'TXT'),
    ...(holds?.sets ?? []).map(async (set) => ({ set, answer: await ask(set.name, set.type) })),
  ]);
  const endedAt = clock.now();
  const latencyMs = Math.max(0, endedAt - startedAt);
  const told = (signal: Observation['signal'], judgement: Judgement): Observation =>
    observe(context, target, signal, { latencyMs, ...judgement }, endedAt);
  const served = judgeSoa(soa, view, holds);
  const first = told('standby.soa', served);
  if (served.condition !== 'up' || soa.status !== 'answered' || soa.values.length === 0) return [first];
  const answer = isKeptByAnother(marker, holds) ? undefined : judgeAnswers(answers, view);
  const isDenied = answers.length > 0 && answers.every((one) => isDenial(one.answer));
  return [
    first,
    told('standby.marker', judgeMarker(marker, view, holds, isDenied)),
    ...(answer === undefined ? [] : [told('standby.answer', answer)]),
  ];
}

type Judgement = Omit<Seen, 'latencyMs'>;
type Holds = ExpectedStandby['holds'];
interface Asked {
  readonly set: Rrset;
  readonly answer: StandbyAnswer;
}

/*
 * Policy for `standby.soa` (first row that fits).
 *
 * | seen                                             | condition | reason       |
 * |--------------------------------------------------|-----------|--------------|
 * | no answer                                        | down      | timeout, refused, unreachable, closed, protocol |
 * | TSIG failed, a certificate that is not verified  | unknown   | credential, tls |
 * | SERVFAIL                                         | down      | servfail     |
 * | REFUSED, another code, or without authority      | down      | not-served   |
 * | denied with authority, nothing was published yet | up        | none         |
 * | denied with authority                            | down      | empty        |
 * | an SOA, with authority                           | up        | none         |
 */
function judgeSoa(soa: StandbyAnswer, { where, zone }: StandbyView, holds: Holds): Judgement {
  if (soa.status === 'failed') return failed(soa);
  const opening = `SOA of ${zone} from ${where}: ${soa.rcode}`;
  const unserved = unservedBy(soa, opening);
  if (unserved !== undefined) return unserved;
  const [value] = soa.values;
  if (value !== undefined) {
    const { serial } = parseSoa(value);
    return { condition: 'up', reason: 'none', evidence: `${opening}, serial ${serial}`, details: { serial } };
  }
  if (holds === null) return { condition: 'up', reason: 'none', evidence: `${opening}: no zone there yet` };
  return { condition: 'down', reason: 'empty', evidence: `${opening}: the zone that was published is not there` };
}

/*
 * Policy for `standby.marker` (first row that fits).
 *
 * | seen                                             | condition | reason       |
 * |--------------------------------------------------|-----------|--------------|
 * | no answer                                        | as above  | as above     |
 * | SERVFAIL, REFUSED, another code, no authority    | down      | servfail, not-served |
 * | whatever, where it cannot be judged              | up        | none         |
 * | none, and every name that was asked for is denied | down     | empty        |
 * | none                                             | down      | unmarked     |
 * | several, or one that cannot be read              | down      | foreign      |
 * | another cluster's, or of an activation after ours | down     | foreign      |
 * | another deployment's of this cluster, frozen, or nothing is frozen by us: it keeps the zone | up | none; its answers are not judged |
 * | another deployment's, where we froze it          | down      | foreign      |
 * | not frozen by our activation, though we froze it | down      | thawed       |
 * | else                                             | up        | none         |
 *
 * Frozen though we did not freeze it is no news of this probe: the next publication finds it at the fence.
 */
function judgeMarker(answer: StandbyAnswer, view: StandbyView, holds: Holds, isDenied: boolean): Judgement {
  if (answer.status === 'failed') return failed(answer);
  const { where, zone } = view;
  const opening = `${markerName(zone)} from ${where}`;
  const unserved = unservedBy(answer, `${opening}: ${answer.rcode}`);
  if (unserved !== undefined) return unserved;
  const { values } = answer;
  const up = (evidence: string, details = {}): Judgement => ({ condition: 'up', reason: 'none', evidence, details });
  const down = (reason: Reason, evidence: string, details = {}): Judgement => ({
    ...{ condition: 'down', reason, evidence, details },
  });
  const [text] = values;
  if (text === undefined) {
    if (holds === null) return up(`${opening}: none`);
    if (isDenied) return down('empty', `${opening}: none, and every name that was asked for is denied`);
    return down('unmarked', `${opening}: none, where ${holds.writer} wrote one`);
  }
  const marker = values.length === 1 ? readMarker(text) : `${values.length} values`;
  if (typeof marker === 'string') {
    return holds === null ? up(`${opening}: ${marker}`) : down('foreign', `${opening}: ${marker}`);
  }
  const { cluster, writer, phase, activation, snapshot } = marker;
  const seen = `${opening}: ${phase}, snapshot ${snapshot}, activation ${activation}, by ${writer}`;
  const details = { markerPhase: phase, activation, snapshot };
  if (holds === null) return up(seen, details);
  if (cluster !== null && cluster !== holds.cluster) return down('foreign', `${seen}, of cluster ${cluster}`, details);
  if (writer !== holds.writer) {
    if (holds.frozen === 0 || phase === 'frozen') return up(`${seen}, which keeps it`, details);
    return down('foreign', `${seen}, not ${holds.writer}`, details);
  }
  if (holds.frozen === 0 || (phase === 'frozen' && activation === holds.frozen)) return up(seen, details);
  if (activation > holds.frozen) return down('foreign', `${seen}, after our ${holds.frozen}`, details);
  return down('thawed', `${seen}, where activation ${holds.frozen} froze it`, details);
}

/*
 * Policy for `standby.answer` (first row that fits); nothing asked: none.
 *
 * | seen                                            | condition | reason                   |
 * |-------------------------------------------------|-----------|--------------------------|
 * | a name denied, or with other values             | down      | wrong-answer             |
 * | a name with SERVFAIL, or without authority      | down      | servfail, not-served     |
 * | none of them answered                           | as above  | as above                 |
 * | else; single questions may be lost              | up        | none                     |
 */
function judgeAnswers(asked: readonly Asked[], view: StandbyView): Judgement | undefined {
  const [first] = asked;
  if (first === undefined) return undefined;
  const wrong = asked.filter(isWrong);
  const many = `${wrong.length} of ${asked.length} names`;
  const [worst] = wrong;
  if (worst !== undefined)
    return { condition: 'down', reason: 'wrong-answer', evidence: wrongEvidence(worst, many, view) };
  for (const { set, answer } of asked) {
    const unserved = unservedBy(answer, `${set.name} ${set.type} from ${view.where}`);
    if (unserved !== undefined) return unserved;
  }
  const lost = asked.map(({ answer }) => answer).filter((answer) => answer.status === 'failed');
  if (lost[0] !== undefined && lost.length === asked.length) return failed(lost[0]);
  const answered = asked.length - lost.length;
  return {
    condition: 'up',
    reason: 'none',
    evidence: `${answered} of ${asked.length} names as published, from ${view.where}`,
  };
}

function wrongEvidence({ set, answer }: Asked, many: string, { where, zone }: StandbyView): string {
  const got = answer.status === 'answered' ? answer.values.slice(0, shownValues).join(', ') || answer.rcode : '';
  const want = set.values.slice(0, shownValues).join(', ');
  return `${many} wrong from ${where}: ${relativeTo(set.name, zone)} ${set.type} is ${got}, published was ${want}`;
}

const shownValues = 4;

function isWrong({ set, answer }: Asked): boolean {
  if (answer.status !== 'answered' || unservedBy(answer, '') !== undefined) return false;
  return answer.values.length !== set.values.length || answer.values.some((value, i) => value !== set.values[i]);
}

function isDenial(answer: StandbyAnswer): boolean {
  return answer.status === 'answered' && unservedBy(answer, '') === undefined && answer.values.length === 0;
}

/** An answer that says nothing about what the zone holds. */
function unservedBy(answer: StandbyAnswer, opening: string): Judgement | undefined {
  if (answer.status === 'failed') return undefined;
  const { rcode, isAuthoritative } = answer;
  if (rcode === 'SERVFAIL') return { condition: 'down', reason: 'servfail', evidence: `${opening}: SERVFAIL` };
  if ((rcode === 'NOERROR' || rcode === 'NXDOMAIN') && isAuthoritative) return undefined;
  const how =
    rcode === 'NOERROR' || rcode === 'NXDOMAIN' ? 'not authoritative' : `${rcode}: it does not serve the zone`;
  return { condition: 'down', reason: 'not-served', evidence: `${opening}: ${how}` };
}

function failed({ condition, reason, evidence }: Extract<StandbyAnswer, { status: 'failed' }>): Judgement {
  return { condition, reason, evidence };
}

/** Another deployment publishes there what it knows, which is not what we left. */
function isKeptByAnother(answer: StandbyAnswer, holds: Holds): boolean {
  const marker = answer.status === 'answered' && answer.values[0] !== undefined ? readMarker(answer.values[0]) : '';
  return typeof marker !== 'string' && holds !== null && marker.writer !== holds.writer;
}

/** The marker, or why it is none, in words. */
function readMarker(text: string): Marker | string {
  try {
    return parseMarker(text);
  } catch (error) {
    return messageOf(error);
  }
}
