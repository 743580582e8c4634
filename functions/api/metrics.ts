// The route for Prometheus, and the page of the documentation about what it gives.
import type { ApiDeps } from './context.ts';
import { metrics } from './metrics-table.ts';
import { openMetricsType, renderMetrics, sampleName } from './open-metrics.ts';
import type { Route } from './routes.ts';
import { viewAll } from './views.ts';

export function metricsRoutes(deps: ApiDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      scope: 'view',
      handle: async () => {
        const all = await viewAll(deps);
        const families = metrics.map((family) => ({ family, samples: family.read(all, deps.version) }));
        return new Response(renderMetrics(families), { headers: { 'Content-Type': openMetricsType } });
      },
    },
  ];
}

/** docs/metrics.md. */
export function metricsPage(): string {
  const rows = metrics.map((metric) => {
    const labels = metric.labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${sampleName(metric)}\` | ${metric.type} | ${labels} | ${metric.help} |`;
  });
  return `# Metrics

This page is generated from the table in \`functions/api/metrics-table.ts\` (\`UPDATE_DOCS=1 npx vitest run --project node test/functions/api\`
writes it); do not edit it.

\`GET /metrics\` of the Worker gives them in the text format of [OpenMetrics 1.0](https://prometheus.io/docs/specs/om/open_metrics_spec/),
for a bearer token with the scope \`view\`:

\`\`\`yaml
scrape_configs:
  - job_name: lifeboat
    scheme: https
    authorization: { credentials_file: lifeboat-token }
    static_configs:
      - targets: [lifeboat.example.workers.dev]
\`\`\`

Times are in seconds. A stateset has one sample for each state, 1 for the one that holds and 0 for the others; the state stands in the label of
the metric's own name. Ages are by the clock of the cluster's watch, so that a scraper's clock does not matter.

| metric | type | labels | meaning |
|---|---|---|---|
${rows.join('\n')}

Worth an alert of its own, should Lifeboat's pages not arrive: \`lifeboat_watch_last_round_age_seconds\` above six times
\`lifeboat_watch_interval_seconds\`, \`lifeboat_cluster_readable == 0\`, \`lifeboat_standby_age_seconds\` beyond what you accept,
\`increase(lifeboat_outbox_dead_total[1h]) > 0\`.
`;
}
