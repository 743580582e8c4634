// The embedded CoreDNS as its users start it, over a source of objects: every question of the list, transfers, changes, a source that is away.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Coredns, plainCorefile, startCoredns } from '../../../../lab/processes/coredns.ts';
import { createRunFolder, partFolder } from '../../../../lab/processes/run-folder.ts';
import { ask, askTransfer, overTcp, requestOf, show } from './cases/ask.ts';
import { type ObjectSource, startObjectSource } from './cases/object-source.ts';
import { type ApiObject, kubernetesService, namespaces, objects, ttlSeconds, zone } from './cases/objects.ts';
import { transferRecords } from './cases/transfer.ts';
import { questions, withoutSerials } from './questions.ts';

const program = [process.execPath, join(import.meta.dirname, '../../../../lab/simulators/coredns/main.ts')] as const;
const runFolder = createRunFolder();

function start(source: ObjectSource, name: string, until: 'synced' | 'answering' = 'synced'): Promise<Coredns> {
  return startCoredns({
    program,
    runFolder,
    name,
    zone,
    until,
    corefile: ({ address, readyPort }) =>
      plainCorefile({ zone, address, readyPort, kubeconfig: source.kubeconfig, ttlSeconds }).replace(
        'pods insecure',
        'pods insecure\n        startup_timeout 500ms',
      ),
  });
}

function fill(source: ObjectSource): void {
  for (const name of ['default', ...namespaces]) source.addNamespace(name);
  for (const object of [kubernetesService, ...objects]) source.put(withDefaults(object));
}

/** What the API server itself fills in. */
function withDefaults(object: ApiObject): ApiObject {
  const spec = object.spec as Readonly<Record<string, unknown>> | undefined;
  return spec === undefined ? object : { ...object, spec: { type: 'ClusterIP', ...spec } };
}

async function serialAt(server: Coredns): Promise<number> {
  const { answers } = await ask(server.address, `${zone}. SOA`);
  return Number(answers[0]?.split(' ')[5]);
}

describe('the embedded CoreDNS', () => {
  let source: ObjectSource;
  let server: Coredns;

  beforeAll(async () => {
    source = await startObjectSource(partFolder(runFolder, 'source'));
    fill(source);
    server = await start(source, 'embedded');
  });
  afterAll(async () => {
    await server.stop();
    await source.close();
  });

  it.each(questions)('answers $text', async ({ text, ...answer }) => {
    expect(withoutSerials(await ask(server.address, text))).toEqual(answer);
    const overTcp = await ask(server.address, text, { transport: 'tcp' }).then(withoutSerials, () => undefined);
    if (!/XFR/.test(text)) expect(overTcp).toEqual(answer);
  });

  it('repeats EDNS with the size of the client, and CD', async () => {
    const shown = await ask(server.address, `web.shop.svc.${zone}. A`, { udpSize: 1232, flags: 0x0110 });
    expect(shown).toMatchObject({ flags: 'aa rd cd', additionals: ['OPT 1232'] });
  });

  it('transfers the zone', async () => {
    const messages = await askTransfer(server.address, `${zone}. AXFR`);
    const records = messages.flatMap(({ answers }) => answers);
    expect(records.filter((line) => !line.includes(' SOA ')).toSorted()).toEqual(transferRecords);
    expect(messages[0]?.flags).toBe('aa rd');
  });

  it('sends the SOA alone to who is up to date, all to who is not, nothing to who says not what it holds', async () => {
    const serial = await serialAt(server);
    const [noop] = await askTransfer(server.address, `${zone}. IXFR`, { serial });
    expect(noop).toMatchObject({ rcode: 'NOERROR', flags: 'rd', answers: [expect.stringContaining(' SOA ')] });
    const whole = await askTransfer(server.address, `${zone}. IXFR`, { serial: 1 });
    expect(whole.flatMap(({ answers }) => answers)).toHaveLength(transferRecords.length + 2);
    expect((await ask(server.address, `${zone}. IXFR`, { transport: 'tcp' })).rcode).toBe('SERVFAIL');
  });

  it('answers several questions that come at once over one connection, in order', async () => {
    const names = ['web', 'dual', 'missing', 'node'];
    const requests = names.map((name) => requestOf(`${name}.shop.svc.${zone}. A`));
    const framed = requests.slice(1).flatMap((request) => [Buffer.of(0, request.length), request]);
    const first = Buffer.concat([requests[0] as Buffer, ...framed]);
    const answers = await overTcp(
      server.address,
      first,
      2_000,
      (all) => all.length === names.length,
      requests[0]?.length,
    );
    expect(answers.map((answer) => show(answer).question)).toEqual(names.map((name) => `${name}.shop.svc.${zone}. A`));
  });

  it('turns away what is no question, and does not answer answers', async () => {
    const update = await ask(server.address, `web.shop.svc.${zone}. A`, { flags: 5 << 11 });
    expect(update).toMatchObject({ rcode: 'NOTIMP', question: '' });
    const answer = ask(server.address, `web.shop.svc.${zone}. A`, { flags: 1 << 15, timeoutMs: 200 });
    await expect(answer).rejects.toThrow('no answer');
  });
});

describe('a changing source', () => {
  let source: ObjectSource;
  let server: Coredns;
  const added = (clusterIP: string): ApiObject => ({
    kind: 'Service',
    metadata: { name: 'added', namespace: 'shop' },
    spec: { type: 'ClusterIP', clusterIP, ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
  });
  const addresses = async (name: string): Promise<unknown> => {
    const { rcode, answers } = await ask(server.address, `${name}.shop.svc.${zone}. A`);
    return rcode === 'NOERROR' ? answers.map((line) => line.split(' ').at(-1)) : rcode;
  };

  beforeAll(async () => {
    source = await startObjectSource(partFolder(runFolder, 'changing'));
    fill(source);
    server = await start(source, 'changing-dns');
  });
  afterAll(async () => {
    await server.stop();
    await source.close();
  });

  it('is followed', async () => {
    source.put(added('10.96.7.1'));
    await expect.poll(() => addresses('added'), { timeout: 8_000 }).toEqual(['10.96.7.1']);
    source.remove(added('10.96.7.1'));
    await expect.poll(() => addresses('added'), { timeout: 8_000 }).toBe('NXDOMAIN');
  });

  it('moves the serial only when DNS changes', async () => {
    const before = await serialAt(server);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    source.addNamespace('later');
    const [web] = objects as [ApiObject];
    source.put({ ...withDefaults(web), status: { loadBalancer: {} } });
    await expect
      .poll(() => ask(server.address, `later.svc.${zone}. A`).then(({ rcode }) => rcode), { timeout: 8_000 })
      .toBe('NOERROR');
    expect(await serialAt(server)).toBe(before);
    source.put(added('10.96.7.2'));
    await expect.poll(() => serialAt(server), { timeout: 8_000 }).toBeGreaterThan(before);
  });

  it('is listed again after 410, and what went away meanwhile is gone', async () => {
    source.put(added('10.96.7.3'));
    await expect.poll(() => addresses('added'), { timeout: 8_000 }).not.toBe('NXDOMAIN');
    const listed = source.requests.filter((url) => url.startsWith('/api/v1/services?resourceVersion=')).length;
    source.expire();
    await expect
      .poll(() => source.requests.filter((url) => url.startsWith('/api/v1/services?resourceVersion=')).length, {
        timeout: 8_000,
      })
      .toBe(listed + 1);
    source.remove(added('10.96.7.3'));
    await expect.poll(() => addresses('added'), { timeout: 8_000 }).toBe('NXDOMAIN');
  });

  it('may be away: what is known is answered, ready stays 200, the serial stands still', async () => {
    source.put(added('10.96.7.4'));
    await expect.poll(() => addresses('added'), { timeout: 8_000 }).toEqual(['10.96.7.4']);
    const serial = await serialAt(server);
    await source.behave({ kind: 'refuse' });
    expect(await addresses('added')).toEqual(['10.96.7.4']);
    expect(await addresses('missing')).toBe('NXDOMAIN');
    expect(await server.readyStatus()).toBe(200);
    expect(await serialAt(server)).toBe(serial);
    await source.behave({ kind: 'well' });
    source.remove(added('10.96.7.4'));
    await expect.poll(() => addresses('added'), { timeout: 8_000 }).toBe('NXDOMAIN');
  });
});

describe('started without the source', () => {
  it('serves unsynced after startup_timeout, and truly once the source is there', async () => {
    const source = await startObjectSource(partFolder(runFolder, 'late'));
    fill(source);
    await source.behave({ kind: 'status', status: 429, retryAfterSeconds: 1 });
    const server = await start(source, 'late-dns', 'answering');
    try {
      expect((await ask(server.address, `web.shop.svc.${zone}. A`)).rcode).toBe('SERVFAIL');
      expect((await ask(server.address, `svc.${zone}. A`)).rcode).toBe('NOERROR');
      expect(await serialAt(server)).toBe(0);
      expect(await server.readyStatus()).toBe(503);
      const [empty] = await askTransfer(server.address, `${zone}. AXFR`);
      expect(empty?.answers.map((line) => line.split(' ')[2])).toEqual(['SOA', 'SOA']);
      await source.behave({ kind: 'well' });
      await expect
        .poll(() => ask(server.address, `web.shop.svc.${zone}. A`).then(({ rcode }) => rcode), { timeout: 8_000 })
        .toBe('NOERROR');
      expect(await server.readyStatus()).toBe(200);
    } finally {
      await server.stop();
      await source.close();
    }
  });
});
