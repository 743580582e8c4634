// What Prometheus and load balancers get: OpenMetrics text, and one word of health.
import { describe, expect, it } from 'vitest';
import { metrics } from '../../../functions/api/metrics-table.ts';
import { renderMetrics, sampleName } from '../../../functions/api/open-metrics.ts';
import type { ClusterControl } from '../../../functions/tasks/control/control-port.ts';
import { type ApiWorld, createApiWorld } from './world.ts';

const scrape = async (world: ApiWorld) => (await world.ask('/metrics', { as: 'viewer' })).text();
const withControl = (world: ApiWorld, id: string, change: Partial<ClusterControl>) =>
  void world.controls.set(id, { ...(world.controls.get('prod') as ClusterControl), ...change });

describe('GET /metrics', () => {
  it('is OpenMetrics 1.0 with its end', async () => {
    const response = await (await createApiWorld()).ask('/metrics', { as: 'viewer' });
    expect(response.headers.get('Content-Type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    const lines = (await response.text()).split('\n');
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
    const line = /^(# (TYPE|HELP|UNIT) [a-z_]+ .+|# EOF|[a-z_]+(\{([a-z_]+="[^"\\\n]*",?)+\})? -?\d+(\.\d+)?)$/;
    expect(lines.slice(0, -1).filter((each) => !line.test(each))).toEqual([]);
  });

  it('says how a cluster is', async () => {
    const world = await createApiWorld();
    const text = await scrape(world);
    const at = world.fake.ports.clock.now();
    for (const line of [
      'lifeboat_cluster_readable{cluster="prod"} 1',
      'lifeboat_cluster_phase{cluster="prod",lifeboat_cluster_phase="watching"} 1',
      'lifeboat_cluster_phase{cluster="prod",lifeboat_cluster_phase="active"} 0',
      'lifeboat_cluster_activations_total{cluster="prod"} 0',
      'lifeboat_target_condition{cluster="prod",target="dns 10.0.0.11:53",lifeboat_target_condition="healthy"} 1',
      'lifeboat_incidents_open{cluster="prod",severity="critical"} 0',
      'lifeboat_snapshot_number{cluster="prod"} 1',
      'lifeboat_snapshot_records{cluster="prod"} 2',
      'lifeboat_outbox_pending{cluster="prod"} 0',
      'lifeboat_outbox_dead_total{cluster="prod"} 0',
      'lifeboat_watch_last_round_age_seconds{cluster="prod"} 5',
      'lifeboat_vantage_last_seen_age_seconds{cluster="prod",vantage="edge",group="cloudflare",kind="edge"} 5',
      'lifeboat_vantage_refused_total{cluster="prod",vantage="rack",group="dc",kind="inside"} 2',
      'lifeboat_build_info{version="1.2.3"} 1',
    ])
      expect(text).toContain(`\n${line}\n`);
    const { record } = await (world.controls.get('prod') as ClusterControl).view();
    const [[id = '', standby] = []] = Object.entries(record.machine.standbys);
    const age = (at - (standby?.asOf ?? 0)) / 1000;
    expect(text).toContain(`\nlifeboat_standby_age_seconds{cluster="prod",standby="${id}"} ${age}\n`);
    expect(text).toContain(`\nlifeboat_standby_frozen{cluster="prod",standby="${id}"} 0\n`);
  });

  it('leaves out what there is nothing to say of', async () => {
    const text = await scrape(await createApiWorld({ rounds: 0 }));
    expect(text).not.toMatch(/^lifeboat_snapshot_number\{/m);
    expect(text).not.toMatch(/^lifeboat_vantage_last_seen_age_seconds\{.*rack/m);
    expect(text).not.toMatch(/null|NaN|undefined/);
  });

  it('says 0 of a cluster that cannot be read, and goes on with the others', async () => {
    const world = await createApiWorld();
    withControl(world, 'broken', { view: () => Promise.reject(new Error('gone')) });
    const text = await scrape(world);
    expect(text).toContain('lifeboat_cluster_readable{cluster="broken"} 0');
    expect(text.match(/cluster="broken"/g)).toHaveLength(1);
    expect(text).toContain('lifeboat_cluster_readable{cluster="prod"} 1');
  });

  it('gives each family samples with its own labels only', async () => {
    const world = await createApiWorld();
    const view = await (world.controls.get('prod') as ClusterControl).view();
    for (const metric of metrics) {
      const samples = metric.read([{ id: 'prod', view: { ...view, watch: { ...view.watch, rearmedAt: 1 } } }], '1');
      expect(samples.length, metric.name).toBeGreaterThan(0);
      for (const { labels } of samples) expect(Object.keys(labels), metric.name).toEqual(metric.labels);
    }
  });

  it('has names by the rules', () => {
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
    for (const metric of metrics) {
      expect(metric.name).toMatch(/^lifeboat_[a-z_]+(?<!_total|_info|_created|_bucket|_sum|_count)$/);
      expect(metric.name.endsWith('_seconds'), metric.name).toBe(metric.unit === 'seconds');
      expect(metric.help).toMatch(/^[A-Z0-9].*\.$/);
    }
  });

  it('escapes what stands in a label', () => {
    const family = { name: 'a', type: 'counter', help: 'A "b".' } as const;
    expect(sampleName(family)).toBe('a_total');
    expect(renderMetrics([{ family, samples: [{ labels: { b: 'x"\\\n' }, value: 1 }] }])).toBe(
      '# TYPE a counter\n# HELP a A \\"b\\".\na_total{b="x\\"\\\\\\n"} 1\n# EOF\n',
    );
  });
});

describe('GET /healthz', () => {
  const health = async (world: ApiWorld) => {
    const response = await world.ask('/healthz');
    return [response.status, await response.text()];
  };
  const ok = [200, '{"status":"ok"}'];
  const late = [503, '{"status":"not-watching"}'];
  const watch = (world: ApiWorld, lastRoundAt: number | null) => {
    world.view = { watch: { intervalMs: 5000, healthyRounds: 6, lastRoundAt, rearmedAt: null, troubles: ['store'] } };
  };

  it('is ok while rounds come, and says nothing more', async () => {
    expect(await health(await createApiWorld())).toEqual(ok);
  });

  it.each([
    [30_000, ok],
    [30_001, late],
    [null, late],
  ])('with a last round %d ms ago', async (age, expected) => {
    const world = await createApiWorld();
    watch(world, age === null ? null : world.fake.ports.clock.now() - age);
    expect(await health(world)).toEqual(expected);
  });

  it('is not when one of several cannot be read', async () => {
    const world = await createApiWorld();
    withControl(world, 'broken', { view: () => Promise.reject(new Error('gone')) });
    expect(await health(world)).toEqual(late);
  });

  it('asks the control ports every 5 seconds at most', async () => {
    const world = await createApiWorld();
    expect(await health(world)).toEqual(ok);
    watch(world, null);
    world.pass(4999);
    expect(await health(world)).toEqual(ok);
    world.pass(1);
    expect(await health(world)).toEqual(late);
  });
});
