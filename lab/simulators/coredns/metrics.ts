// Counters in the Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/), under CoreDNS's own names. A few of
// them only: what a person wants to see grow.

/** The CoreDNS whose behaviour this imitates. */
export const version = '1.15.0';

export interface Metrics {
  count(name: MetricName, labels: Readonly<Record<string, string>>): void;
  text(): string;
}

const help = {
  coredns_dns_requests_total: 'Counter of DNS requests made per zone, protocol and type.',
  coredns_dns_responses_total: 'Counter of response status codes.',
  coredns_cache_hits_total: 'The count of cache hits.',
  coredns_cache_misses_total: 'The count of cache misses.',
  coredns_forward_healthcheck_failures_total: 'Counter of the number of failed healthchecks.',
} as const;

export type MetricName = keyof typeof help;

/** More series than this are not kept: a bound, should a label grow. */
const mostSeries = 2_000;

export function createMetrics(): Metrics {
  const series = new Map<string, number>();
  return {
    count(name, labels) {
      const words = Object.entries(labels).map(([label, value]) => `${label}="${value.replace(/["\\\n]/g, '_')}"`);
      const key = `${name}{${words.join(',')}}`;
      const before = series.get(key);
      if (before !== undefined || series.size < mostSeries) series.set(key, (before ?? 0) + 1);
    },
    text() {
      const build = `coredns_build_info{goversion="",revision="",version="${version}"} 1`;
      const head = [
        '# HELP coredns_build_info A metric with a constant value of 1.',
        '# TYPE coredns_build_info gauge',
        build,
      ];
      const rest = Object.entries(help).flatMap(([name, words]) => {
        const own = [...series].filter(([key]) => key.startsWith(`${name}{`)).map(([key, value]) => `${key} ${value}`);
        return own.length === 0 ? [] : [`# HELP ${name} ${words}`, `# TYPE ${name} counter`, ...own.sort()];
      });
      return `${[...head, ...rest].join('\n')}\n`;
    },
  };
}
