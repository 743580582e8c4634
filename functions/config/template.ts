// The commented lifeboat.config.ts that `lifeboat init` writes. Text out, no file written.
import { channelKinds } from './channels/index.ts';
import { axfrTemplate } from './sources/axfr.ts';
import { standbyKinds } from './standby/index.ts';
import type { TemplateValues } from './standby/kind.ts';

/** What `lifeboat init` may already know; everything else is left to fill in. */
export interface TemplateAnswers {
  /** Default `prod`. */
  readonly clusterId?: string;
  /** Default `cluster.local`. */
  readonly zone?: string;
  /** Default a placeholder address. */
  readonly apiServerUrl?: string;
  readonly dnsServers?: readonly string[];
  readonly standbyServer?: string;
}

/** The text of a configuration that parses as it stands; addresses and key names are there to be changed. */
export function configTemplate(answers: TemplateAnswers = {}): string {
  return `// The configuration of Lifeboat. Every field, unit and default: docs/configuration.md. Try it: lifeboat check
// Lines that are commented out show the default.
import { defineConfig, secret } from 'lifeboat';

export default defineConfig({
  // Who writes the marker of the standby zone: unique for each deployment of Lifeboat.
  // writer: 'lifeboat',

  // Where this process probes from, and the network that it can fail with.
  // vantage: { id: 'local', group: 'local' },

  // Lifeboat's own state. It must not live in the cluster that is watched.
  // state: { kind: 'file', directory: '.lifeboat' },

  clusters: [
${clusterTemplate(answers)}
  ],

  // Without a channel nobody is paged. Try them: lifeboat alerts test
  alerts: {
    channels: [
${channelsTemplate()}
    ],
    // remindAfterMs: 3_600_000,
  },

  // Deployed as a Worker: who may read its API and page, and who may act. Make a token with "lifeboat token".
  // In tokens: { id: 'oncall', scopes: ['view', 'operate'], sha256: '…' }; beside them, for links in alerts, the url where people reach it.
  // api: { tokens: [] },
});
`;
}

function channelsTemplate(): string {
  return Object.values(channelKinds)
    .map(({ template }) => `      // ${template}`)
    .join('\n');
}

function clusterTemplate(answers: TemplateAnswers): string {
  const zone = answers.zone ?? 'cluster.local';
  const servers = (answers.dnsServers ?? ['10.0.0.10', '10.0.0.11']).map(quote).join(', ');
  return `    {
      id: ${quote(answers.clusterId ?? 'prod')},
      zone: ${quote(zone)},

      // The API server, asked as an ordinary client: an identity of its own that may read one small object, no administrator.
      apiServer: {
        url: ${quote(answers.apiServerUrl ?? 'https://10.0.0.1:6443')},
        // Without ca the roots of the platform are used, which rarely know a cluster.
        ca: { file: 'cluster-ca.pem' },
        // or: { secret: secret('PROD_CA') }, where there are no files
        identity: { kind: 'certificate', certificateFile: 'lifeboat.pem', keyFile: 'lifeboat-key.pem' },
        // or: { kind: 'certificate', certificate: secret('PROD_CERTIFICATE'), key: secret('PROD_KEY') },
        // or: { kind: 'token', file: 'token' }, { kind: 'token', secret: secret('PROD_TOKEN') },
        // or: { kind: 'exec', command: 'aws', args: ['eks', 'get-token', '--cluster-name', 'prod'] }, with provideClusterInfo: true where it asks for it
        // readPath: '/api/v1/namespaces/default',
        // A tiny write in each round finds a control plane that can only read. Needs its own RBAC rule.
        // write: { namespace: 'lifeboat', configMap: 'lifeboat-probe' },
        // slowMs: 1000,
      },

      // Each CoreDNS replica by its own address, never through a Service or a name.
      // With "lifeboat wiring coredns" in place: the port that only the cluster answers on, 5301.
      dns: {
        servers: [${servers}],
        // ttlSeconds: 30, // what the Corefile says
        // knownName: 'kubernetes.default.svc',
        // serialMethod: 'auto',
        // probeNamespace: 'default',
        // behindSeconds: 60,
        // metricsPort: 9153,
        // Over TLS, with the port 853 where none is given. A client certificate: certificateFile and keyFile, or the secrets certificate and key.
        // or: tls: { ca: { file: 'dns-ca.pem' } },
        // The key for zone transfers (CoreDNS: tsig { ... require AXFR IXFR }). Without it: only inside a trusted network.
        tsig: { name: 'lifeboat.', secret: secret('PROD_AXFR_KEY') },
      },

      // probe: { intervalMs: 5_000, timeoutMs: 3_000 },

      // Deployed as a Worker: where to probe from. It reaches public addresses only; a process of "lifeboat vantage" looks from inside.
      // vantages: [{ kind: 'edge', id: 'edge', group: 'cloudflare', targets: ['apiserver', 'dns'], reference: [] }], // location: 'weur'
      // or: vpc: 'PRODUCTION', a binding to a VPC network, which leads to private addresses
      // or: { kind: 'inside', id: 'rack', group: 'dc', publicKey: '…', captures: true, targets: ['apiserver', 'dns'] }

${standbyTemplate(zone, answers.standbyServer ?? '192.0.2.53')}
      // publish: { ttlSeconds: 30, staleAfterMs: 900_000, leaseMs: 900_000 },

      // A request to a monitor that calls you when it stays away: nobody else tells that the watch itself has died.
      // heartbeat: { url: secret('HEARTBEAT_URL'), intervalMs: 60_000, timeoutMs: 5_000 },

      // When Lifeboat acts, and when it refuses to.
      // policy: {
      //   downRounds: 3, degradedRounds: 6, healthyRounds: 6, dwellMs: 10_000,
      //   window: { rounds: 120, bad: 30 },
      //   quorum: { groups: 1 }, // or: { downs: 2, groups: 2 }; without downs: the majority of the vantages
      //   failback: 'manual', // or 'automatic'
      //   maxActivationsPerHour: 3,
      //   maxDeleteShare: 0.3, minDeletesToHold: 10, holdExpiresAfterMs: 0,
      //   dnsStaleAfterMs: 900_000,
      // },

      // Windows in which an outage is expected, in UTC: nothing fails over by itself.
      // maintenance: [],
      // or: maintenance: [{ kind: 'weekly', days: ['sun'], from: '02:00', to: '04:00' }],
    },`;
}

/** Capturing, and where the copy goes. */
function standbyTemplate(zone: string, server: string): string {
  return `      // How often the zone is captured, within which limits, and which names it must hold to be believed.
${axfrTemplate}

      // Where the copy is published: a server outside the cluster, in a zone of the same name.
      standby: [
${standbysTemplate({ zone: quote(zone), server: quote(server) })}
      ],
`;
}

/** The first kind as it is to be filled in, the others commented out. */
function standbysTemplate(given: TemplateValues): string {
  const lines = Object.values(standbyKinds).flatMap(({ template }, i) =>
    template(given).map((line) => `${' '.repeat(8)}${i === 0 ? '' : '// '}${line}`),
  );
  return lines.join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
