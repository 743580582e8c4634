// The embedded API server as a process: its ends, its restarts, a slow watcher, and a flood by one identity.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KubeApiserver, startKubeApiserver } from '../../../../lab/processes/kube-apiserver.ts';
import { expectStatus } from '../../../../lab/processes/kubernetes-client.ts';
import { poll } from '../../../../lab/processes/poll.ts';
import { freePort } from '../../../../lab/processes/ports.ts';
import { type Program, runToEnd } from '../../../../lab/processes/process.ts';
import { createRunFolder } from '../../../../lab/processes/run-folder.ts';
import { loadEndpointSlices, startOverload } from '../../../../lab/scenario/overload.ts';
import { startWatch } from './watch-client.ts';

const program: Program = [
  process.execPath,
  join(import.meta.dirname, '../../../../lab/simulators/kube-apiserver/main.ts'),
];
const endpointSlices = '/apis/discovery.k8s.io/v1/endpointslices';
const configMaps = '/api/v1/namespaces/default/configmaps';

/** The flags of a server with files that another one was started with, on a port and in a folder of its own. */
async function flagsLike(api: KubeApiserver, runFolder: string, name: string): Promise<string[]> {
  const file = (each: string): string => join(runFolder, 'kube-apiserver', each);
  return [
    `--data-dir=${join(runFolder, name)}`,
    `--secure-port=${await freePort()}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    `--token-auth-file=${file('tokens.csv')}`,
    `--client-ca-file=${api.caFile}`,
    `--tls-cert-file=${file('serving.crt')}`,
    `--tls-private-key-file=${file('serving.key')}`,
  ];
}

describe('the process', () => {
  const runFolder = createRunFolder();
  let api: KubeApiserver;
  beforeAll(async () => {
    api = await startKubeApiserver({ program, runFolder });
  }, 30_000);
  afterAll(() => api.kill());

  const serving = (port: number) =>
    poll('an answer', () =>
      fetch(`https://127.0.0.1:${port}/readyz`).then(
        () => true,
        // The certificate is not known to fetch: that is an answer.
        (error: Error) => (String(error.cause).includes('ECONNREFUSED') ? undefined : true),
      ),
    );

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends within a second on %s, with 0, and frees its port',
    async (signal) => {
      const flags = await flagsLike(api, runFolder, signal);
      const port = Number(flags[1]?.split('=')[1]);
      for (let round = 0; round < 2; round++) {
        const child = spawn(program[0], [...program.slice(1), ...flags], { stdio: 'ignore' });
        await serving(port);
        const startedAtMs = Date.now();
        child.kill(signal);
        expect(await once(child, 'exit')).toEqual([0, null]);
        expect(Date.now() - startedAtMs).toBeLessThan(1_000);
      }
    },
    30_000,
  );

  it('ends when its parent is gone', async () => {
    const flags = await flagsLike(api, runFolder, 'orphan');
    const script = '"$@" & echo $!; sleep 60';
    const shell: ChildProcess = spawn('sh', ['-c', script, 'sh', ...program, ...flags], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(shell.stdout ?? shell, 'data')) as [Buffer];
    const pid = Number(String(line));
    await serving(Number(flags[1]?.split('=')[1]));
    shell.kill('SIGKILL');
    const isGone = () => {
      try {
        process.kill(pid, 0);
        return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')) || undefined;
      } catch {
        return true;
      }
    };
    await poll('end of the orphan', isGone, { timeoutMs: 5_000 });
  }, 30_000);

  it('says in one line why it does not start', async () => {
    const flags = await flagsLike(api, runFolder, 'never');
    for (const [change, message] of [
      [`--secure-port=${api.port}`, /^kube-apiserver: listen EADDRINUSE.*\n$/],
      ['--token-auth-file=no-such-file', /^kube-apiserver: ENOENT.*no-such-file.*\n$/],
      ['--feature-gates=A=true', /^kube-apiserver: Unknown option '--feature-gates'.*\n$/],
      [`--data-dir=${api.caFile}`, /^kube-apiserver: .*ca\.crt.*\n$/],
    ] as const) {
      const ended = await runToEnd({ program, args: [...flags, change], timeoutMs: 10_000 });
      expect([ended.code, ended.stderr], change).toEqual([1, expect.stringMatching(message)]);
    }
  }, 30_000);

  it('has everything after kill -9, and tells a watcher from before to list again', async () => {
    const made = await api.admin.request('POST', configMaps, { metadata: { name: 'kept' }, data: { k: 'v' } });
    await api.admin.request('POST', configMaps, { metadata: { name: 'gone' } });
    await api.admin.request('DELETE', `${configMaps}/gone`);
    await api.restart();
    const kept = await api.admin.request('GET', `${configMaps}/kept`);
    expect(kept.body).toEqual(made.body);
    expect((await api.admin.request('GET', `${configMaps}/gone`)).status).toBe(404);
    const watcher = await startWatch(api, 'admin', `${configMaps}?watch=1&resourceVersion=1`);
    await watcher.until(1);
    expect(watcher.events[0]).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    await poll('end of the watch', () => watcher.isOver || undefined);
    const { metadata } = kept.body as { metadata: { resourceVersion: string } };
    const next = await api.admin.patch(`${configMaps}/kept`, { data: { k: 'w' } });
    expect(
      Number((next.body as typeof kept.body & { metadata: { resourceVersion: string } }).metadata.resourceVersion),
    ).toBe(Number(metadata.resourceVersion) + 3);
  }, 30_000);

  it('answers a body that never ends, and one without end, and closes the connection', async () => {
    const flags = await flagsLike(api, runFolder, 'deadline');
    const port = Number(flags[1]?.split('=')[1]);
    const child = spawn(program[0], [...program.slice(1), ...flags, '--request-timeout=1s'], { stdio: 'ignore' });
    await serving(port);
    for (const [bytes, expected] of [
      [100, 504],
      [3_300_000, 413],
    ] as const) {
      const headers = { authorization: `Bearer ${api.tokens.admin}`, 'content-length': 4_000_000 };
      const url = `https://127.0.0.1:${port}${configMaps}`;
      const outgoing = request(url, { method: 'POST', ca: readFileSync(api.caFile), headers, agent: false });
      outgoing.write('x'.repeat(bytes));
      const [{ statusCode, headers: answered }] = await once(outgoing, 'response');
      expect([statusCode, answered.connection]).toEqual([expected, 'close']);
      outgoing.on('error', () => {}).destroy();
    }
    child.kill();
  }, 30_000);

  it('goes on after it was frozen', async () => {
    api.freeze();
    await sleep(200);
    api.thaw();
    expect((await api.admin.request('GET', '/readyz')).status).toBe(200);
  });

  it('cuts off a watcher that takes nothing, and nobody else', async () => {
    const query = `${configMaps}?watch=1&resourceVersion=0&fieldSelector=metadata.name%3Dbig`;
    await api.admin.request('POST', configMaps, { metadata: { name: 'big' } });
    const [slow, quick] = [await startWatch(api, 'admin', query), await startWatch(api, 'admin', query)];
    await Promise.all([slow.until(1), quick.until(1)]);
    slow.pause();
    const changes = 1_300;
    for (let i = 0; i < changes; i++) {
      // More than what the kernel's buffers of one connection hold, together.
      expectStatus(await api.admin.patch(`${configMaps}/big`, { data: { k: `${i}${'x'.repeat(20_000)}` } }), 'patch');
    }
    await quick.until(1 + changes);
    slow.resume();
    await poll('end of the slow watch', () => slow.isOver || undefined);
    expect(slow.events.length).toBeLessThan(changes);
    expect(quick.isOver).toBe(false);
    quick.close();
  }, 60_000);
});

describe('a full disk', () => {
  it('is a 500 for writes alone, and leaves everything as it was', async () => {
    // A limit on the size of files stands in for it: EFBIG, after half a line.
    const limited: Program = ['sh', '-c', 'ulimit -f 512; exec "$@"', 'sh', ...program];
    const api = await startKubeApiserver({ program: limited, runFolder: createRunFolder() });
    const put = (k: string) => api.admin.patch(`${configMaps}/a`, { data: { k } });
    await api.admin.request('POST', configMaps, { metadata: { name: 'a' } });
    let last = await put('first');
    for (let i = 0; i < 50; i++) {
      const next = await put(`${i}${'x'.repeat(50_000)}`);
      if (next.status !== 200) {
        expect([next.status, (next.body as { reason: string }).reason]).toEqual([500, 'InternalError']);
        break;
      }
      last = next;
    }
    const get = async () => (await api.admin.request('GET', `${configMaps}/a`)).body;
    expect(await get()).toEqual(last.body);
    expect((await api.admin.request('GET', '/readyz')).status).toBe(200);
    expect((await put('small')).status).toBe(200);
    await api.restart();
    expect(await get()).toMatchObject({ data: { k: 'small' } });
    await api.kill();
  }, 30_000);
});

describe('a flood by one identity', () => {
  const runFolder = createRunFolder();
  let api: KubeApiserver;
  beforeAll(async () => {
    api = await startKubeApiserver({ program, runFolder, overloadable: true });
    await loadEndpointSlices(api.admin, { slices: 400, endpointsEach: 100 });
  }, 60_000);
  afterAll(() => api.kill());

  it('makes the reads of others slow, then refused, while health stays quick and green; then all is well again', async () => {
    const watchdog = api.client('watchdog', { timeoutMs: 10_000 });
    const get = async (path: string) => {
      const startedAtMs = performance.now();
      const { status } = await watchdog.request('GET', path);
      return { status, ms: performance.now() - startedAtMs };
    };
    const read = () => get('/api/v1/namespaces/default');
    const quickest = async () => Math.min(...(await Promise.all([read(), read(), read()])).map(({ ms }) => ms));
    const calmMs = await quickest();
    const watcher = await startWatch(
      api,
      'coredns',
      `${endpointSlices}?watch=1&resourceVersion=0&labelSelector=canary`,
    );

    // Some in seats, some in the queue, but places left.
    const some = await startOverload({ api, runFolder, connections: 60 });
    const slow = await poll('a slow read', async () => {
      const one = await read();
      return one.status === 200 && one.ms > Math.max(100, 5 * calmMs) ? one : undefined;
    });
    const many = await startOverload({ api, runFolder, connections: 140 });
    await poll('a refused read', async () => ((await read()).status === 429 ? true : undefined), { timeoutMs: 30_000 });
    const health: number[] = [];
    let refused = 0;
    for (let i = 0; i < 10; i++) {
      const { status, ms } = await get('/readyz');
      expect(status).toBe(200);
      health.push(ms);
      if ((await read()).status === 429) refused++;
      await sleep(50);
    }
    expect(Math.max(...health), `health took ${health}`).toBeLessThan(1_500);
    expect(refused).toBeGreaterThan(5);
    // The exempt level goes on, and what it changes reaches watchers.
    const path = '/apis/discovery.k8s.io/v1/namespaces/bulk/endpointslices/bulk-0-1';
    expectStatus(await api.admin.patch(path, { metadata: { labels: { canary: 'y' } } }), 'patch');
    expect(await watcher.until(1)).toEqual(['ADDED bulk-0-1']);

    await Promise.all([some.kill(), many.kill()]);
    await poll('quick reads', async () => ((await quickest()) < slow.ms / 2 ? true : undefined), { timeoutMs: 10_000 });
    expect((await read()).status).toBe(200);
    watcher.close();
    watchdog.close();
  }, 120_000);

  it('compresses a long list for who takes gzip, as pieces that belong together', async () => {
    const url = `${api.url}${endpointSlices}?limit=300`;
    const headers = { authorization: `Bearer ${api.tokens.admin}`, 'accept-encoding': 'gzip' };
    const chunks: Buffer[] = [];
    const outgoing = request(url, { ca: readFileSync(api.caFile), headers, agent: false }).end();
    const [incoming] = await once(outgoing, 'response');
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    expect(incoming.headers['content-encoding']).toBe('gzip');
    const { items } = JSON.parse(gunzipSync(Buffer.concat(chunks)).toString()) as { items: readonly object[] };
    expect(items).toHaveLength(300);
  });
});
