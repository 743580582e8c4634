// The deployment of the Worker in the workerd tests: a cluster that nobody answers for, one whose secret is missing, and one that a vantage inside
// looks at (its key is that of test/fakes/vantage.ts).
import { type ConfigInput, defineConfig, secret } from 'lifeboat';

const cluster = {
  apiServer: {
    url: 'https://127.0.0.1:1',
    identity: { kind: 'token' as const, secret: secret('API_TOKEN') },
    slowMs: 200,
  },
  dns: { servers: ['127.0.0.1:1'] },
  probe: { intervalMs: 1_000, timeoutMs: 300 },
  policy: { dwellMs: 0 },
} satisfies Omit<ConfigInput['clusters'][number], 'id' | 'standby'>;
const standby = (server: string, key: string) =>
  ({ kind: 'rfc2136', server, tsig: { name: 'key.', secret: secret(key) } }) as const;

export default defineConfig({
  clusters: [
    { ...cluster, id: 'dead', standby: [standby('127.0.0.1:2', 'KEY')] },
    { ...cluster, id: 'lame', standby: [standby('127.0.0.1:3', 'MISSING_KEY')] },
    {
      ...cluster,
      id: 'inside',
      apiServer: { ...cluster.apiServer, url: 'https://10.0.0.1:6443' },
      dns: { servers: ['10.0.0.10', '10.0.0.11'] },
      vantages: [{ kind: 'inside', id: 'rack', group: 'dc', publicKey: 'iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w' }],
      standby: [standby('127.0.0.1:4', 'KEY')],
    },
  ],
  alerts: { channels: [{ kind: 'webhook', id: 'oncall', url: 'http://127.0.0.1:1/', secret: secret('KEY') }] },
});
