// `lifeboat check`: looks at everything once that an outage will need. It changes nothing: no snapshot is kept, no zone is written.

import type { CheckResult } from '../../config/check-result.ts';
import type { Observation } from '../../decision/health/observation.ts';
import { targetKey } from '../../decision/health/verdict.ts';
import { unusableWords, usableSources } from '../../decision/machine/sources.ts';
import { platformWords, type Reach, reachOf } from '../../deployment/reach.ts';
import { assertNever } from '../../lib/assert.ts';
import { formatEndpoint } from '../../lib/endpoint.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Endpoint } from '../../lib/network.ts';
import { oddities } from '../../snapshot/build.ts';
import { decodeSnapshot, encodeSnapshot } from '../../snapshot/codec.ts';
import { capturedFrom, leftOutWords } from '../../snapshot/snapshot.ts';
import type { ConfiguredSource } from '../../snapshot/source.ts';
import { checkCoreDnsVersion } from '../../wiring/version.ts';
import { type ClusterPorts, policyOf, type Standby } from '../cluster/ports.ts';
import { type Look, look } from './observe.ts';

export interface CheckOptions {
  /** What the operator knows of CoreDNS's version, where it cannot be asked: `v1.15.0`, an image, `coredns -version`. */
  readonly corednsVersion?: string;
}

export async function checkCluster(ports: ClusterPorts, options: CheckOptions = {}): Promise<readonly CheckResult[]> {
  const seen = await look(ports, { standbys: true });
  const [sources, openness, standbys, versions] = await Promise.all([
    Promise.all(ports.sources.map((source) => checkSource(ports, seen, source))),
    Promise.all(ports.cluster.dns.servers.map((server) => checkOpenness(ports, server))),
    Promise.all(ports.standbys.map(checkStandby)),
    checkVersions(ports, options),
  ]);
  return [
    ...reachOf(ports.cluster).map(fromReach),
    ...seen.observations.flatMap(fromObservation),
    ...versions,
    ...sources,
    ...openness,
    ...standbys,
    checkAlerts(ports),
    checkHeartbeat(ports),
  ];
}

/** Told, not judged: what was seen from here is below, and `lifeboat deploy check` judges what a Worker will see. */
function fromReach({ target, platform, how, secured, problem, warning }: Reach): CheckResult {
  const parts = [`${how}; secured by: ${secured}`, problem, warning].filter((part) => part !== undefined);
  return {
    subject: `reach of ${target} from ${platformWords[platform]}`,
    status: 'note',
    detail: parts.join('; '),
  };
}

const statusOf: Readonly<Record<Observation['condition'], CheckResult['status']>> = {
  up: 'ok',
  degraded: 'warn',
  stale: 'warn',
  down: 'fail',
  unknown: 'unknown',
};

/** Credentials and certificates that end within this many days are a warning. */
const warningDays = 14;

function fromObservation(seen: Observation): readonly CheckResult[] {
  const { target, signal } = seen;
  const subject = `${target.kind === 'apiserver' ? 'api server' : targetKey(target)} ${signal}`;
  const days = [seen.details?.certificateDaysLeft, seen.details?.credentialDaysLeft];
  const ends = seen.condition === 'up' && days.some((left) => typeof left === 'number' && left < warningDays);
  // A refused credential is for the operator to mend before anything else works.
  const status = seen.reason === 'credential' || seen.reason === 'tls' ? 'fail' : statusOf[seen.condition];
  return [{ subject, status: ends ? 'warn' : status, detail: seen.evidence }];
}

async function checkSource(ports: ClusterPorts, { state }: Look, configured: ConfiguredSource): Promise<CheckResult> {
  const subject = configured.title;
  const usable = usableSources(state, policyOf(ports)).find(({ source }) => source === configured.id);
  if (usable === undefined) return { subject, status: 'fail', detail: unusableWords([configured]) };
  const result = await configured.source.capture(usable.places);
  if (result.status !== 'captured') {
    const detail = result.attempts.map((attempt) => attempt.evidence).join('; ');
    return { subject, status: 'fail', detail };
  }
  const { counts, origin } = result.snapshot;
  // A capture is kept as a document, which is read again before it is stored.
  const unkept = await decodeSnapshot(await encodeSnapshot(result.snapshot)).then(() => undefined, messageOf);
  if (unkept !== undefined) return { subject, status: 'fail', detail: unkept };
  const left = leftOutWords(oddities(result.snapshot), 5);
  const moved = `${counts.records} records, ${result.bytes} bytes in ${result.tookMs} ms`;
  const words = (how: string) => [`${moved}, ${how}`, ...left].join('; ');
  if (origin.kind === 'axfr' && !origin.signed) {
    return { subject, status: 'warn', detail: words('not signed: only inside a trusted network; set dns.tsig') };
  }
  const isVerified = capturedFrom(origin)?.verified === true;
  const how = origin.kind === 'axfr' ? 'signed' : isVerified ? 'verified' : 'not verified';
  return { subject, status: left.length === 0 && isVerified ? 'ok' : 'warn', detail: words(how) };
}

/** A zone that anybody may transfer shows every Service's name and address. */
async function checkOpenness(ports: ClusterPorts, server: Endpoint): Promise<CheckResult> {
  const subject = `zone transfer without a key from ${formatEndpoint(server)}`;
  const { status, evidence } = await ports.askOpenTransfer(server);
  switch (status) {
    case 'open': {
      const detail = `${evidence}: require a key (tsig { require AXFR IXFR }, dns.tsig here), or a client certificate`;
      return { subject, status: 'fail', detail };
    }
    case 'closed':
      return { subject, status: 'ok', detail: evidence };
    case 'unknown':
      return { subject, status: 'unknown', detail: evidence };
    default:
      return assertNever(status, 'openness');
  }
}

async function checkStandby({ id, provider, timeoutMs }: Standby): Promise<CheckResult> {
  const subject = `standby ${id}`;
  try {
    const { rrsets, marker } = await provider.readZone(AbortSignal.timeout(timeoutMs));
    const held =
      marker === undefined
        ? 'no marker yet'
        : `marker ${marker.phase}, generation ${marker.generation} by ${marker.writer}`;
    return { subject, status: 'ok', detail: `${provider.label} is readable: ${rrsets.length} record sets, ${held}` };
  } catch (error) {
    return { subject, status: 'fail', detail: messageOf(error) };
  }
}

async function checkVersions(ports: ClusterPorts, { corednsVersion }: CheckOptions): Promise<readonly CheckResult[]> {
  if (corednsVersion !== undefined) return [judgeVersion('coredns version (as given)', corednsVersion)];
  return Promise.all(ports.cluster.dns.servers.map((server) => checkVersion(ports, server)));
}

async function checkVersion(ports: ClusterPorts, server: Endpoint): Promise<CheckResult> {
  const subject = `coredns version of ${formatEndpoint(server)}`;
  const answer = await ports.askCorednsVersion(server);
  if (answer.status === 'known') return judgeVersion(subject, answer.version);
  const detail = `not known (${answer.evidence}): the wiring needs 1.13.0 or newer; give yours with --coredns-version`;
  return { subject, status: 'unknown', detail };
}

function judgeVersion(subject: string, text: string): CheckResult {
  const verdict = checkCoreDnsVersion(text);
  if (verdict.status === 'refused') return { subject, status: 'fail', detail: verdict.reason };
  return {
    subject,
    status: verdict.notes.length > 0 ? 'warn' : 'ok',
    detail: [verdict.version, ...verdict.notes].join('; '),
  };
}

function checkAlerts(ports: ClusterPorts): CheckResult {
  const ids = ports.channels.map((channel) => channel.id);
  if (ids.length > 0)
    return { subject: 'alerts', status: 'ok', detail: `channels: ${ids.join(', ')} (nothing was sent)` };
  return { subject: 'alerts', status: 'warn', detail: 'no channel is configured: nobody is paged' };
}

function checkHeartbeat({ cluster, heartbeat }: ClusterPorts): CheckResult {
  const subject = 'heartbeat';
  if (heartbeat !== undefined) {
    return {
      subject,
      status: 'ok',
      detail: `sent every ${heartbeat.intervalMs} ms while the watch works (nothing was sent)`,
    };
  }
  const why = cluster.heartbeat === undefined ? 'none is configured' : 'its secret is missing or no https URL';
  return { subject, status: 'note', detail: `${why}: nobody is told when the watch itself dies (docs/alerts.md)` };
}
