// The embedded CoreDNS as a process: how it starts, fails and ends; its HTTP endpoints; TSIG as Lifeboat's own client sees it.
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Coredns, startCoredns } from '../../../../lab/processes/coredns.ts';
import { freePort } from '../../../../lab/processes/ports.ts';
import { createRunFolder } from '../../../../lab/processes/run-folder.ts';
import { ask } from './cases/ask.ts';

const main = join(import.meta.dirname, '../../../../lab/simulators/coredns/main.ts');
const program = [process.execPath, main] as const;
const runFolder = createRunFolder();

function run(corefile: string | undefined, args = ['-conf', join(runFolder, 'Corefile')]) {
  if (corefile !== undefined) writeFileSync(join(runFolder, 'Corefile'), corefile);
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', timeout: 5_000 });
}

describe('a start that fails', () => {
  it.each([
    ['without a Corefile', undefined, [], /^usage: main\.ts -conf FILE/],
    ['with a file that is not there', undefined, ['-conf', '/no/such/Corefile'], /^ENOENT.*Corefile/],
    ['with a bad Corefile', '.:5300 {\n nope\n}\n', undefined, /^Corefile:2: the plugin "nope" is not supported/],
  ])('%s is one line and exit code 1', (_, corefile, args, message) => {
    const { status, stderr } = run(corefile, args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(status).toBe(1);
  });

  it('names the address that is taken', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { status, stderr } = run(`.:${port} {\n bind 127.0.0.1\n}\n`);
    other.close();
    expect(stderr.trim()).toBe(`cannot listen on 127.0.0.1:${port} (tcp): EADDRINUSE`);
    expect(status).toBe(1);
  });
});

async function startPlain(name: string, metricsPort: number): Promise<Coredns> {
  return startCoredns({
    program,
    runFolder,
    name,
    zone: 'example.com',
    corefile: ({ address, readyPort }) =>
      `.:${address.port} {\n errors\n log\n loop\n reload\n ready 127.0.0.1:${readyPort}\n health 127.0.0.1:${metricsPort} {\n lameduck 5s\n }\n prometheus 127.0.0.1:${metricsPort}\n}\n`,
  });
}

describe('a process that runs', () => {
  it('is there soon, tells its health, version and counts, and ends within a second with its ports free', async () => {
    const httpPort = await freePort();
    const startedAt = performance.now();
    const server = await startPlain('plain', httpPort);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await ask(server.address, 'web.example.com. A');
    const text = await fetch(`http://127.0.0.1:${httpPort}/metrics`).then((response) => response.text());
    expect(text).toContain('coredns_build_info{goversion="",revision="",version="1.15.0"} 1');
    expect(text).toMatch(/^coredns_dns_requests_total\{zone="\.",proto="udp",type="A"\} 1$/m);
    expect((await fetch(`http://127.0.0.1:${httpPort}/health`)).status).toBe(200);
    expect(await server.readyStatus()).toBe(200);
    server.freeze();
    await expect(ask(server.address, 'web.example.com. A', { timeoutMs: 200 })).rejects.toThrow('no answer');
    server.thaw();
    await expect
      .poll(() => ask(server.address, 'web.example.com. A').then(({ rcode }) => rcode), { timeout: 8_000 })
      .toBe('SERVFAIL');
    const stoppedAt = performance.now();
    await server.stop();
    expect(performance.now() - stoppedAt).toBeLessThan(1_000);
    await server.restart();
    await server.stop();
  });

  it('ends when the process that started it is gone', async () => {
    const port = await freePort();
    writeFileSync(join(runFolder, 'Orphan'), `.:${port} {\n bind 127.0.0.1\n}\n`);
    const code = `const child = require('node:child_process').spawn(process.execPath, ${JSON.stringify([main, '-conf', join(runFolder, 'Orphan')])}, { stdio: 'ignore', detached: true }); console.log(child.pid); setTimeout(() => process.exit(0), 1500);`;
    const parent = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(text))));
    const isThere = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    expect(isThere()).toBe(true);
    await expect.poll(isThere, { timeout: 6_000 }).toBe(false);
  });
});
