import { beforeEach, describe, expect, it } from 'vitest';
import type { ExpectedStandby } from '../../functions/decision/health/expected-standby.ts';
import type { Observation } from '../../functions/decision/health/observation.ts';
import { importTsigKey } from '../../functions/dnswire/tsig.ts';
import { LifeboatError } from '../../functions/lib/errors.ts';
import { type Marker, markerName } from '../../functions/plan/marker.ts';
import { markerSet } from '../../functions/providers/zone-state.ts';
import { type Rrset, rrsetKey } from '../../functions/records/rrset.ts';
import { probeStandby, type StandbyAnswer, type StandbyView } from '../../probes/standby.ts';
import { createStandbyDnsView } from '../../probes/standby-dns.ts';
import { createStandbyFileView } from '../../probes/standby-file.ts';
import { realClock as clock, realRandom as random } from '../fakes/real-deps.ts';
import { createUpdateServer, type UpdateServer } from '../fakes/update-server.ts';
import { kubernetes, service, zone } from '../functions/plan/zone.ts';

const key = { name: 'standby.key.', secretBase64: Buffer.alloc(32, 7).toString('base64') };
const context = { cluster: 'prod', vantage: 'local', group: 'local' };
const marker: Marker = {
  generation: 7,
  snapshot: 12,
  digest: `sha256:${'a'.repeat(64)}`,
  cluster: 'prod',
  writer: 'ours',
  phase: 'frozen',
  activation: 3,
};
const web = service('web', 'shop', '10.96.0.20');
const holds = { cluster: 'prod', writer: 'ours', frozen: 3, sets: [kubernetes, web] };

describe('a standby on a server', () => {
  let fake: UpdateServer;
  beforeEach(() => {
    fake = createUpdateServer(zone, [kubernetes, web, markerSet(zone, marker)], key);
  });
  const look = async (expected: ExpectedStandby['holds'], secret = key.secretBase64) => {
    const tsig = await importTsigKey(key.name, secret);
    const server = { host: '192.0.2.53', port: 53 };
    const deps = { network: fake.network, clock, random };
    const view = createStandbyDnsView(deps, { id: 'knot', server, zone, tsig, timeoutMs: 2000 });
    return inWords(await probeStandby(clock, view, { id: 'knot', holds: expected }, context));
  };

  it('is as it was published', async () => {
    expect(await look(holds)).toEqual(['soa up none', 'marker up none', 'answer up none']);
  });

  it('is empty', async () => {
    fake.edit((sets) => sets.clear());
    expect(await look(holds)).toEqual(['soa up none', 'marker down empty', 'answer down wrong-answer']);
    expect(await look(null)).toEqual(['soa up none', 'marker up none']);
  });

  it('has lost its marker alone', async () => {
    fake.edit((sets) => sets.delete(`${markerName(zone)} TXT`));
    expect(await look(holds)).toEqual(['soa up none', 'marker down unmarked', 'answer up none']);
  });

  it('has lost one name, or answers it otherwise', async () => {
    fake.edit((sets) => sets.delete(rrsetKey(web)));
    expect(await look(holds)).toEqual(['soa up none', 'marker up none', 'answer down wrong-answer']);
    fake.edit((sets) => sets.set(rrsetKey(web), { ...web, values: ['10.96.0.99'] }));
    expect(await look(holds)).toEqual(['soa up none', 'marker up none', 'answer down wrong-answer']);
  });

  it.each<[string, Partial<Marker>, string]>([
    ['another cluster', { cluster: 'staging' }, 'down foreign'],
    ['another deployment, which has thawed it', { writer: 'theirs', phase: 'warm' }, 'down foreign'],
    ['another deployment, which keeps it frozen', { writer: 'theirs' }, 'up none'],
    ['ours, by a version that did not name its cluster', { cluster: null }, 'up none'],
    ['a later activation', { activation: 4 }, 'down foreign'],
    ['thawed', { phase: 'warm' }, 'down thawed'],
    ['from before the activation', { phase: 'warm', activation: 2 }, 'down thawed'],
    ['frozen by an older activation', { activation: 2 }, 'down thawed'],
  ])('has a marker: %s', async (_, change, seen) => {
    fake.edit((sets) => put(sets, markerSet(zone, { ...marker, ...change })));
    expect((await look(holds))[1]).toBe(`marker ${seen}`);
    expect((await look(null))[1]).toBe('marker up none');
  });

  it('has a marker that cannot be read', async () => {
    fake.edit((sets) => put(sets, { ...markerSet(zone, marker), values: ['"lifeboat=9"'] }));
    expect((await look(holds))[1]).toBe('marker down foreign');
  });

  it('says nothing of its health to a wrong key', async () => {
    expect(await look(holds, Buffer.alloc(32, 8).toString('base64'))).toEqual(['soa unknown credential']);
  });
});

describe('a standby that cannot be judged by what it holds', () => {
  const look = async (answer: StandbyAnswer) => {
    const view: StandbyView = { id: 'knot', where: 'here', zone, begin: () => async () => answer };
    return inWords(await probeStandby(clock, view, { id: 'knot', holds }, context));
  };
  const answered = { status: 'answered', rcode: 'NOERROR', isAuthoritative: true, values: [] } as const;

  it.each<[string, StandbyAnswer, string]>([
    ['a timeout', { status: 'failed', condition: 'down', reason: 'timeout', evidence: '' }, 'down timeout'],
    ['SERVFAIL', { ...answered, rcode: 'SERVFAIL' }, 'down servfail'],
    ['REFUSED', { ...answered, rcode: 'REFUSED', isAuthoritative: false }, 'down not-served'],
    ['NOTAUTH', { ...answered, rcode: 'NOTAUTH' }, 'down not-served'],
    ['a cache', { ...answered, isAuthoritative: false }, 'down not-served'],
    ['no zone', { ...answered, rcode: 'NXDOMAIN' }, 'down empty'],
  ])('%s', async (_, answer, seen) => {
    expect(await look(answer)).toEqual([`soa ${seen}`]);
  });
});

function put(sets: Map<string, Rrset>, set: Rrset): void {
  sets.set(rrsetKey(set), set);
}

function inWords(observations: readonly Observation[]): readonly string[] {
  return observations.map(
    ({ signal, condition, reason }) => `${signal.replace('standby.', '')} ${condition} ${reason}`,
  );
}

describe('a standby in a file', () => {
  const look = async (read: () => Promise<readonly Rrset[]>, expected: ExpectedStandby['holds'] = holds) => {
    const view = createStandbyFileView(read, { id: 'file', where: 'a.zone', zone });
    return inWords(await probeStandby(clock, view, { id: 'file', holds: expected }, context));
  };
  const soa: Rrset = { name: zone, type: 'SOA', ttlSeconds: 30, values: ['ns. hostmaster. 1 3600 600 86400 30'] };

  it('is as it was published', async () => {
    const sets = [soa, kubernetes, web, markerSet(zone, marker)];
    expect(await look(async () => sets)).toEqual(['soa up none', 'marker up none', 'answer up none']);
  });

  it('is gone, or cannot be read', async () => {
    expect(await look(async () => [])).toEqual(['soa down empty']);
    expect(await look(async () => [], null)).toEqual(['soa up none']);
    expect(await look(() => Promise.reject(new LifeboatError('input', 'line 7')))).toEqual(['soa down protocol']);
    expect(await look(() => Promise.reject(new LifeboatError('store', 'EACCES')))).toEqual(['soa down unreachable']);
  });
});
