// What no field can say alone: rules between the fields of a configuration. Each problem says why. Only a parsed configuration comes here.
import { assertNever } from '../lib/assert.ts';
import { formatEndpoint, isLoopback } from '../lib/endpoint.ts';
import type { Endpoint } from '../lib/network.ts';
import { labelsOf, type Name } from '../records/name.ts';
import { majorityOf } from './cluster/policy.ts';
import type { Problem } from './problems.ts';
import type { ClusterConfig, Config, StandbyConfig } from './schema.ts';
import { factsOf } from './standby/index.ts';

/*
 * | rule | why |
 * |---|---|
 * | ids (of standbys within their cluster), servers, standby zones are unique | state and alerts are keyed by them; two clusters in one zone delete each other's names |
 * | timeoutMs < intervalMs, slowMs < timeoutMs | a round ends before the next begins; nothing could ever be slow |
 * | leastIntervalMs, timeoutMs <= intervalMs; maxBytes <= bytesPerHour | otherwise the interval or the budget is never kept |
 * | staleAfterMs > snapshot.intervalMs | otherwise the standby is late by design, and pages for ever |
 * | quorum.groups <= quorum.downs, where it is given | each down comes from one group |
 * | window.bad <= window.rounds | otherwise what comes and goes is never told |
 * | of each kind of target: vantages >= quorum.downs (else their majority) >= quorum.groups, their groups >= quorum.groups | otherwise no outage is ever confirmed |
 * | vantage ids, vantage keys, token ids and hashes are unique; no kind of target without a vantage | one vantage must not vote twice; what nobody looks at is unknown for ever |
 * | a maintenance window begins before it ends, and `once` lasts seven days at most | no outage is acted on in it: one without an end is a watchdog that is switched off |
 * | the standby is not the cluster's own DNS | it fails together with what it stands in for |
 * | no zone that can be public, unless allowed | it would publish every Service's name and address |
 */
export function checkConfig(config: Config): readonly Problem[] {
  return [
    ...duplicates(
      config.clusters.map((cluster) => cluster.id),
      (i) => `clusters[${i}].id`,
      'an id that no other cluster has',
    ),
    ...duplicates(
      config.alerts.channels.map((channel) => channel.id),
      (i) => `alerts.channels[${i}].id`,
      'an id that no other channel has',
    ),
    ...duplicates(
      config.api.tokens.map((token) => token.id),
      (i) => `api.tokens[${i}].id`,
      'an id that no other token has',
    ),
    ...duplicates(
      config.api.tokens.map((token) => token.sha256),
      (i) => `api.tokens[${i}].sha256`,
      'the hash of a token that is not in the list yet',
    ),
    ...sharedStandbys(config.clusters),
    ...config.clusters.flatMap((cluster, i) => checkCluster(cluster, `clusters[${i}]`)),
  ];
}

/**
 * Top-level names that no public registry delegates: special use (RFC 6761, RFC 6762 and its appendix G, RFC 8375, RFC 9476), `internal`
 * (reserved by ICANN in 2024), and what clusters are commonly called.
 */
const privateTopLevels = new Set([
  ...['local', 'internal', 'test', 'example', 'invalid', 'localhost', 'alt', 'onion'],
  ...['lan', 'corp', 'home', 'intranet', 'private', 'svc', 'cluster', 'k8s'],
]);

/** True when the internet could ask for names in this zone. */
export function canBePublic(zone: Name): boolean {
  const labels = labelsOf(zone);
  const [last = '', second = ''] = labels.toReversed();
  return !privateTopLevels.has(last) && !(last === 'arpa' && second === 'home');
}

function checkCluster(cluster: ClusterConfig, at: string): readonly Problem[] {
  return [
    ...duplicates(
      cluster.dns.servers.map(formatEndpoint),
      (i) => `${at}.dns.servers[${i}]`,
      'an address that is not in the list yet',
    ),
    ...duplicates(
      cluster.standby.map(({ id }) => id),
      (i) => `${at}.standby[${i}].id`,
      'an id that no other standby of this cluster has',
    ),
    ...checkNumbers(cluster, at),
    ...checkVantages(cluster, at),
    ...checkMaintenance(cluster, at),
    ...cluster.standby.flatMap((standby, i) => checkStandby(standby, cluster, `${at}.standby[${i}]`)),
  ];
}

function checkNumbers({ probe, snapshot, publish, policy, apiServer }: ClusterConfig, at: string): readonly Problem[] {
  const roundEnds = 'a round must end before the next begins';
  const captureEnds = 'a capture must end before the next begins';
  const late = 'the standby would be late between any two captures';
  return [
    ...less(`${at}.probe.timeoutMs`, probe.timeoutMs, 'probe.intervalMs', probe.intervalMs, roundEnds),
    ...less(
      `${at}.apiServer.slowMs`,
      apiServer.slowMs,
      'probe.timeoutMs',
      probe.timeoutMs,
      'nothing could ever be slow',
    ),
    ...atMost(
      `${at}.snapshot.leastIntervalMs`,
      snapshot.leastIntervalMs,
      'snapshot.intervalMs',
      snapshot.intervalMs,
      'captures could never keep their interval',
    ),
    ...atMost(`${at}.snapshot.timeoutMs`, snapshot.timeoutMs, 'snapshot.intervalMs', snapshot.intervalMs, captureEnds),
    ...atMost(
      `${at}.snapshot.maxBytes`,
      snapshot.maxBytes,
      'snapshot.bytesPerHour',
      snapshot.bytesPerHour,
      'one transfer would break the budget',
    ),
    ...less(`${at}.snapshot.intervalMs`, snapshot.intervalMs, 'publish.staleAfterMs', publish.staleAfterMs, late),
    ...atMost(
      `${at}.policy.window.bad`,
      policy.window.bad,
      'policy.window.rounds',
      policy.window.rounds,
      'what comes and goes would never be told',
    ),
    ...atMost(
      `${at}.policy.quorum.groups`,
      policy.quorum.groups,
      'policy.quorum.downs',
      policy.quorum.downs ?? Number.POSITIVE_INFINITY,
      'each down comes from one group',
    ),
  ];
}

function checkVantages({ vantages, policy }: ClusterConfig, at: string): readonly Problem[] {
  const unseen = (['apiserver', 'dns'] as const).filter(
    (kind) => !vantages.some(({ targets }) => targets.includes(kind)),
  );
  return [
    ...duplicates(
      vantages.map(({ id }) => id),
      (i) => `${at}.vantages[${i}].id`,
      'an id that no other vantage has',
    ),
    ...duplicates(
      vantages.map((vantage, i) => (vantage.kind === 'inside' ? vantage.publicKey : `edge ${i}`)),
      (i) => `${at}.vantages[${i}].publicKey`,
      'a key of its own: one process must not vote twice',
    ),
    ...(['apiserver', 'dns'] as const).flatMap((kind) => {
      const looking = vantages.filter(({ targets }) => targets.includes(kind));
      const groups = new Set(looking.map(({ group }) => group)).size;
      const { downs = majorityOf(looking.length), groups: wanted } = policy.quorum;
      if (looking.length === 0 || (looking.length >= downs && groups >= wanted)) return [];
      const got = `downs ${downs} from groups ${wanted}, and ${looking.length} in ${groups} that look at ${kind}`;
      const want = 'no more than there are among vantages: otherwise no outage is ever confirmed';
      return [{ path: `${at}.policy.quorum`, got, want }];
    }),
    ...unseen.map((kind) => ({
      path: `${at}.vantages`,
      got: `no vantage that looks at ${kind}`,
      want: `${kind} among the targets of a vantage: otherwise it is unknown for ever`,
    })),
  ];
}

const longestWindowMs = 7 * 86_400_000;

function checkMaintenance({ maintenance }: ClusterConfig, at: string): readonly Problem[] {
  return maintenance.flatMap((window, i): readonly Problem[] => {
    const path = `${at}.maintenance[${i}].to`;
    if (window.kind === 'weekly') {
      const got = 'the time at which it begins';
      return window.from === window.to
        ? [{ path, got, want: 'another time: a window that never ends is no window' }]
        : [];
    }
    const lastsMs = window.to - window.from;
    if (lastsMs > 0 && lastsMs <= longestWindowMs) return [];
    const got =
      lastsMs <= 0 ? 'an instant that is not after `from`' : `${(lastsMs / 86_400_000).toFixed(1)} days after \`from\``;
    return [{ path, got, want: 'an instant after `from`, by seven days at most' }];
  });
}

/** A zone on a server: not the cluster's own, and not for the internet to ask. */
function checkStandby(standby: StandbyConfig, cluster: ClusterConfig, at: string): readonly Problem[] {
  const { zone, place, allowPublic } = factsOf(standby, cluster.zone);
  const problems: Problem[] = [];
  if (place.kind === 'server' && cluster.dns.servers.some((server) => isSameServer(server, place.server))) {
    const want =
      "a server outside the cluster: this is the cluster's own DNS, which fails together with what it stands in for";
    problems.push({ path: `${at}.server`, got: formatEndpoint(place.server), want });
  }
  if (canBePublic(zone) && !allowPublic) {
    const want = `a zone that cannot be public (cluster.local, *.internal), or allowPublic: true where the server answers inside only: whoever can ask it learns every Service's name and address`;
    problems.push({ path: `${at}.zone`, got: `"${zone}"`, want });
  }
  return problems;
}

/** One host is one machine whatever the port, except on loopback, where tests put everything. */
function isSameServer(a: Endpoint, b: Endpoint): boolean {
  return a.host === b.host && (a.port === b.port || !isLoopback(a.host));
}

function sharedStandbys(clusters: readonly ClusterConfig[]): readonly Problem[] {
  const all = clusters.flatMap((cluster, c) =>
    cluster.standby.map((standby, s) => ({
      path: `clusters[${c}].standby[${s}]`,
      key: placeOf(standby, cluster),
    })),
  );
  const want = "a zone or file that nothing else is published to: two writers would delete each other's names";
  return all.flatMap(({ path, key }, i) => {
    const first = all.findIndex((other) => other.key === key);
    return first < i ? [{ path, got: `${key}, as in ${all[first]?.path}`, want }] : [];
  });
}

/** Where a standby lies, in words: what nothing else may be published to. */
function placeOf(standby: StandbyConfig, cluster: ClusterConfig): string {
  const { zone, place } = factsOf(standby, cluster.zone);
  switch (place.kind) {
    case 'server':
      return `${zone} on ${formatEndpoint(place.server)}`;
    case 'file':
      return `the file ${place.file}`;
    default:
      return assertNever(place, 'place of a standby');
  }
}

function duplicates(values: readonly string[], pathOf: (index: number) => string, want: string): readonly Problem[] {
  return values.flatMap((value, i) => {
    const first = values.indexOf(value);
    return first < i ? [{ path: pathOf(i), got: `"${value}", as in ${pathOf(first)}`, want }] : [];
  });
}

function less(path: string, value: number, otherPath: string, other: number, why: string): readonly Problem[] {
  return value < other
    ? []
    : [{ path, got: String(value), want: `less than ${otherPath} (${other}): otherwise ${why}` }];
}

function atMost(path: string, value: number, otherPath: string, other: number, why: string): readonly Problem[] {
  return value <= other
    ? []
    : [{ path, got: String(value), want: `at most ${otherPath} (${other}): otherwise ${why}` }];
}
