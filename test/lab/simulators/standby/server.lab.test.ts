// The embedded server as a process: the list of cases, and what only a process can show: kill -9, a full disk, signals, its parent, many records.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { answersSoa } from '../../../../lab/processes/dns-client.ts';
import type { Authoritative } from '../../../../lab/processes/knot.ts';
import { startLabStandby } from '../../../../lab/processes/lab-standby.ts';
import { poll } from '../../../../lab/processes/poll.ts';
import { freePort } from '../../../../lab/processes/ports.ts';
import { type Program, runToEnd } from '../../../../lab/processes/process.ts';
import { createRunFolder, partFolder } from '../../../../lab/processes/run-folder.ts';
import { createTsigKey } from '../../../../lab/processes/zone.ts';
import { type Client, createClient, secretOf } from './cases/client.ts';
import { caseZone, caseZoneFile, describeServer } from './cases/index.ts';

const main = join(import.meta.dirname, '../../../../lab/simulators/standby/main.ts');
const key = createTsigKey('standby.test.');
const runFolder = createRunFolder();
let servers: Authoritative[] = [];
let started = 0;
afterEach(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  servers = [];
});

async function start(options: { readonly zoneFile?: string; readonly program?: Program } = {}): Promise<Authoritative> {
  started += 1;
  const name = `standby-${started}`;
  const server = await startLabStandby({
    runFolder,
    zone: 'cluster.local',
    key,
    zoneFile: caseZoneFile,
    name,
    ...options,
  });
  servers.push(server);
  return server;
}

const clientOf = (server: Authoritative): Client => createClient(server.address, caseZone, secretOf(key));
const ownRecords = async (client: Client) =>
  (await client.transfer('AXFR')).answers.filter((line) => /^n\d+\./.test(line)).map((line) => line.split('.')[0]);

describeServer({
  name: 'the embedded server',
  key,
  start: () =>
    startLabStandby({ runFolder, zone: 'cluster.local', key, zoneFile: caseZoneFile, name: 'standby-cases' }),
});

describe('what was confirmed', () => {
  it('outlives kill -9 in the middle of updates, and nothing is there by half', async () => {
    const server = await start();
    const client = clientOf(server);
    const confirmed: string[] = [];
    for (let round = 0; round < 4; round++) {
      const updating = (async () => {
        for (let i = 0; i < 1_000; i++) {
          const name = `n${round * 1_000 + i}`;
          // Two records in one update.
          const lines = [`${name} 30 IN A 10.0.0.1`, `${name} 30 IN TXT "t"`];
          const reply = await client.update(lines).catch(() => undefined);
          if (reply?.rcode !== 'NOERROR') return;
          confirmed.push(name);
        }
      })();
      const enough = 15 * (round + 1);
      await poll('updates', () => (confirmed.length >= enough ? true : undefined), { everyMs: 1 });
      await server.kill();
      await updating;
      await server.restart();
      const there = await ownRecords(client);
      const names = new Set(there);
      expect(there).toHaveLength(2 * names.size);
      expect(confirmed.filter((name) => !names.has(name))).toEqual([]);
      // The one that was under way when it was killed may be there without having been confirmed.
      expect(names.size - confirmed.length).toBeLessThanOrEqual(round + 1);
    }
  });

  it('is all that is there when the disk was full', async () => {
    // Linux: no file may grow beyond this many kB; a write fails in its middle.
    const program: Program = ['bash', '-c', 'ulimit -f 16; exec "$0" "$@"', process.execPath, main];
    const server = await start({ program });
    const client = clientOf(server);
    const value = 'x'.repeat(200);
    let confirmed = 0;
    let refused = 0;
    for (let i = 0; i < 100; i++) {
      const { rcode } = await client.update([`n${i} 30 IN TXT "${value}"`]);
      expect(['NOERROR', 'SERVFAIL']).toContain(rcode);
      if (rcode === 'NOERROR') confirmed += 1;
      else refused += 1;
      if (rcode === 'SERVFAIL') expect(await client.ask(`n${i} TXT`)).toMatchObject({ rcode: 'NXDOMAIN' });
      if (refused > 3) break;
    }
    expect(confirmed).toBeGreaterThan(10);
    expect(refused).toBeGreaterThan(3);
    expect(readFileSync(server.logFile, 'utf8')).toContain('UPDATE SERVFAIL: 2 sets cannot be kept: EFBIG');
    await server.restart();
    expect(await ownRecords(client)).toHaveLength(confirmed);
    expect(readFileSync(server.logFile, 'utf8')).not.toContain('was torn');
  });

  it('is there without a last entry that was torn', async () => {
    const server = await start();
    const client = clientOf(server);
    await client.update(['n1 30 IN A 10.0.0.1']);
    const serial = await client.serial();
    await server.kill();
    appendFileSync(join(runFolder, server.name, 'data', 'zone.journal'), '01234567 [{"name":"n2.clus');
    await server.restart();
    expect(await client.serial()).toBe(serial);
    expect(await ownRecords(client)).toEqual(['n1']);
    expect(readFileSync(server.logFile, 'utf8')).toContain('was torn and is dropped');
  });
});

describe('a process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 within a second of %s, and frees its ports', async (signal) => {
    const { child, address, args } = await launch();
    expect(await answersSoa(address, 'cluster.local')).toBe(true);
    const exited = once(child, 'exit');
    const startedAt = Date.now();
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
    expect(Date.now() - startedAt).toBeLessThan(1_000);
    const again = spawn(process.execPath, [main, ...args], { stdio: 'ignore' });
    await poll('answer', async () => (await answersSoa(address, 'cluster.local')) || undefined);
    again.kill('SIGKILL');
  });

  it('goes on after SIGSTOP and SIGCONT', async () => {
    const server = await start();
    const client = clientOf(server);
    server.freeze();
    const waiting = client.update(['n1 30 IN A 10.0.0.1']);
    await sleep(200);
    server.thaw();
    expect(await waiting).toMatchObject({ rcode: 'NOERROR' });
  });

  it('ends when its parent is gone', async () => {
    const { args, address } = await prepare();
    const command = `"$0" "$@" & echo $!; read line`;
    const parent = spawn('bash', ['-c', command, process.execPath, main, ...args], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const pid = Number((await once(parent.stdout, 'data'))[0]);
    await poll('answer', async () => (await answersSoa(address, 'cluster.local')) || undefined);
    parent.kill('SIGKILL');
    await poll('end of the process', () => (isAlive(pid) ? undefined : true), { timeoutMs: 5_000 });
  });

  it('says that its port is taken, and leaves the data of the other alone', async () => {
    const server = await start();
    const { args } = await prepare({ listen: `127.0.0.1:${server.address.port}` });
    const { code, stderr } = await runToEnd({ program: [process.execPath, main], args, timeoutMs: 10_000 });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^standby: .*EADDRINUSE.*127\.0\.0\.1:\d+\n$/)]);
    expect(existsSync(args.at(-1) ?? '')).toBe(false);
  });

  it.each([
    [
      'an address that is not loopback',
      ['--listen', '192.0.2.1:53'],
      '--listen 192.0.2.1:53 is not a loopback address',
    ],
    ['a flag that is not known', ['--verbose'], "Unknown option '--verbose'"],
    ['a zone file of another zone', ['--zone', 'other.local'], 'the SOA is of cluster.local., not of other.local.'],
    [
      'a folder that cannot be made',
      ['--data-dir', '/proc/nowhere'],
      "ENOENT: no such file or directory, mkdir '/proc/nowhere'",
    ],
  ])('says in one line what is wrong: %s', async (_, more, reason) => {
    const { args } = await prepare();
    const all = [...args, ...more];
    const { code, stderr } = await runToEnd({ program: [process.execPath, main], args: all, timeoutMs: 10_000 });
    expect([code, stderr.trimEnd().split('\n')]).toEqual([1, [expect.stringMatching(/^standby: /)]]);
    expect(stderr).toContain(reason);
    expect(stderr).not.toContain(key.secret);
  });
});

describe('a connection', () => {
  it('takes requests one after the other, octet by octet, and a half that is closed', async () => {
    const server = await start();
    const ask = (id: number) => {
      const head = Buffer.from([id >> 8, id & 255, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
      const message = Buffer.concat([head, Buffer.from('\x07cluster\x05local\0\0\x06\0\x01', 'latin1')]);
      return Buffer.concat([Buffer.from([0, message.length]), message]);
    };
    const socket = connect({ ...server.address, noDelay: true, allowHalfOpen: true });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    for (const octet of ask(1)) {
      socket.write(Buffer.of(octet));
      await sleep(1);
    }
    socket.write(Buffer.concat([ask(2), ask(3)]));
    socket.end();
    await once(socket, 'end');
    const bytes = Buffer.concat(chunks);
    const ids: number[] = [];
    for (let at = 0; at < bytes.length; at += 2 + bytes.readUInt16BE(at)) ids.push(bytes.readUInt16BE(at + 2));
    expect(ids).toEqual([1, 2, 3]);
  });
});

it('holds 100,000 records: starts, transfers, changes and starts again in reasonable time', {
  timeout: 60_000,
}, async () => {
  const count = 100_000;
  const lines = Array.from({ length: count }, (_, i) => `n${i}.svc 30 IN A 10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  const server = await start({ zoneFile: `${caseZoneFile}${lines.join('\n')}\n` });
  const client = clientOf(server);
  const whole = await client.transfer('AXFR');
  expect(whole).toMatchObject({ rcode: 'NOERROR', tsig: 'good' });
  expect(await client.update(['n1.svc 30 IN A 10.9.9.9'])).toMatchObject({ rcode: 'NOERROR' });
  await server.restart();
  const again = await client.transfer('AXFR');
  expect([whole.answers.length, again.answers.length]).toEqual([count + 4, count + 5]);
});

/** Arguments and files of its own, and a free address. */
async function prepare({ listen }: { readonly listen?: string } = {}) {
  started += 1;
  const folder = partFolder(runFolder, `prepared-${started}`);
  const files = { zone: join(folder, 'zone'), key: join(folder, 'key') };
  writeFileSync(files.zone, caseZoneFile);
  writeFileSync(files.key, `key "${key.name}" { algorithm ${key.algorithm}; secret "${key.secret}"; };\n`);
  const address = { host: '127.0.0.1', port: await freePort() };
  const args = [
    '--listen',
    listen ?? `127.0.0.1:${address.port}`,
    '--zone',
    'cluster.local',
    '--zone-file',
    files.zone,
  ];
  return { address, args: [...args, '--key-file', files.key, '--data-dir', join(folder, 'data')] };
}

async function launch() {
  const { address, args } = await prepare();
  const child = spawn(process.execPath, [main, ...args], { stdio: 'ignore' });
  await poll('answer', async () => (await answersSoa(address, 'cluster.local')) || undefined);
  return { child, address, args };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
