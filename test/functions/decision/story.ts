// A cluster that tests can tell a story about: a policy, observations in few words, and a machine that remembers what it asked for.

import { noticeOf } from '../../../functions/alerts/catalogue/notice.ts';
import type { Condition, Observation, Reason, Signal } from '../../../functions/decision/health/observation.ts';
import type { Effect } from '../../../functions/decision/machine/effect.ts';
import type { ClusterEvent } from '../../../functions/decision/machine/event.ts';
import type { Policy } from '../../../functions/decision/machine/policy.ts';
import { type ClusterState, initialState } from '../../../functions/decision/machine/state.ts';
import { step } from '../../../functions/decision/machine/step.ts';
import type { Notice } from '../../../functions/model/notice.ts';
import type { OperatorCommand } from '../../../functions/model/outage.ts';
import type { Telling } from '../../../functions/model/telling.ts';

export const t0 = 1_700_000_000_000;
export const dnsA = '10.0.0.10:53';
export const dnsB = '10.0.0.11:53';

/** The same for every kind of target. */
export function quorum(downs: number, groups: number): Policy['quorum'] {
  return { apiserver: { downs, groups }, dns: { downs, groups } };
}

export const policy: Policy = {
  cluster: 'prod',
  dnsServers: [dnsA, dnsB],
  standbys: ['knot'],
  localStandbys: [],
  vantages: [],
  intervalMs: 5000,
  downRounds: 3,
  degradedRounds: 6,
  healthyRounds: 6,
  dwellMs: 10_000,
  window: { rounds: 120, bad: 30 },
  quorum: quorum(1, 1),
  maintenance: [],
  failback: 'manual',
  maxActivationsPerHour: 3,
  dnsStaleAfterMs: 900_000,
  sources: [{ id: 'axfr', usableWhile: 'dns-synced' }],
  captureIntervalMs: 60_000,
  captureLeastIntervalMs: 30_000,
  captureTimeoutMs: 20_000,
  publishStaleAfterMs: 900_000,
  leaseMs: 900_000,
  keySuffix: '',
  remindAfterMs: 3_600_000,
};

/** `seen('apiserver.read', 'down', 'timeout')`: one observation of the API server, or of `server`. */
export function seen(
  signal: Signal,
  condition: Condition,
  reason: Reason = 'none',
  changes: Partial<Observation> & { readonly server?: string } = {},
): Observation {
  const { server = dnsA, ...rest } = changes;
  return {
    cluster: 'prod',
    target: targetOf(signal, server),
    signal,
    condition,
    reason,
    evidence: `${signal} ${condition} ${reason}`,
    vantage: 'local',
    group: 'local',
    observedAt: t0,
    latencyMs: 3,
    ...rest,
  };
}

export type ApiWeather =
  | 'healthy'
  | 'shutdown'
  | 'gone'
  | 'etcd'
  | 'throttled'
  | 'credential'
  | 'lost'
  | 'uplink'
  | 'silent';
export type DnsWeather = 'healthy' | 'lost' | 'gone' | 'unsynced' | 'behind' | 'uplink' | 'silent';

/** What a round sees of the API server in such weather. */
export function apiRound(weather: ApiWeather): readonly Observation[] {
  const reached = [seen('apiserver.connect', 'up'), seen('apiserver.tls', 'up'), seen('apiserver.live', 'up')];
  const ready = seen('apiserver.ready', 'up');
  switch (weather) {
    case 'healthy':
      return [...reached, ready, seen('apiserver.read', 'up')];
    case 'shutdown':
      return [...reached, seen('apiserver.ready', 'down', 'check-failed'), seen('apiserver.read', 'up')];
    case 'gone':
      return [seen('apiserver.connect', 'down', 'refused')];
    case 'lost':
      return [seen('apiserver.connect', 'down', 'timeout')];
    case 'etcd':
      return [...reached, seen('apiserver.ready', 'down', 'check-failed'), seen('apiserver.read', 'down', 'timeout')];
    case 'throttled':
      return [...reached, ready, seen('apiserver.read', 'down', 'throttled')];
    case 'credential':
      return [...reached, ready, seen('apiserver.read', 'unknown', 'credential')];
    case 'uplink':
      return [seen('apiserver.connect', 'unknown', 'uplink')];
    case 'silent':
      return [];
  }
}

function targetOf(signal: Signal, server: string): Observation['target'] {
  if (signal.startsWith('reference.')) return { kind: 'reference', id: '9.9.9.9:443' };
  if (signal.startsWith('standby.')) return { kind: 'standby', id: 'knot' };
  return signal.startsWith('dns.') ? { kind: 'dns', id: server } : { kind: 'apiserver', id: 'https://10.0.0.1:6443' };
}

/** What a round sees of one replica. */
export function dnsRound(server: string, weather: DnsWeather): readonly Observation[] {
  switch (weather) {
    case 'healthy':
      return [seen('dns.answer', 'up', 'none', { server }), seen('dns.serial', 'up', 'none', { server })];
    case 'gone':
      return [seen('dns.answer', 'down', 'refused', { server }), seen('dns.serial', 'down', 'refused', { server })];
    case 'lost':
      return [seen('dns.answer', 'down', 'timeout', { server }), seen('dns.serial', 'down', 'timeout', { server })];
    case 'unsynced':
      return [seen('dns.answer', 'down', 'servfail', { server }), seen('dns.serial', 'stale', 'unsynced', { server })];
    case 'behind':
      return [seen('dns.answer', 'up', 'none', { server }), seen('dns.serial', 'stale', 'behind', { server })];
    case 'uplink':
      return [seen('dns.answer', 'unknown', 'uplink', { server })];
    case 'silent':
      return [];
  }
}

/** What is seen of a standby: as it should be, nothing, or what is wrong. */
export type StandbyWeather =
  | 'healthy'
  | 'silent'
  | Extract<
      Reason,
      'timeout' | 'not-served' | 'credential' | 'empty' | 'unmarked' | 'foreign' | 'thawed' | 'wrong-answer'
    >;

/** What a round sees of one standby. */
export function standbyRound(label: string, weather: StandbyWeather): readonly Observation[] {
  const changes = { target: { kind: 'standby', id: label } } as const;
  const soa = seen('standby.soa', 'up', 'none', changes);
  const marker = seen('standby.marker', 'up', 'none', changes);
  const answer = seen('standby.answer', 'up', 'none', changes);
  switch (weather) {
    case 'healthy':
      return [soa, marker, answer];
    case 'silent':
      return [];
    case 'timeout':
    case 'not-served':
      return [seen('standby.soa', 'down', weather, changes)];
    case 'credential':
      return [seen('standby.soa', 'unknown', weather, changes)];
    case 'empty':
    case 'unmarked':
    case 'foreign':
    case 'thawed':
      return [soa, seen('standby.marker', 'down', weather, changes)];
    case 'wrong-answer':
      return [soa, marker, seen('standby.answer', 'down', weather, changes)];
  }
}

export interface Weather {
  /** Of every standby, or by its label. */
  readonly standby?: StandbyWeather | Readonly<Record<string, StandbyWeather>>;
  readonly api?: ApiWeather;
  readonly a?: DnsWeather;
  readonly b?: DnsWeather;
  /** What is seen of a standby or a reference. */
  readonly besides?: readonly Observation[];
}

type Choices = Pick<Extract<ClusterEvent, { kind: 'operator' }>, 'force' | 'forMs'>;

/** A machine with a clock of its own. Work is answered by the test, or by `obliging`. */
export class Story {
  now = t0;
  state: ClusterState;
  effects: readonly Effect[] = [];
  /** Every effect ever asked for. */
  readonly all: Effect[] = [];
  readonly policy: Policy;
  /** What is seen of standbys of which a round says nothing. */
  standby: StandbyWeather = 'silent';
  /** Standbys that cannot be written to. */
  readonly dead = new Set<string>();
  private snapshots = 0;
  /** Captures and publications succeed at once. */
  obliging: boolean;

  constructor(changes: Partial<Policy> = {}, obliging = true) {
    this.policy = { ...policy, ...changes };
    this.state = initialState('prod', t0);
    this.obliging = obliging;
  }

  tell(event: ClusterEvent): readonly Effect[] {
    const stepped = step(this.state, event, this.policy, this.now);
    this.state = stepped.state;
    const effects = [...stepped.effects];
    this.all.push(...stepped.effects);
    if (this.obliging) for (const effect of stepped.effects) effects.push(...this.oblige(effect));
    this.effects = effects;
    return effects;
  }

  /** So many rounds of such weather, each an interval after the one before. Gives back the effects of all of them. */
  rounds(count: number, weather: Weather = {}, vantage = 'local', group = vantage): readonly Effect[] {
    const effects: Effect[] = [];
    for (let i = 0; i < count; i++) {
      this.now += this.policy.intervalMs;
      const { api = 'healthy', a = 'healthy', b = 'healthy', standby = this.standby, besides = [] } = weather;
      const ofStandby = (label: string) => (typeof standby === 'string' ? standby : (standby[label] ?? 'healthy'));
      const standbys = this.policy.standbys.flatMap((label) => standbyRound(label, ofStandby(label)));
      const observations = [...apiRound(api), ...dnsRound(dnsA, a), ...dnsRound(dnsB, b), ...standbys, ...besides];
      const round = observations.map((one) => ({ ...one, observedAt: this.now }));
      effects.push(...this.tell({ kind: 'observed', vantage, group, observations: round }));
    }
    this.effects = effects;
    return effects;
  }

  /** Time passes without a round. */
  wait(ms: number): readonly Effect[] {
    this.now += ms;
    return this.tell({ kind: 'tick' });
  }

  operator(command: OperatorCommand, choices: Choices = {}): Extract<Effect, { kind: 'reply' }> {
    const effects = this.tell({ kind: 'operator', command, who: 'ada', why: 'exercise', ...choices });
    const reply = effects.find((effect) => effect.kind === 'reply');
    if (reply === undefined) throw new Error('no reply');
    return reply;
  }

  /** The phases gone through, `watching` left out at the start. */
  get phases(): readonly string[] {
    return this.state.transitions.map((transition) => transition.to);
  }

  /** What is open, without the cluster. */
  get open(): readonly string[] {
    return Object.keys(this.state.incidents).map((key) => key.replace('prod/', ''));
  }

  private oblige(effect: Effect): readonly Effect[] {
    if (effect.kind === 'capture') return this.tell({ kind: 'captured', effect, snapshot: ++this.snapshots });
    if ((effect.kind === 'publish' || effect.kind === 'freeze') && this.dead.has(effect.standby)) {
      return effect.kind === 'publish'
        ? this.tell({ kind: 'publish-failed', effect, status: 'fault', reason: 'no answer' })
        : this.tell({ kind: 'freeze-failed', effect, reason: 'no answer' });
    }
    if (effect.kind === 'publish') {
      const activation = effect.intent.kind === 'activate' ? effect.intent.activation : 0;
      // An outage's last publication has something to change; what goes by the marker is told by hand (frozen-zone.test.ts).
      const isRead = effect.read === 'zone' || effect.intent.kind === 'activate';
      return this.tell({ kind: 'published', effect, heldDeletes: 0, activation, ...(isRead ? { changed: 0 } : {}) });
    }
    return effect.kind === 'freeze' ? this.tell({ kind: 'frozen', effect }) : [];
  }
}

/** `page prod/activation/1`, `capture final from 10.0.0.10:53`, `publish knot 3 held activate`: effects in few words. */
export function inWords(effects: readonly Effect[]): readonly string[] {
  return effects.map(wordsOf);
}

function wordsOf(effect: Effect): string {
  switch (effect.kind) {
    case 'page':
    case 'resolve':
      return `${effect.kind} ${effect.telling.dedupKey.replace('prod/', '')}`;
    case 'capture':
      return `capture${effect.final ? ' final' : ''} from ${effect.from.flatMap(({ places }) => places).join(' ')}`;
    case 'publish':
      return `publish ${effect.standby} ${effect.snapshot} deletes ${effect.deletes} to ${effect.intent.kind}`;
    case 'freeze':
      return `freeze ${effect.standby} ${effect.activation}`;
    case 'reply':
      return effect.status;
  }
}

type Worded<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }> &
  (Kind extends 'page' | 'resolve' ? { readonly notice: Notice } : unknown);

/** The effects of one kind; what people are told as they read it. */
export function only<Kind extends Effect['kind']>(effects: readonly Effect[], kind: Kind): readonly Worded<Kind>[] {
  const worded = effects.map((effect) => ('telling' in effect ? withNotice(effect) : effect));
  return worded.filter((effect): effect is Worded<Kind> & typeof effect => effect.kind === kind);
}

function withNotice<Told extends { readonly telling: Telling }>(effect: Told): Told & { readonly notice: Notice } {
  return { ...effect, notice: noticeOf(effect.telling) };
}
