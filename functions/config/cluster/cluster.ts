// The configuration of one watched cluster: its DNS, probes, snapshots, standby, publishing and policy. Checks only.
import { isIpAddress, parseEndpoint } from '../../lib/endpoint.ts';
import type { Endpoint } from '../../lib/network.ts';
import { child, type Name, parsePlainName } from '../../records/name.ts';
import { choice, list, milliseconds, readAs, section, text, wholeNumber } from '../field.ts';
import { axfrFields, transferKeyField } from '../sources/axfr.ts';
import { sourceKinds } from '../sources/index.ts';
import { standbyKinds, standbySchemaOf } from '../standby/index.ts';
import { apiServerSchema, serialMethodField } from './api-server.ts';
import { dnsTlsSchema } from './dns-tls.ts';
import { heartbeatSchema } from './heartbeat.ts';
import { maintenanceSchema } from './maintenance.ts';
import { policySchema } from './policy.ts';
import { vantagesSchema, vpcField } from './vantages.ts';

const dnsPort = 53;
/** RFC 7858 section 3.1. */
const dnsOverTlsPort = 853;
/** Stands for the usual port until it is known whether TLS is spoken. */
const portNotGiven = 0;
const parent = parsePlainName('zone.example');

function readDnsServer(value: string): Endpoint {
  const endpoint = parseEndpoint(value, portNotGiven);
  if (!isIpAddress(endpoint.host)) {
    throw new Error(`${endpoint.host} is a host name, which could only be looked up in the DNS that is watched`);
  }
  return endpoint;
}

/** A zone: an absolute name below the root. */
function readZone(value: string): Name {
  const zone = parsePlainName(value);
  if (zone === '.') throw new Error('not the root');
  return zone;
}

/** A name relative to the zone: comes out in lower case, without a dot at its end. */
function readRelativeName(value: string): string {
  if (value.endsWith('.')) throw new Error('without a dot at its end');
  return parsePlainName(child(value, parent)).slice(0, -(parent.length + 1));
}

const relativeName = 'a name relative to the zone, like kubernetes.default.svc';

const dns = section(
  { what: 'The DNS of the cluster' },
  {
    servers: list(
      readAs('an IP address with an optional port, like 10.0.0.10:53 or [fd00::a]:53', readDnsServer, {
        what: 'One CoreDNS replica',
      }),
      'addresses',
      1,
      64,
      {
        what: 'The CoreDNS replicas, each a target of its own; port 53 where none is given, with `tls` 853. With the `coredns` wiring the port that only the cluster answers on (5301)',
        why: 'A Service address hides which replica is bad, and a port that falls over to the standby hides that CoreDNS failed.',
      },
    ),
    ttlSeconds: wholeNumber('seconds', 1, 3600, 30, {
      what: "The `ttl` of the Corefile's `kubernetes` block",
      why: 'An answer with a lower TTL came from a cache and proves nothing.',
      see: 'https://coredns.io/plugins/kubernetes/',
    }),
    knownName: readAs(relativeName, readRelativeName, { what: 'A name that always has an address' }).prefault(
      'kubernetes.default.svc',
    ),
    serialMethod: serialMethodField.default('auto'),
    probeNamespace: text('the name of a namespace', /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
      what: 'An existing namespace that the random names of the probes are put under',
    }).default('default'),
    behindSeconds: wholeNumber('seconds', 1, 86_400, 60, {
      what: "A serial older than the newest replica's by more than this counts as stale",
      why: 'Replicas see a change within seconds of each other; a minute apart, one has lost its watch.',
    }),
    metricsPort: wholeNumber('', 1, 65_535, 9153, {
      what: 'Where each replica serves its metrics (the `prometheus` plugin): `check` reads the version of CoreDNS there',
      why: 'The wiring needs CoreDNS 1.13.0 or newer.',
      see: 'https://coredns.io/plugins/metrics/',
    }),
    tls: dnsTlsSchema.exactOptional(),
    tsig: transferKeyField,
  },
).transform((value) => {
  const port = value.tls === undefined ? dnsPort : dnsOverTlsPort;
  const servers = value.servers.map((server) => (server.port === portNotGiven ? { ...server, port } : server));
  return { ...value, servers };
});

const probe = section(
  { what: 'The probe round' },
  {
    intervalMs: milliseconds(1000, 3_600_000, 5000, {
      what: 'From the start of one round to the start of the next',
      why: 'With downRounds 3 an outage is confirmed after about 15 s.',
    }),
    timeoutMs: milliseconds(100, 60_000, 3000, {
      what: 'Deadline of every probe; less than the interval',
      why: 'Longer than the 2 s that a forwarding CoreDNS waits for its upstream.',
    }),
  },
);

const snapshot = section(
  { what: 'Capturing the zone' },
  {
    source: choice(sourceKinds, {
      what: 'Where the records come from: zone transfer from CoreDNS, which costs the API server nothing',
      see: 'RFC 5936',
    }).default('axfr'),
    intervalMs: milliseconds(1000, 86_400_000, 60_000, {
      what: 'How often at the latest',
      why: 'What was created since the last capture is missing in the standby when CoreDNS dies with the control plane.',
    }),
    leastIntervalMs: milliseconds(0, 86_400_000, 30_000, {
      what: 'Least time between two captures, whatever asks for them',
      why: 'A rollout of thousands of Services must not turn into thousands of transfers.',
    }),
    ...axfrFields,
    mustHave: list(readAs(relativeName, readRelativeName, { what: 'A name' }), 'names', 0, 1000, {
      what: 'Names that every snapshot must hold: one that lacks any of them is refused',
      why: 'A CoreDNS without API data transfers an empty but well-formed zone.',
    }).prefault(['kubernetes.default.svc']),
    keep: wholeNumber('', 1, 10_000, 50, { what: 'How many snapshots are kept, besides those that are live' }),
  },
);

const publish = section(
  { what: 'Publishing to the standby' },
  {
    ttlSeconds: wholeNumber('seconds', 1, 3600, 30, {
      what: 'TTL of everything published, the same in peace and in an outage',
      why: 'A change of TTL would rewrite the whole zone in the middle of an outage.',
    }),
    staleAfterMs: milliseconds(1000, 604_800_000, 900_000, {
      what: 'A standby that has not been brought up to date in peace for this long pages',
      why: 'A standby that nobody keeps warm is noticed only when it is needed.',
    }),
    leaseMs: milliseconds(60_000, 86_400_000, 900_000, {
      what: 'A deployment of this cluster that has not moved the marker of a standby for this long is taken for gone: another one that stands by takes the zone over. The same in each of them; the marker is moved at least every third of it',
      why: 'One deployment writes to a zone. Shorter costs more updates, longer leaves the standby old for longer.',
    }),
  },
);

export const clusterSchema = section(
  { what: 'One watched cluster' },
  {
    id: text('1 to 40 of a-z, 0-9 and -', /^[a-z0-9-]{1,40}$/, {
      what: 'Its name in commands, alerts and stored state',
    }),
    zone: readAs('the name of a zone, like cluster.local', readZone, {
      what: "The cluster's DNS zone",
      see: 'https://github.com/kubernetes/dns/blob/master/docs/specification.md',
    }).prefault('cluster.local'),
    apiServer: apiServerSchema,
    dns,
    probe: probe.prefault({}),
    vantages: vantagesSchema,
    vpc: vpcField.exactOptional(),
    snapshot: snapshot.prefault({}),
    standby: list(standbySchemaOf(standbyKinds), 'standby zones', 1, 4, {
      what: 'Where the snapshot is published; each is kept warm and judged on its own',
    }),
    publish: publish.prefault({}),
    policy: policySchema.prefault({}),
    heartbeat: heartbeatSchema.exactOptional(),
    maintenance: maintenanceSchema,
  },
);
