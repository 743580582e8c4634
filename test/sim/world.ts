// A world for the machine to be simulated in: weather, an operator, standby zones behind the real fence, a real outbox, and work that goes well or not.
// After each step it holds the machine to its invariants; it knows nothing of how the machine decides.
import { noticeOf } from '../../functions/alerts/catalogue/notice.ts';
import { enqueue } from '../../functions/alerts/enqueue.ts';
import { emptyOutbox, type Outbox } from '../../functions/alerts/outbox.ts';
import type { CaptureEffect, Effect, FreezeEffect, PublishEffect } from '../../functions/decision/machine/effect.ts';
import type { ClusterEvent } from '../../functions/decision/machine/event.ts';
import { maintenanceUntil } from '../../functions/decision/machine/maintenance.ts';
import { maxAgeMs, type Policy } from '../../functions/decision/machine/policy.ts';
import { type ClusterState, initialState } from '../../functions/decision/machine/state.ts';
import { parseState } from '../../functions/decision/machine/state-schema.ts';
import { step } from '../../functions/decision/machine/step.ts';
import type { Intent } from '../../functions/model/intent.ts';
import type { OperatorCommand } from '../../functions/model/outage.ts';
import { mayWrite, nextMarker } from '../../functions/plan/fence.ts';
import type { Marker, MarkerPhase } from '../../functions/plan/marker.ts';
import {
  type ApiWeather,
  apiRound,
  type DnsWeather,
  dnsA,
  dnsB,
  dnsRound,
  standbyRound,
  t0,
} from '../functions/decision/story.ts';

export type Action =
  | { readonly kind: 'round'; readonly api: ApiWeather; readonly a: DnsWeather; readonly b: DnsWeather }
  | {
      readonly kind: 'operator';
      readonly command: OperatorCommand;
      readonly force?: boolean;
      readonly forMs?: number | undefined;
    }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'restart' };

/** How a piece of work goes. `unseen`: it is done, and reported as failed. `silence`: it is never reported. */
export type Behavior = 'good' | 'fault' | 'unseen' | 'silence';

type Work = CaptureEffect | PublishEffect | FreezeEffect;
type Round = Extract<Action, { kind: 'round' }>;

/** What was last seen of a target, and when; it counts for three intervals. */
interface Glimpse<Weather> {
  readonly weather: Weather;
  readonly at: number;
}

const digest = `sha256:${'0'.repeat(64)}`;
const deployment = { cluster: 'prod', writer: 'sim' };

export class World {
  now = t0;
  state: ClusterState;
  private outbox: Outbox = emptyOutbox;
  private readonly zones = new Map<string, Marker>();
  /** Standbys where more was done than reported: there the fence may say no. */
  private readonly unseen = new Set<string>();
  private readonly open = new Map<string, number>();
  private api: Glimpse<ApiWeather> = { weather: 'silent', at: 0 };
  private readonly dns = new Map<string, Glimpse<DnsWeather>>();
  /** Rounds that said the API is bad since the last one that said healthy, as the outside counts them. */
  private badRounds = 0;
  /** Rounds that said healthy since the last one that said anything else. */
  private goodRounds = 0;
  private readonly badDnsRounds = new Map<string, number>();
  private snapshots = 0;
  /** When the captures were asked for that were asked for, and made, while the cluster was healthy. */
  private readonly healthyCaptures = new Set<number>();
  private readonly policy: Policy;

  constructor(policy: Policy) {
    this.policy = policy;
    this.state = initialState(policy.cluster, t0);
  }

  /** One action; what the machine asks for goes as `behavior` has it, the same for all of it. */
  act(action: Action, behavior: Behavior): void {
    switch (action.kind) {
      case 'round':
        this.round(action, behavior);
        break;
      case 'operator':
        this.order(action, behavior);
        break;
      case 'wait':
        this.now += action.ms;
        this.tell({ kind: 'tick' }, behavior);
        break;
      case 'restart':
        this.tell({ kind: 'restarted' }, behavior);
        break;
    }
  }

  /** What must be possible from anywhere: in good weather, with everything behaving well, an order to fail back ends in peace with nothing open. */
  settle(): void {
    const fair = { kind: 'round', api: 'healthy', a: 'healthy', b: 'healthy' } as const;
    this.act({ kind: 'restart' }, 'good');
    for (let i = 0; i < 2 * this.policy.healthyRounds; i++) this.act(fair, 'good');
    this.act({ kind: 'operator', command: 'release' }, 'good');
    this.act({ kind: 'operator', command: 'failback' }, 'good');
    // Long enough for what came and went to be over.
    for (let i = 0; i < 40 + this.policy.window.rounds; i++) this.act(fair, 'good');
    check(this.state.phase === 'watching', `ends in ${this.state.phase}: ${this.state.reason}`);
    check(this.open.size === 0, `open in the end: ${[...this.open.keys()].join(', ')}`);
    for (const [label, zone] of this.zones) check(zone.phase === 'warm', `${label} is ${zone.phase} in the end`);
  }

  private order({ command, force = false, forMs }: Extract<Action, { kind: 'operator' }>, behavior: Behavior): void {
    const end = command === 'hold' && forMs !== undefined ? { forMs } : {};
    this.tell({ kind: 'operator', command, who: 'ada', why: 'simulated', force, ...end }, behavior);
  }

  private round(weather: Round, behavior: Behavior): void {
    this.now += this.policy.intervalMs;
    if (weather.api !== 'silent') this.api = { weather: weather.api, at: this.now };
    if (weather.a !== 'silent') this.dns.set(dnsA, { weather: weather.a, at: this.now });
    if (weather.b !== 'silent') this.dns.set(dnsB, { weather: weather.b, at: this.now });
    this.goodRounds = weather.api === 'healthy' ? this.goodRounds + 1 : weather.api === 'silent' ? this.goodRounds : 0;
    if (weather.api === 'healthy') this.badRounds = 0;
    else if (isBadApi(weather.api)) this.badRounds++;
    for (const [server, seen] of [
      [dnsA, weather.a],
      [dnsB, weather.b],
    ] as const) {
      if (seen === 'healthy') this.badDnsRounds.set(server, 0);
      else if (isBadDns(seen)) this.badDnsRounds.set(server, (this.badDnsRounds.get(server) ?? 0) + 1);
    }
    const seen = [
      ...apiRound(weather.api),
      ...dnsRound(dnsA, weather.a),
      ...dnsRound(dnsB, weather.b),
      ...this.policy.standbys.flatMap((label) => standbyRound(label, 'healthy')),
    ];
    const observations = seen.map((one) => ({ ...one, observedAt: this.now }));
    this.tell({ kind: 'observed', vantage: 'local', group: 'local', observations }, behavior);
  }

  private tell(event: ClusterEvent, behavior: Behavior): void {
    const before = this.state;
    const { state, effects } = step(before, event, this.policy, this.now);
    this.state = state;
    this.holdTo(before, event, effects);
    for (const effect of effects) {
      if (effect.kind === 'page' || effect.kind === 'resolve' || effect.kind === 'reply') continue;
      const outcome = this.execute(effect, behavior);
      if (outcome !== undefined) this.tell(outcome, behavior);
    }
  }

  private execute(work: Work, behavior: Behavior): ClusterEvent | undefined {
    if (work.kind === 'capture') {
      if (behavior === 'silence') return undefined;
      if (behavior !== 'good') return { kind: 'capture-refused', effect: work, reason: 'simulated' };
      if (this.apiNow === 'healthy' && !this.isDnsBad) this.healthyCaptures.add(work.askedAt);
      return { kind: 'captured', effect: work, snapshot: ++this.snapshots };
    }
    const intent: Intent = work.kind === 'publish' ? work.intent : { kind: 'activate', activation: work.activation };
    const marker = this.zones.get(work.standby);
    if (behavior === 'good' || behavior === 'unseen') {
      const fence = mayWrite(marker, intent, deployment, work.standing);
      if (fence.status !== 'ok' && fence.status !== 'adopt') {
        check(this.unseen.has(work.standby), `asks to write where it may not: ${fence.reason}`);
        const activation = marker?.activation ?? 0;
        return work.kind === 'publish'
          ? { kind: 'publish-failed', effect: work, status: 'frozen', reason: fence.reason, activation }
          : { kind: 'freeze-failed', effect: work, reason: fence.reason, activation };
      }
      const phase: MarkerPhase = intent.kind === 'activate' ? 'frozen' : 'warm';
      const activation = intent.kind === 'activate' ? intent.activation : (marker?.activation ?? 0);
      const snapshot = work.kind === 'publish' ? work.snapshot : (marker?.snapshot ?? 0);
      this.zones.set(work.standby, nextMarker(marker, { snapshot, digest, ...deployment, phase, activation }));
    }
    if (behavior === 'unseen') this.unseen.add(work.standby);
    if (behavior === 'silence') return undefined;
    if (work.kind === 'freeze') {
      return behavior === 'good'
        ? { kind: 'frozen', effect: work }
        : { kind: 'freeze-failed', effect: work, reason: 'simulated' };
    }
    if (behavior !== 'good') return { kind: 'publish-failed', effect: work, status: 'fault', reason: 'simulated' };
    this.unseen.delete(work.standby);
    return {
      kind: 'published',
      effect: work,
      heldDeletes: 0,
      activation: this.zones.get(work.standby)?.activation ?? 0,
      ...(work.read === 'zone' ? { changed: 0 } : {}),
    };
  }

  private holdTo(before: ClusterState, event: ClusterEvent, effects: readonly Effect[]): void {
    this.checkTransitions(before, event);
    this.checkActivation(before, effects);
    this.checkAlerts(effects);
    for (const effect of effects) {
      if (effect.kind === 'capture') this.checkCapture(effect);
      if (effect.kind === 'publish') this.checkPublish(effect);
      if (effect.kind === 'freeze') this.checkFreeze(effect.standby, effect.activation);
      if (effect.kind === 'capture' || effect.kind === 'publish' || effect.kind === 'freeze') {
        check(this.state.phase !== 'held', `asks for ${effect.kind} while held`);
      }
    }
    const copy = JSON.stringify(this.state);
    check(JSON.stringify(parseState(JSON.parse(copy))) === copy, 'its state is not read back as it was');
  }

  /** Unknown never activates; the machine opens nothing without enough bad rounds, and gives back nothing that is a person's to give. */
  private checkTransitions(before: ClusterState, event: ClusterEvent): void {
    const { activation } = this.state;
    const isNew = activation !== null && activation.number !== before.activation?.number;
    if (isNew && activation.cause !== 'operator')
      check(maintenanceUntil(this.policy, this.now) === undefined, 'activated in a maintenance window');
    if (event.kind === 'operator' && event.command === 'failback' && !event.force && before.phase !== 'recovering')
      check(
        this.state.phase !== 'recovering' || this.goodRounds >= this.policy.healthyRounds || isDnsOnly(before),
        `took a failback after ${this.goodRounds} good rounds`,
      );
    if (isNew && activation.cause === 'control-plane') {
      check(this.badRounds >= this.policy.downRounds, `activated after ${this.badRounds} bad rounds`);
      check(isBadApi(this.apiNow), `activated when the API was ${this.apiNow}`);
    }
    if (isNew && activation.cause === 'dns') {
      const rounds = Math.min(...[dnsA, dnsB].map((server) => this.badDnsRounds.get(server) ?? 0));
      check(rounds >= this.policy.downRounds, `activated for DNS after ${rounds} bad rounds`);
      check(!isBadApi(this.apiNow), 'activated for DNS while the API was bad');
    }
    const isOrder = event.kind === 'operator' && event.command === 'failover';
    if (isNew) check((activation.cause === 'operator') === isOrder, 'opens an activation in the name of another');
    if (before.phase === 'active' && this.state.phase === 'recovering' && event.kind !== 'operator') {
      const cause = before.activation?.cause;
      const mayItself = cause === 'dns' || (cause === 'control-plane' && this.policy.failback === 'automatic');
      check(mayItself, `gave back an activation by ${cause} itself`);
    }
    check(this.state.lastActivation >= before.lastActivation, 'activation numbers went back');
  }

  private checkActivation(before: ClusterState, effects: readonly Effect[]): void {
    const { activation } = this.state;
    if (activation === null || activation.number === before.activation?.number) return;
    const [first] = effects;
    const isPaged = first?.kind === 'page' && first.telling.dedupKey.endsWith(`/activation/${activation.number}`);
    check(isPaged, `activation ${activation.number} is not the first thing told`);
  }

  /** Each incident is opened once, reminded of in order, resolved once under its key; and the outbox takes all of it for news. */
  private checkAlerts(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'page' && effect.kind !== 'resolve') continue;
      const { dedupKey, repeat } = effect.telling;
      const told = this.open.get(dedupKey);
      if (effect.kind === 'resolve') {
        check(told !== undefined, `resolves ${dedupKey}, which is not open`);
        this.open.delete(dedupKey);
      } else {
        check(repeat === (told === undefined ? 0 : told + 1), `pages ${dedupKey} as number ${repeat} after ${told}`);
        this.open.set(dedupKey, repeat);
      }
      const action = effect.kind === 'page' ? 'trigger' : 'resolve';
      const queued = enqueue(this.outbox, action, noticeOf(effect.telling), ['oncall'], this.now);
      check(queued.status === 'queued', `the outbox takes ${action} ${dedupKey} for a duplicate`);
      this.outbox = { ...queued.outbox, pending: [] };
    }
    const open = [...this.open.keys()].sort().join();
    check(open === Object.keys(this.state.incidents).sort().join(), `open are ${open}`);
  }

  private checkCapture({ from }: CaptureEffect): void {
    check(from.length > 0, 'asks for a capture from nobody');
    for (const server of from.flatMap(({ places }) => places)) {
      const weather = this.dnsNow(server);
      check(weather === 'healthy', `captures from ${server}, which is ${weather}`);
    }
  }

  /** A zone that an activation has frozen is left alone by it. */
  private checkFreeze(standby: string, activation: number): void {
    const { frozen = 0 } = this.state.standbys[standby] ?? {};
    check(frozen < activation, `asks activation ${activation} to freeze ${standby} again, frozen by ${frozen}`);
  }

  /** What it froze it reads whole, and not in a hurry. */
  private checkReading(standby: string, activation: number): void {
    const { frozen = 0, readNextAt = 0 } = this.state.standbys[standby] ?? {};
    check(frozen === activation, `asks activation ${activation} to read ${standby}, frozen by ${frozen}`);
    check(readNextAt >= this.now + 30_000, `reads ${standby} again at ${readNextAt}, now it is ${this.now}`);
  }

  private checkPublish({ deletes, intent, snapshot, asOf, standby, read }: PublishEffect): void {
    if (intent.kind === 'activate' && read === 'marker') this.checkFreeze(standby, intent.activation);
    if (intent.kind === 'activate' && read === 'zone') this.checkReading(standby, intent.activation);
    check(snapshot <= this.snapshots && snapshot > 0, 'publishes a snapshot that is none');
    if (deletes === 'held') return;
    check(intent.kind !== 'activate', 'deletes in an activation');
    check(this.healthyCaptures.has(asOf), 'deletes what a snapshot lacks that was captured in bad health');
    check(this.apiNow === 'healthy', `deletes while the API is ${this.apiNow}`);
    check(!this.isDnsBad, 'deletes while DNS is bad');
    check(this.state.phase === 'watching' || this.state.phase === 'recovering', `deletes in phase ${this.state.phase}`);
  }

  private get apiNow(): ApiWeather {
    return this.now - this.api.at <= maxAgeMs(this.policy) ? this.api.weather : 'silent';
  }

  private dnsNow(server: string): DnsWeather {
    const glimpse = this.dns.get(server);
    return glimpse !== undefined && this.now - glimpse.at <= maxAgeMs(this.policy) ? glimpse.weather : 'silent';
  }

  private get isDnsBad(): boolean {
    return isBadDns(this.dnsNow(dnsA)) && isBadDns(this.dnsNow(dnsB));
  }
}

function isDnsOnly({ activation }: ClusterState): boolean {
  return activation?.cause === 'dns';
}

function isBadApi(weather: ApiWeather): boolean {
  return weather === 'gone' || weather === 'etcd' || weather === 'throttled';
}

function isBadDns(weather: DnsWeather): boolean {
  return weather === 'gone' || weather === 'unsynced' || weather === 'behind';
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`the machine ${message}`);
}
