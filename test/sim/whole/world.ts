// The whole in one process: a cluster, its standby zones, one or two deployments with their pagers, and everything that may befall them, in
// rounds. The same seed gives the same run.
import type { OperatorCommand } from '../../../functions/model/outage.ts';
import { releaseHolds, viewHolds } from '../../../functions/tasks/publish/holds.ts';
import { createSeededRandom, type SeededRandom } from '../../../lab/scenario/random.ts';
import { Deployment, intervalMs, zone } from './deployment.ts';
import { check, markerOf, Oracle, openAfter, ownedOf } from './oracle.ts';
import { fair, Truth, type Weather } from './truth.ts';
import { type Behavior, createSimulatedZone, type SimulatedZone } from './zone.ts';

export interface Setting {
  readonly seed: number;
  readonly writers: readonly string[];
  readonly vantages: readonly string[];
  readonly standbys: number;
  readonly services: number;
  readonly policy: object;
}

export type Activity =
  | {
      readonly kind: 'weather';
      readonly weather: Weather;
      readonly rounds: number;
      readonly behavior: Behavior;
      readonly isPagerDown: boolean;
    }
  | { readonly kind: 'kill'; readonly who: number; readonly turns: number }
  | { readonly kind: 'store fails'; readonly who: number; readonly rounds: number }
  | { readonly kind: 'store lost'; readonly who: number }
  | { readonly kind: 'emptied'; readonly which: number }
  | { readonly kind: 'operator'; readonly who: number; readonly command: OperatorCommand };

/** Told within so many rounds, whatever the policy's numbers in these tests. */
const toldRounds = 14;

export class World {
  private readonly truth: Truth;
  private readonly oracle: Oracle;
  private readonly random: SeededRandom;
  private readonly zones: readonly SimulatedZone[];
  private readonly deployments: readonly Deployment[];
  private now = 1_700_000_000_000;
  private wasStoreLost = false;
  private wasEmptied = false;
  private quietRounds = 0;

  constructor({ seed, writers, vantages, standbys, services, policy }: Setting) {
    this.random = createSeededRandom(seed);
    this.truth = new Truth(this.random, services);
    this.oracle = new Oracle(this.truth);
    const clock = {
      now: () => this.now,
      sleep: async (ms: number) => {
        this.now += ms;
      },
    };
    const onWritten = this.oracle.written.bind(this.oracle);
    this.zones = Array.from({ length: standbys }, (_, i) =>
      createSimulatedZone({ label: `memory ${i}`, zone, random: this.random, onWritten }),
    );
    this.deployments = writers.map(
      (writer) => new Deployment({ writer, vantages, truth: this.truth, zones: this.zones, clock, policy }),
    );
  }

  async run(activities: readonly Activity[]): Promise<void> {
    for (const deployment of this.deployments) await deployment.start();
    await this.rounds(12);
    for (const activity of activities) await this.happen(activity);
    await this.settle();
  }

  private async happen(activity: Activity): Promise<void> {
    switch (activity.kind) {
      case 'weather':
        this.truth.weather = activity.weather;
        for (const one of this.zones) one.behavior = activity.behavior;
        for (const one of this.deployments) one.isPagerDown = activity.isPagerDown;
        return this.rounds(activity.rounds);
      case 'kill':
        this.advance();
        return this.who(activity.who).killedInRound(activity.turns);
      case 'store fails':
        this.who(activity.who).isStoreDown = true;
        await this.rounds(activity.rounds);
        this.who(activity.who).isStoreDown = false;
        return;
      case 'store lost':
        this.wasStoreLost = true;
        return this.who(activity.who).loseStore();
      case 'emptied':
        this.wasEmptied = true;
        this.zones[activity.which % this.zones.length]?.empty();
        return;
      case 'operator':
        return this.order(this.who(activity.who), activity.command);
    }
  }

  private who(index: number): Deployment {
    const one = this.deployments[index % this.deployments.length];
    if (one === undefined) throw new Error('no deployment');
    return one;
  }

  private async order(deployment: Deployment, command: OperatorCommand): Promise<void> {
    if (command === 'failback') this.oracle.givingBack.add(deployment.writer);
    if (command === 'failover') {
      this.oracle.givingBack.delete(deployment.writer);
      this.oracle.everTroubled = true;
    }
    await deployment.controller.hear({ kind: 'operator', command, who: 'ada', why: 'simulated' });
    await deployment.controller.rest();
  }

  /** What guards hold back is let out as it is shown. */
  private async release({ ports }: Deployment): Promise<void> {
    for (const [standby, { digest, total }] of Object.entries(await viewHolds(ports))) {
      if (total > 0) await releaseHolds(ports, { standby, digest, who: 'ada', why: 'simulated' });
    }
  }

  private advance(): void {
    this.now += intervalMs;
    this.truth.change();
    this.oracle.roundBegins();
  }

  private async rounds(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.advance();
      await Promise.all(this.deployments.map((one) => one.round()));
      this.oracle.judge();
      this.checkTold();
    }
  }

  /** An outage that every vantage sees is told to a person who can be reached. */
  private checkTold(): void {
    const canTell = this.deployments.every((one) => !one.isPagerDown && !one.isStoreDown);
    this.quietRounds = canTell && this.oracle.sickRounds > 0 ? this.quietRounds + 1 : 0;
    if (this.quietRounds < toldRounds) return;
    for (const { writer, told } of this.deployments) {
      const critical = told.filter(({ alert }) => alert.severity === 'critical');
      check(openAfter(critical).size > 0, `${writer} told nobody of an outage of ${this.oracle.sickRounds} rounds`);
    }
  }

  /** From anywhere: in good weather, with everything behaving well, an order to fail back ends in peace, with the truth in every zone and nothing open. */
  private async settle(): Promise<void> {
    await this.happen({ kind: 'weather', weather: fair, rounds: 20, behavior: 'good', isPagerDown: false });
    for (const one of this.deployments) await this.order(one, 'release');
    await this.rounds(10);
    for (const one of this.deployments) await this.order(one, 'failback');
    // A marker that was lost is told of for 15 min.
    await this.rounds(this.wasEmptied ? 190 : 40);
    this.truth.isStill = true;
    await this.rounds(15);
    for (const one of this.deployments) await this.release(one);
    await this.rounds(30);
    for (const one of this.deployments) {
      const { machine } = await one.record();
      check(machine.phase === 'watching', `${one.writer} ends in ${machine.phase}: ${machine.reason}`);
      const open = Object.keys(machine.incidents);
      check(open.length === 0, `${one.writer} ends with ${open.join(', ')} open`);
      if (!this.wasStoreLost) {
        const left = [...openAfter(one.told)];
        check(left.length === 0, `the pager of ${one.writer} is left with ${left.join(', ')} open`);
      }
    }
    for (const one of this.zones) this.checkZone(one);
  }

  private checkZone(one: SimulatedZone): void {
    check(markerOf(one.contents())?.phase === 'warm', `${one.label} is not warm in the end`);
    const held = ownedOf(one.contents());
    for (const [name, addresses] of this.truth.transfer()) {
      const values = held.get(`${name}.svc.${zone} A`)?.values ?? [];
      const missing = addresses.filter((address) => !values.includes(address));
      check(missing.length === 0, `${one.label} lacks ${missing.join(', ')} of ${name} in the end`);
    }
  }
}
