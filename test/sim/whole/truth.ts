// The truth of a simulated cluster: its Services and pods, what CoreDNS shows of them, and what a vantage sees in such weather. It knows
// nothing of Lifeboat but the form of an observation.
import type { Condition, Observation, Reason, Signal } from '../../../functions/decision/health/observation.ts';
import type { SeededRandom } from '../../../lab/scenario/random.ts';

export const replicas = ['10.0.0.10:53', '10.0.0.11:53'] as const;

/** What is so for a while. */
export interface Weather {
  readonly api: 'healthy' | 'gone' | 'throttled';
  readonly dns: readonly ['healthy' | 'gone' | 'unsynced', 'healthy' | 'gone' | 'unsynced'];
  /** Nodes cannot heartbeat: of each set of several addresses CoreDNS is told that all but one are gone, while every pod is well. */
  readonly unready: boolean;
  /** Vantages without any network of their own. */
  readonly cut: readonly string[];
}

export const fair: Weather = { api: 'healthy', dns: ['healthy', 'healthy'], unready: false, cut: [] };

export class Truth {
  weather: Weather = fair;
  /** Nothing changes any more. */
  isStill = false;
  /** Addresses of the pods that live, by name below `svc`. */
  readonly living = new Map<string, readonly string[]>();
  private shown: ReadonlyMap<string, readonly string[]> = new Map();
  private readonly random: SeededRandom;
  private serial = 0;

  constructor(random: SeededRandom, services: number) {
    this.random = random;
    this.living.set('kubernetes.default', ['10.96.0.1']);
    for (let i = 0; i < services; i++) this.create();
    this.show();
  }

  /** A round's worth of change, while somebody can change anything; then CoreDNS is told. */
  change(): void {
    if (this.weather.api === 'gone') return;
    if (this.weather.api === 'healthy' && !this.isStill) this.churn();
    this.show();
  }

  /** What a transfer from a replica in good health gives. */
  transfer(): ReadonlyMap<string, readonly string[]> {
    return this.shown;
  }

  /** One round of one vantage. */
  seenFrom(vantage: string, observedAt: number): readonly Observation[] {
    const isCut = this.weather.cut.includes(vantage);
    const see = (
      target: Observation['target'],
      signal: Signal,
      condition: Condition,
      reason: Reason = 'none',
    ): Observation => ({
      cluster: 'prod',
      target,
      signal,
      condition,
      reason,
      evidence: `${signal} ${condition}`,
      vantage,
      group: vantage,
      observedAt,
      latencyMs: 3,
    });
    const api = { kind: 'apiserver', id: '10.0.0.1:6443' } as const;
    const dns = replicas.flatMap((id, i) => {
      const target = { kind: 'dns', id } as const;
      const weather = isCut ? 'cut' : (this.weather.dns[i] ?? 'healthy');
      switch (weather) {
        case 'healthy':
          return [see(target, 'dns.answer', 'up'), see(target, 'dns.serial', 'up')];
        case 'unsynced':
          return [see(target, 'dns.answer', 'down', 'servfail'), see(target, 'dns.serial', 'stale', 'unsynced')];
        case 'gone':
          return [see(target, 'dns.answer', 'down', 'refused'), see(target, 'dns.serial', 'down', 'refused')];
        case 'cut':
          return [see(target, 'dns.answer', 'down', 'timeout'), see(target, 'dns.serial', 'down', 'timeout')];
      }
      return [];
    });
    if (isCut) return [see(api, 'apiserver.connect', 'down', 'timeout'), ...dns];
    if (this.weather.api === 'gone') return [see(api, 'apiserver.connect', 'down', 'refused'), ...dns];
    const reached = (['apiserver.connect', 'apiserver.tls', 'apiserver.ready'] as const).map((s) => see(api, s, 'up'));
    const read =
      this.weather.api === 'healthy'
        ? see(api, 'apiserver.read', 'up')
        : see(api, 'apiserver.read', 'down', 'throttled');
    return [...reached, read, ...dns];
  }

  private show(): void {
    const { unready } = this.weather;
    const of = (addresses: readonly string[]) => (unready ? addresses.slice(0, 1) : addresses);
    this.shown = new Map([...this.living].map(([name, addresses]) => [name, of(addresses)]));
  }

  private churn(): void {
    const names = [...this.living.keys()].filter((name) => name !== 'kubernetes.default');
    const name = names[this.random.below(Math.max(1, names.length))];
    const what = this.random.below(6);
    if (what === 0 || name === undefined) this.create();
    else if (what === 1) this.living.delete(name);
    else if (what === 2) this.rescale(name);
  }

  private create(): void {
    const name = `s${++this.serial}.ns${this.random.below(3)}`;
    const several = this.random.below(2) === 0;
    this.living.set(name, several ? this.addresses(2 + this.random.below(4)) : this.addresses(1));
  }

  /** Some pods stay, some are new. */
  private rescale(name: string): void {
    const before = this.living.get(name) ?? [];
    if (before.length === 1) this.living.set(name, this.addresses(1));
    else this.living.set(name, [...before.slice(0, Math.ceil(before.length / 2)), ...this.addresses(1)].sort());
  }

  private addresses(count: number): readonly string[] {
    return Array.from({ length: count }, () => {
      const next = ++this.serial;
      return `10.${1 + (next >> 16)}.${(next >> 8) & 255}.${next & 255}`;
    }).sort();
  }
}
