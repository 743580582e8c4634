// `npm start -- --real`: the story of the lab on kube-apiserver, etcd, CoreDNS and Knot themselves, as a machine runs it.
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../lab/binaries/dns-servers.ts';
import type { Summary } from '../../lab/director/summary.ts';
import { type Ended, runToEnd } from '../../lab/processes/process.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const program = join(import.meta.dirname, '../../lab/main.ts');

describe.skipIf(built.status === 'absent' || system.status === 'absent')('the lab on the real parts', () => {
  let ended: Ended;
  let summary: Summary;

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    const args = ['--real', '--once', '--json'];
    ended = await runToEnd({ program: [process.execPath, program], args, timeoutMs: 280_000 });
    console.log(ended.stderr);
    console.log(ended.stdout);
    summary = JSON.parse(ended.stdout) as Summary;
  }, 300_000);

  it('exits 0: every fault is seen and paged, and nobody behind the wired node cache felt it', () => {
    expect(ended.code).toBe(0);
    expect(summary).toMatchObject({ ok: true, parts: 'real' });
    expect(summary.faults.map(({ name }) => name)).toEqual(['api-overloaded', 'dns-restarted']);
    expect(summary.faults.every(({ pagedAt, activeAt }) => pagedAt !== null && activeAt !== null)).toBe(true);
    expect(summary.clients).toMatchObject({ failedWith: 0, wrongWith: 0 });
    expect(summary.clients.failedWithout).toBeGreaterThan(50);
  });
});
