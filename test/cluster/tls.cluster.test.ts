// From real workerd to the real kube-apiserver and to CoreDNS over TLS, with the cluster's own authority and a client certificate.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestHarness, type TestHarness } from 'wrangler';
import type { Observation } from '../../functions/decision/health/observation.ts';
import type { Refused, Transferred } from '../../functions/dnswire/axfr.ts';
import { ensureParts } from '../../lab/binaries/build.ts';
import { type Authority, type Certificate, createAuthority } from '../../lab/processes/certificates.ts';
import { type Coredns, startCoredns } from '../../lab/processes/coredns.ts';
import { startEtcd } from '../../lab/processes/etcd.ts';
import { type KubeApiserver, startKubeApiserver } from '../../lab/processes/kube-apiserver.ts';
import { poll } from '../../lab/processes/poll.ts';
import type { Running } from '../../lab/processes/process.ts';
import { createRunFolder } from '../../lab/processes/run-folder.ts';
import { createTsigKey } from '../../lab/processes/zone.ts';
import type { Round } from './worker/worker.ts';

const built = await ensureParts();

describe.skipIf(built.status === 'absent')('a Worker and the real parts over TLS', () => {
  const running: Running[] = [];
  const runFolder = createRunFolder();
  const tsig = createTsigKey('watchdog.test.');
  let api: KubeApiserver;
  let coredns: Coredns;
  let client: Certificate;
  let stranger: Authority;
  let worker: TestHarness;

  beforeAll(async () => {
    if (built.status === 'absent') return;
    const etcd = await startEtcd({ program: built.parts.etcd, runFolder });
    running.push(etcd);
    api = await startKubeApiserver({ program: built.parts.kubeApiserver, runFolder, etcdUrl: etcd.url });
    running.push(api);
    client = await api.authority.issueClient('watchdog', []);
    stranger = await createAuthority('Strange Root');
    const files = await writeServing(await api.authority.issueServer([], ['127.0.0.1']));
    const kubeconfig = join(runFolder, 'coredns.kubeconfig');
    api.writeKubeconfig(kubeconfig, 'coredns');
    coredns = await startCoredns({
      program: built.parts.coredns,
      runFolder,
      name: 'coredns-tls',
      zone: 'cluster.local',
      until: 'nothing',
      corefile: ({ address, readyPort }) => `tls://cluster.local:${address.port} {
    bind ${address.host}
    errors
    ready 127.0.0.1:${readyPort}
    tls ${files.certificate} ${files.key} ${api.caFile} {
        client_auth require_and_verify
    }
    tsig {
        secret ${tsig.name} ${tsig.secret}
        require AXFR IXFR
    }
    kubernetes cluster.local {
        kubeconfig ${kubeconfig} test
        pods insecure
        ttl 30
    }
    transfer {
        to *
    }
}
`,
    });
    running.push(coredns);
    await poll('ready CoreDNS', async () => ((await coredns.readyStatus()) === 200 ? true : undefined));
    worker = createTestHarness({ workers: [{ configPath: join(import.meta.dirname, 'worker/wrangler.toml') }] });
    await worker.listen();
  });

  afterAll(async () => {
    await worker?.close();
    for (const part of running.toReversed()) await part.stop();
  });

  async function writeServing({ certificate, key }: Certificate): Promise<Certificate> {
    const write = (name: string, text: string): string => {
      const file = join(runFolder, name);
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    };
    return { certificate: write('dns.crt', certificate), key: write('dns.key', key) };
  }

  async function look(secrets: Round['secrets']) {
    const round: Round = { apiUrl: api.url, server: coredns.address, tsig, secrets };
    const response = await worker.fetch('/', { method: 'POST', body: JSON.stringify(round) });
    const { observations, transfer } = (await response.json()) as {
      observations: readonly Observation[];
      transfer: Transferred | Refused;
    };
    for (const { signal, condition, evidence } of observations) console.log(signal, condition, evidence);
    return { lines: observations.map(({ signal, condition, reason }) => `${signal} ${condition} ${reason}`), transfer };
  }

  it('sees both healthy, and takes a signed transfer', async () => {
    const seen = await look({ CA: api.authority.certificate, CERTIFICATE: client.certificate, KEY: client.key });
    expect(seen.lines).toEqual([
      'apiserver.connect up none',
      'apiserver.tls up none',
      'apiserver.live up none',
      'apiserver.ready up none',
      'apiserver.read up none',
      'apiserver.write up none',
      'dns.answer up none',
      'dns.serial up none',
    ]);
    expect(seen.transfer).toMatchObject({ status: 'transferred', signed: true });
  });

  it('calls both unknown when the authority is another', async () => {
    const seen = await look({ CA: stranger.certificate, CERTIFICATE: client.certificate, KEY: client.key });
    expect(seen.lines).toContain('apiserver.tls unknown tls');
    expect(seen.lines).toContain('dns.answer unknown tls');
    expect(seen.transfer).toMatchObject({ status: 'refused', reason: 'tls' });
  });

  it('says that CoreDNS refuses another client certificate', async () => {
    const { certificate: CERTIFICATE, key: KEY } = await stranger.issueClient('watchdog', []);
    const seen = await look({ CA: api.authority.certificate, CERTIFICATE, KEY });
    expect(seen.lines).toContain('apiserver.read unknown credential');
    expect(seen.lines).toContain('dns.answer unknown tls');
    expect(seen.transfer).toMatchObject({ status: 'refused', reason: 'tls' });
  });
});
