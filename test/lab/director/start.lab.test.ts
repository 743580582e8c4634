// `npm start` as a newcomer, a machine and an impatient person use it: what it prints, how it ends, and that nothing of it stays behind.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Summary } from '../../../lab/director/summary.ts';
import { canOpenSessions, openSession, seen } from './session.ts';

const root = join(import.meta.dirname, '../../..');
const lab = join(root, '.lab');
const home = mkdtempSync(join(tmpdir(), 'lifeboat-home-'));
const temporary = join(home, 'tmp');
mkdirSync(temporary);
const own = {
  HOME: home,
  TMPDIR: temporary,
  XDG_CONFIG_HOME: '',
  XDG_CACHE_HOME: '',
  npm_config_update_notifier: 'false',
};
/** npm writes a log of its own run; Node keeps what it compiled of npm. */
const notOurs = ['.npm', 'tmp', 'node-compile-cache'];

afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function npmStart(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn('npm', ['start', '--', ...args], {
    cwd: root,
    env: { ...process.env, ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? -1, ...text })));
}

/** Processes that were started from a run's folder or belong to the lab. */
function processesLeft(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(`${lab}/`) || line.includes(join(root, 'lab/main.ts')) ? [line] : [];
      } catch {
        return [];
      }
    });
}

function filesLeft(): readonly string[] {
  return [
    ...(existsSync(lab) ? readdirSync(lab) : []),
    ...[...readdirSync(home), ...readdirSync(temporary)].filter((name) => !notOurs.includes(name)),
  ];
}

async function expectNothingLeft(): Promise<void> {
  await expect.poll(processesLeft, { timeout: 5_000 }).toEqual([]);
  expect(filesLeft()).toEqual([]);
}

describe('npm start -- --once --json', () => {
  let ended: Ended;
  let summary: Summary;
  let changedBefore: string;
  const changed = () => spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }).stdout;

  beforeAll(async () => {
    changedBefore = changed();
    ended = await npmStart(['--once', '--json']);
    console.log(ended.stderr);
    console.log(ended.stdout);
    summary = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '') as Summary;
  });

  it('exits 0, having seen every fault', () => {
    expect(ended.code).toBe(0);
    expect(summary.ok).toBe(true);
    expect(summary.faults.map(({ name }) => name)).toEqual(['api-overloaded', 'dns-restarted']);
    for (const { faultAt, detectedAt, detectionMs, verdict, reason, pagedAt, activeAt } of summary.faults) {
      expect(Date.parse(detectedAt ?? '') - Date.parse(faultAt)).toBe(detectionMs);
      expect(['degraded', 'stale', 'down']).toContain(verdict);
      expect(reason).not.toBe('');
      expect(Date.parse(pagedAt ?? '')).toBeGreaterThan(Date.parse(faultAt));
      expect(Date.parse(activeAt ?? '')).toBeGreaterThan(Date.parse(summary.faults[0]?.faultAt ?? ''));
    }
  });

  it('shows an outage to clients of CoreDNS alone, and to those with Lifeboat none', () => {
    const { lookups, failedWith, wrongWith, failedWithout } = summary.clients;
    expect(lookups).toBeGreaterThan(1_000);
    expect({ failedWith, wrongWith }).toEqual({ failedWith: 0, wrongWith: 0 });
    expect(failedWithout).toBeGreaterThan(50);
  });

  it('names what was live, and served the page in the outage', () => {
    expect(summary.snapshot?.records).toBeGreaterThan(100);
    expect(summary.snapshot?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(summary.page).toMatchObject({ status: 200, title: 'Critical: lab' });
  });

  it('prints one object, and the story elsewhere', () => {
    const [line, ...more] = ended.stdout.split('\n').filter((each) => each !== '' && !each.startsWith('>'));
    expect(more).toEqual([]);
    expect(Object.keys(JSON.parse(line ?? '') as object)).toEqual(
      expect.arrayContaining(['faults', 'clients', 'snapshot', 'page']),
    );
    expect(ended.stderr).toMatch(/Peace\./);
  });

  it('takes less than two minutes', () => {
    expect(summary.tookMs).toBeLessThan(120_000);
  });

  it('leaves no process and no file', async () => {
    await expectNothingLeft();
    expect(changed()).toBe(changedBefore);
  });
});

describe.skipIf(!canOpenSessions())('npm start in a terminal', () => {
  it('tells the story on a narrow terminal without colour, and obeys', async () => {
    const session = openSession({ command: 'npm start', columns: 48, env: { ...own, NO_COLOR: '1' } });
    await session.saw(/lab> $/, { timeoutMs: 180_000 });
    const told = seen(session.output());
    const tooLong = told.split('\n').filter((line) => /^\d\d:\d\d /.test(line) && line.length > 48);
    expect(tooLong).toEqual([]);
    expect(session.output()).not.toMatch(new RegExp(`${String.fromCharCode(27)}\\[3\\dm`));
    const step = async (text: string, answer: RegExp) => {
      const since = session.output().length;
      session.type(`${text}\r`);
      await session.saw(answer, { since });
    };
    await step('help', /ends the lab/);
    await step('break everything', /unknown: break everything/);
    await step('flood 5000', /want\s+1 to 2000 nodes/);
    await step('break api', /api-hung: paged/);
    await step('heal', /stays frozen until/);
    await step('failback', /recovering -> watching/);
    await step('break network', /network-cut: paged/);
    await step('heal', /nothing is broken/);
    await step('break dns', /dns-killed: paged/);
    await step('heal', /nothing is broken/);
    await step('status', /CoreDNS alone/);
    await step('page', /lbt_/);
    session.type('quit\r');
    expect(await session.ended).toBe(0);
    await expectNothingLeft();
  });

  it.each([400, 3_000, 9_000, 25_000, 50_000])('ends clean at Ctrl-C after %i ms', async (afterMs) => {
    const session = openSession({ command: 'npm start', columns: 100, env: own });
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    session.type('\u0003');
    expect([130, 1]).toContain(await session.ended);
    expect(session.output()).not.toMatch(/Error|at .*\.ts:\d+/);
    await expectNothingLeft();
  });
});

describe('npm start that is ended from outside', () => {
  /** The process of the lab itself, below npm. */
  const labOf = (): number =>
    Number(
      readdirSync('/proc').find((pid) => {
        try {
          const [program = '', script = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
          return program.endsWith('node') && script === 'lab/main.ts';
        } catch {
          return false;
        }
      }),
    );

  it.skipIf(process.platform !== 'linux').each([
    ['npm', 'SIGTERM'],
    ['npm', 'SIGHUP'],
    ['the lab', 'SIGTERM'],
    ['the lab', 'SIGKILL'],
  ] as const)('leaves nothing when %s gets %s', async (whom, signal) => {
    const child = spawn('npm', ['start', '--', '--once'], {
      cwd: root,
      env: { ...process.env, ...own },
      stdio: 'ignore',
    });
    const closed = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) => setTimeout(resolve, 14_000));
    expect(processesLeft().length).toBeGreaterThan(5);
    process.kill(whom === 'npm' ? (child.pid ?? 0) : labOf(), signal);
    await expect.poll(processesLeft, { timeout: 10_000 }).toEqual([]);
    await expect.poll(filesLeft, { timeout: 5_000 }).toEqual([]);
    child.kill('SIGKILL');
    await closed;
  });
});

describe('what cannot be', () => {
  it('is said in a line: a wrong option, a wrong number', async () => {
    const wrong = await npmStart(['--twice']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/--twice/);
    const many = await npmStart(['--nodes', '5000']);
    expect(many.code).toBe(2);
    expect(many.stderr).toContain('--nodes: got 5000, want a whole number from 1 to 2000');
  });

  it('is said in a line: the port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
    const { port } = server.address() as { readonly port: number };
    const taken = await npmStart(['--once', '--port', String(port)]);
    await new Promise((resolve) => server.close(resolve));
    expect(taken.code).toBe(1);
    expect(`${taken.stdout}${taken.stderr}`).toContain(`--port ${port}: something listens there`);
    await expectNothingLeft();
  });

  const canMount = process.getuid?.() === 0 && process.platform === 'linux';
  it.skipIf(!canMount).each(['256k', '6m'])('is said in a line: the disk is full after %s', async (size) => {
    mkdirSync(lab, { recursive: true });
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', lab]);
    if (mounted.status !== 0) return console.log(`no tmpfs here: ${mounted.stderr.toString()}`);
    try {
      const { code, stderr } = await npmStart(['--once', '--json']);
      expect(code).toBe(1);
      expect(stderr).toMatch(/no space left|ENOSPC|disk/i);
      expect(stderr).not.toMatch(/at .*\.ts:\d+/);
      expect(processesLeft()).toEqual([]);
    } finally {
      spawnSync('umount', [lab]);
      rmSync(lab, { recursive: true, force: true });
    }
  });
});
