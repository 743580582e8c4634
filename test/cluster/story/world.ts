// The whole stage of the story: a control plane, CoreDNS as it comes and with the generated wiring, a node cache with the generated wiring,
// a standby zone on Knot behind a relay that counts, an on-call service, and a deployment of Lifeboat that is not started yet.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Parts } from '../../../lab/binaries/build.ts';
import type { DnsServers } from '../../../lab/binaries/dns-servers.ts';
import { type Coredns, startCoredns } from '../../../lab/processes/coredns.ts';
import type { DnsAddress } from '../../../lab/processes/dns-client.ts';
import { type DnsRelay, startDnsRelay } from '../../../lab/processes/dns-relay.ts';
import { type Authoritative, startKnot } from '../../../lab/processes/knot.ts';
import { type Deployment, runLifeboat } from '../../../lab/processes/lifeboat-process.ts';
import { type PagerDutyReceiver, startPagerDutyReceiver } from '../../../lab/processes/pagerduty-receiver.ts';
import { freePort } from '../../../lab/processes/ports.ts';
import { partFolder } from '../../../lab/processes/run-folder.ts';
import { createTsigKey, type TsigKey } from '../../../lab/processes/zone.ts';
import { type ControlPlane, startControlPlane, zone } from '../../../lab/scenario/control-plane.ts';
import { createDeployment, type DeploymentOptions, textOf } from '../../../lab/scenario/deployment.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../processes/webhook-receiver.ts';

export interface World extends ControlPlane {
  /** As it comes: what the node cache has before it, and what some clients ask. */
  readonly plain: Coredns;
  /** With the generated `coredns` wiring; clients ask `address`, Lifeboat `live`. */
  readonly wired: Coredns & { readonly live: DnsAddress };
  /** With the generated `nodelocal` wiring before `plain`. */
  readonly nodeCache: Coredns;
  readonly standby: Authoritative;
  readonly standbyKey: TsigKey;
  /** The way of both wirings to the standby; Lifeboat goes there directly. */
  readonly relay: DnsRelay;
  readonly webhook: WebhookReceiver;
  readonly pagerduty: PagerDutyReceiver;
  readonly deployment: Deployment;
}

export interface WorldOptions {
  readonly overloadable?: boolean;
  /** A change to the cluster in Lifeboat's configuration. */
  readonly change?: DeploymentOptions['change'];
  readonly extra?: DeploymentOptions['extra'];
  readonly platform?: DeploymentOptions['platform'];
}

const loopback = '127.0.0.1';
/** A port that refuses: names outside the cluster go nowhere in a test. */
const nowhere = `${loopback}:9`;

/** Starts everything but the watch; some 6 s. */
export async function startWorld(parts: Parts, servers: DnsServers, options: WorldOptions = {}): Promise<World> {
  const { overloadable = false, change, extra, platform = 'node' } = options;
  const plane = await startControlPlane(parts, { overloadable });
  const { runFolder, api, transferKey } = plane;
  const standbyKey = createTsigKey('standby.test.');
  const standby = plane.own(await startKnot({ knotd: servers.knotd, runFolder, zone, key: standbyKey }));
  const relay = await startDnsRelay(standby.address);
  const [webhook, pagerduty] = [await startWebhookReceiver(), await startPagerDutyReceiver()];
  const plain = await plane.startPlain('coredns-plain');
  const live = { host: loopback, port: await freePort() };
  const deployment = createDeployment({
    folder: join(runFolder, 'lifeboat'),
    zone,
    api: { url: api.url, caFile: api.caFile, token: api.tokens.watchdog },
    servers: [live, plain.address],
    transferKey,
    standby: standby.address,
    standbyKey,
    webhook,
    pagerduty,
    platform,
    ...(change === undefined ? {} : { change }),
    ...(extra === undefined ? {} : { extra }),
  });
  const wired = plane.own(Object.assign(await startWired(plane, deployment, relay, live), { live }));
  const nodeCache = plane.own(await startNodeCache(plane, deployment, relay, plain));
  return {
    ...plane,
    plain,
    wired,
    nodeCache,
    standby,
    standbyKey,
    relay,
    webhook,
    pagerduty,
    deployment,
    async end() {
      await plane.end();
      await Promise.all([relay.close(), webhook.close(), pagerduty.close()]);
    },
  };
}

/** What `lifeboat wiring` prints. */
async function wiring(deployment: Deployment, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runLifeboat(deployment, ['wiring', ...args]);
  if (code !== 0) throw new Error(`lifeboat wiring ${args[0]} ended with ${code}: ${stderr}`);
  return stdout;
}

async function startWired(plane: ControlPlane, deployment: Deployment, relay: DnsRelay, live: DnsAddress) {
  const { runFolder, transferKey, kubeconfig, parts } = plane;
  const name = 'coredns-wired';
  const keyFile = join(partFolder(runFolder, name), 'keys');
  const { name: keyName, algorithm, secret } = transferKey;
  const lines = [`key "${keyName}" {`, `  algorithm ${algorithm};`, `  secret "${secret}";`, '};', ''];
  writeFileSync(keyFile, lines.join('\n'), { mode: 0o600 });
  const [port, readyPort, health, metrics] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const text = await wiring(deployment, [
    'coredns',
    ...['--bind', loopback, '--port', `${port}`, '--live-port', `${live.port}`, '--tsig-file', keyFile],
    ...['--standby', textOf(relay.address), '--upstream', nowhere],
    ...['--kubernetes-option', `kubeconfig ${kubeconfig} test`, 'startup_timeout 1s'],
    ...['--health', `${loopback}:${health}`, '--ready', `${loopback}:${readyPort}`],
    ...['--metrics', `${loopback}:${metrics}`],
  ]);
  return startCoredns({ program: parts.coredns, runFolder, name, zone, port, readyPort, corefile: () => text });
}

async function startNodeCache(plane: ControlPlane, deployment: Deployment, relay: DnsRelay, kubeDns: Coredns) {
  const { runFolder, parts } = plane;
  const [port, health, metrics] = [await freePort(), await freePort(), await freePort()];
  const text = await wiring(deployment, [
    'nodelocal',
    ...['--bind', loopback, '--port', `${port}`, '--kube-dns', textOf(kubeDns.address)],
    ...['--standby', textOf(relay.address), '--upstream', nowhere],
    ...['--health', `${loopback}:${health}`, '--metrics', `${loopback}:${metrics}`],
  ]);
  const name = 'node-cache';
  return startCoredns({
    program: parts.coredns,
    runFolder,
    name,
    zone,
    port,
    until: 'answering',
    corefile: () => text,
  });
}
