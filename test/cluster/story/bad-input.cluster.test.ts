// What people and networks get wrong, each on the real parts: the clear error, the exit code, and that nothing was written.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { createAuthority } from '../../../lab/processes/certificates.ts';
import { plainCorefile, startCoredns } from '../../../lab/processes/coredns.ts';
import type { DnsAddress } from '../../../lab/processes/dns-client.ts';
import { type DnsRelay, startDnsRelay } from '../../../lab/processes/dns-relay.ts';
import { type Authoritative, startKnot } from '../../../lab/processes/knot.ts';
import { type Deployment, runLifeboat, startWatch } from '../../../lab/processes/lifeboat-process.ts';
import { createTsigKey } from '../../../lab/processes/zone.ts';
import { type ControlPlane, startControlPlane, zone } from '../../../lab/scenario/control-plane.ts';
import { type ClusterInput, clusterId, createDeployment, timing } from '../../../lab/scenario/deployment.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../processes/webhook-receiver.ts';
import { markerOf } from './standby-zone.ts';
import { zoneText } from './zone-text.ts';

const built = await ensureParts();
const system = await ensureDnsServers();

interface Stage {
  readonly plane: ControlPlane;
  /** A good CoreDNS behind a relay that can be broken, and one that transfers nothing. */
  readonly relay: DnsRelay;
  readonly withoutTransfers: DnsAddress;
  readonly standby: Authoritative;
  /** A deployment that would work, but for the changes. */
  deployment(changes?: Changes): Deployment;
  /** A file beside it. */
  file(name: string, text: string): string;
}

interface Changes {
  readonly server?: DnsAddress;
  readonly change?: (cluster: ClusterInput) => object;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly webhook?: WebhookReceiver;
}

interface Case {
  readonly name: string;
  readonly arrange: (stage: Stage) => Deployment | Promise<Deployment>;
  readonly runs: readonly {
    readonly args: (stage: Stage) => readonly string[];
    readonly code: number;
    readonly says: RegExp;
  }[];
}

const badLine = /bad\.zone: line 6.*/;
const anotherSecret = Buffer.alloc(32, 7).toString('base64');
const take = () => ['snapshot', 'take'];
const check = () => ['check'];
const goodFile = (stage: Stage) => stage.file('good.zone', zoneText([{ name: 'web.shop', address: '10.96.4.1' }]));
const badFile = (stage: Stage) =>
  stage.file('bad.zone', `${zoneText([{ name: 'web.shop', address: '10.96.4.1' }])}broken.shop.svc 30 IN A 10.96.4\n`);

const cases: readonly Case[] = [
  {
    name: 'an unknown key in the configuration',
    arrange: ({ deployment }) =>
      deployment({ change: (cluster) => ({ ...cluster, probe: { ...timing.probe, intervallMs: 5 } }) }),
    runs: [
      { args: check, code: 2, says: /clusters\[0\]\.probe.*intervallMs.*intervalMs/s },
      { args: () => ['watch', '--json'], code: 2, says: /intervallMs/ },
    ],
  },
  {
    name: 'a wrong TSIG secret for the standby',
    arrange: ({ deployment }) => deployment({ secrets: { STANDBY_KEY: anotherSecret } }),
    runs: [
      { args: (stage) => ['publish', '--file', goodFile(stage), '--yes'], code: 1, says: /cannot be read.*BADSIG/ },
      { args: check, code: 5, says: /fail +test standby .*BADSIG/ },
    ],
  },
  {
    name: 'a wrong TSIG secret for the transfer',
    arrange: ({ deployment }) => deployment({ secrets: { TRANSFER_KEY: anotherSecret } }),
    runs: [
      { args: take, code: 3, says: /no snapshot was taken: .*BADSIG/ },
      { args: check, code: 5, says: /fail +test zone transfer: .*BADSIG/ },
    ],
  },
  {
    name: 'a CA that did not issue the certificate of the API server',
    async arrange({ deployment, file }) {
      const ca = { file: file('other-ca.pem', (await createAuthority('another authority')).certificate) };
      return deployment({ change: (cluster) => ({ ...cluster, apiServer: { ...cluster.apiServer, ca } }) });
    },
    runs: [{ args: check, code: 5, says: /fail +test api server apiserver\.tls: .*certificate/ }],
  },
  {
    name: 'a refused transfer',
    arrange: ({ deployment, withoutTransfers }) => deployment({ server: withoutTransfers }),
    runs: [{ args: take, code: 3, says: /no snapshot was taken: .*REFUSED/ }],
  },
  {
    name: 'a transfer that is cut in the middle',
    arrange: ({ deployment, relay }) => {
      relay.tcp.set({ kind: 'cut', bytes: 200 });
      return deployment();
    },
    runs: [
      {
        args: take,
        code: 3,
        says: /no snapshot was taken: .*(in the middle of a message|before the closing SOA).*/,
      },
    ],
  },
  {
    name: 'a transfer that was forged on the way',
    arrange: ({ deployment, relay }) => {
      relay.tcp.set({ kind: 'spoil', at: 150 });
      return deployment();
    },
    runs: [{ args: take, code: 3, says: /no snapshot was taken: .*BADSIG\): it was forged or changed on its way/ }],
  },
  {
    name: 'a DNS server that takes connections and says nothing in a transfer',
    arrange: ({ deployment, relay }) => {
      relay.tcp.set({ kind: 'stall' });
      return deployment();
    },
    runs: [{ args: take, code: 3, says: /no snapshot was taken: .*within \d+ ms/ }],
  },
  {
    name: 'a DNS server that says nothing at all',
    arrange: ({ deployment, relay }) => {
      relay.passUdp(false);
      relay.tcp.set({ kind: 'stall' });
      return deployment();
    },
    runs: [
      { args: take, code: 3, says: /no snapshot was taken: no CoreDNS replica is fit to be captured from/ },
      { args: check, code: 5, says: /fail +test dns \S+ dns\.answer: .*nothing within \d+ ms/ },
    ],
  },
  {
    name: 'a zone file with a bad line',
    arrange: ({ deployment }) => deployment(),
    runs: [
      {
        args: (stage) => ['plan', '--desired', badFile(stage), '--current', goodFile(stage)],
        code: 2,
        says: badLine,
      },
      { args: (stage) => ['publish', '--file', badFile(stage), '--yes'], code: 2, says: badLine },
      { args: (stage) => ['failover', '--file', badFile(stage), '--yes'], code: 2, says: badLine },
    ],
  },
];

describe.skipIf(built.status === 'absent' || system.status === 'absent')('bad input', () => {
  let stage: Stage;

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    const plane = await startControlPlane(built.parts);
    const { runFolder, kubeconfig, transferKey, api } = plane;
    const standbyKey = createTsigKey('standby.test.');
    const standby = plane.own(await startKnot({ knotd: system.servers.knotd, runFolder, zone, key: standbyKey }));
    const good = await plane.startPlain('coredns-1');
    const withoutTransfers = plane.own(
      await startCoredns({
        program: built.parts.coredns,
        runFolder,
        name: 'coredns-2',
        zone,
        corefile: ({ address, readyPort }) =>
          plainCorefile({ zone, address, readyPort, kubeconfig, ttlSeconds: 1 }).replace(
            / {4}transfer \{[^}]*\}\n/,
            '',
          ),
      }),
    );
    const relay = await startDnsRelay(good.address);
    let deployments = 0;
    stage = {
      plane,
      relay,
      withoutTransfers: withoutTransfers.address,
      standby,
      deployment({ server = relay.address, change, secrets, webhook } = {}) {
        const made = createDeployment({
          folder: join(runFolder, `lifeboat-${++deployments}`),
          zone,
          api: { url: api.url, caFile: api.caFile, token: api.tokens.watchdog },
          servers: [server],
          transferKey,
          standby: standby.address,
          standbyKey,
          ...(webhook === undefined ? {} : { webhook }),
          ...(change === undefined ? {} : { change }),
        });
        return { ...made, secrets: { ...made.secrets, ...secrets } };
      },
      file(name, text) {
        const path = join(runFolder, name);
        writeFileSync(path, text);
        return path;
      },
    };
  });

  afterAll(async () => {
    await stage?.plane.end();
    await stage?.relay.close();
  });

  it('is what these cases have: all of it works without the mistake', async () => {
    const deployment = stage.deployment();
    const taken = await runLifeboat(deployment, ['snapshot', 'take']);
    expect(taken.code, taken.stderr).toBe(0);
    const checked = await runLifeboat(deployment, ['check', '--coredns-version', 'v1.15.0']);
    console.log(checked.stdout);
    expect(checked.stdout).not.toMatch(/^fail/m);
  });

  it.each(cases)('$name', async ({ arrange, runs }) => {
    const deployment = await arrange(stage);
    try {
      for (const { args, code, says } of runs) {
        const given = args(stage);
        const result = await runLifeboat(deployment, given);
        const said = `${result.stdout}${result.stderr}`;
        console.log(`bad input: ${given.join(' ')}: exit code ${result.code}: ${said.match(says)?.[0] ?? said}`);
        expect(said).toMatch(says);
        expect(result.code).toBe(code);
        for (const secret of Object.values(deployment.secrets)) expect(said).not.toContain(secret);
      }
      expect(await markerOf(stage.standby.address)).toEqual({});
    } finally {
      stage.relay.passUdp(true);
      stage.relay.tcp.set({ kind: 'pass' });
    }
  });

  it('a token that is revoked in mid-run: unknown, a page of its own, no failover', async () => {
    const { api } = stage.plane;
    const webhook = await startWebhookReceiver();
    // The API server is away for a few seconds while it restarts: that must not be what is seen.
    const policy = { ...timing.policy, downRounds: 10, degradedRounds: 20 };
    const deployment = stage.deployment({ webhook, change: (cluster) => ({ ...cluster, policy }) });
    const watch = stage.plane.own(await startWatch(deployment));
    await watch.saw('a healthy API server', ({ verdicts }) => verdicts?.apiserver?.condition === 'healthy');
    const sinceMs = Date.now();
    api.setIdentities(['admin', 'coredns']);
    await api.restart();
    const seen = await watch.saw(
      'an unknown API server',
      ({ verdicts }) => verdicts?.apiserver?.condition === 'unknown',
      { sinceMs },
    );
    expect(seen.verdicts?.apiserver).toMatchObject({ reason: 'credential' });
    const page = await webhook.paged(`${clusterId}/credential/apiserver`, { sinceMs });
    console.log(`token revoked: page received after ${page.receivedAtMs - sinceMs} ms: ${page.summary}`);
    const status = await runLifeboat(deployment, ['status', '--json']);
    expect(status.code).toBe(6);
    expect(status.documents[0]).toMatchObject({ activation: null });
    expect(webhook.alerts.some(({ dedupKey }) => dedupKey.includes('activation'))).toBe(false);
    expect(watch.lines().some(({ phase }) => phase === 'active')).toBe(false);
    expect(readFileSync(watch.logFile, 'utf8')).not.toContain(api.tokens.watchdog);
    await webhook.close();
  });
});
