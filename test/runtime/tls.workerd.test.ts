// Go's TLS in real workerd, against TLS servers in Node (tls-servers.ts): who is verified, with which words, and what a connection may cost.
import { describe, expect, inject, it } from 'vitest';
import { codeOf } from '../../functions/lib/errors.ts';
import { type Connection, networkReasonOf, type TlsOptions } from '../../functions/lib/network.ts';
import type { GoTls } from '../../functions/networks/tls/instance.ts';
import { startTlsInstance } from '../../functions/networks/tls/workers.ts';
import { createWorkersNetwork } from '../../functions/networks/workers.ts';
import type { ServerName } from './tls-servers.ts';

const instances: GoTls[] = [];
const network = createWorkersNetwork({
  startTlsInstance: () => {
    const instance = startTlsInstance();
    instances.push(instance);
    return instance;
  },
});
const { bigOctets, ca, strangeCa, client, strangeClient, ports } = inject('tls');
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const octets = (line: string) => new TextEncoder().encode(line);

async function open(name: ServerName, options: Partial<TlsOptions> = {}, timeoutMs = 5_000): Promise<Connection> {
  const signal = AbortSignal.timeout(timeoutMs);
  const plain = await network.connect({ host: '127.0.0.1', port: ports[name] }, signal);
  return network.startTls(plain, { serverName: '127.0.0.1', ca, ...options }, signal);
}

async function ask(connection: Connection, line: string): Promise<string> {
  await connection.write(octets(line));
  return text(await connection.read());
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a handshake', () => {
  it.each([
    ['by its address', '127.0.0.1'],
    ['by its name, whatever was dialled', 'dns.test'],
  ])('verifies the server %s', async (_, serverName) => {
    const connection = await open('good', { serverName });
    expect(connection.tls).toMatchObject({
      protocol: 'TLSv1.3',
      subject: 'CN=dns.test',
      issuer: 'CN=Test Root',
      notAfter: expect.closeTo(Date.now() + 86_400_000, -6),
    });
    expect(await ask(connection, 'hello')).toBe('hello');
    connection.close();
  });

  it('speaks TLS 1.2', async () => {
    const connection = await open('old');
    expect(connection.tls?.protocol).toBe('TLSv1.2');
    expect(await ask(connection, 'hello')).toBe('hello');
    connection.close();
  });

  it.each(['mutual', 'mutualOld'] as const)('shows a client certificate (%s)', async (name) => {
    const connection = await open(name, client);
    expect(await ask(connection, 'who\n')).toBe('watchdog');
    connection.close();
  });
});

describe('a peer that is not to be trusted is `tls`, in the words of Go:', () => {
  const cases: readonly (readonly [string, ServerName, Partial<TlsOptions>, RegExp])[] = [
    ['an authority that is not the given one', 'good', { ca: strangeCa }, /signed by unknown authority/],
    ['another name', 'good', { serverName: 'api.test' }, /certificate is valid for dns\.test, not api\.test/],
    ['another address', 'good', { serverName: '::1' }, /certificate is valid for 127\.0\.0\.1, not ::1/],
    ['no address in the certificate', 'otherName', {}, /certificate is valid for 192\.0\.2\.1, not 127\.0\.0\.1/],
    ['an expired certificate', 'expired', {}, /certificate has expired or is not yet valid/],
    ['plain text', 'plain', {}, /first record does not look like a TLS handshake/],
  ];
  it.each(cases)('%s', async (_, name, options, words) => {
    const error = await failure(open(name, options));
    expect(error).toMatchObject({ name: 'LifeboatError', code: 'tls', message: expect.stringMatching(words) });
    expect(String(error)).toContain(`127.0.0.1:${ports[name]}`);
  });

  it.each([
    ['a CA', { ca: 'PEM' }, /no certificate can be read from the CA bundle/],
    ['a key', { ...client, key: 'PEM' }, /client certificate and key: .*failed to find any PEM/],
    ['the key of another certificate', { ...client, key: strangeClient.key }, /private key does not match/],
  ] as const)('%s that cannot be used is `credential`', async (_, options, words) => {
    const error = await failure(open('good', options));
    expect(error).toMatchObject({ code: 'credential', message: expect.stringMatching(words) });
    for (const { key } of [client, strangeClient]) expect(String(error)).not.toContain(key.slice(40, 80));
  });

  it.each([
    ['mutual', /certificate required/],
    ['mutualOld', /handshake failure|certificate required/],
  ] as const)('a server that does not take our certificate (%s)', async (name, words) => {
    // In TLS 1.3 the server says so after the handshake: in the answer to the first question (RFC 8446 section 4.4.2.4).
    const error = await failure(open(name).then((connection) => connection.read()));
    expect(error).toMatchObject({ code: 'tls', message: expect.stringMatching(words) });
  });
});

describe('a connection that breaks', () => {
  it('before the handshake is `network`, closed by the peer', async () => {
    const error = await failure(open('hasty'));
    expect([codeOf(error), networkReasonOf(error)]).toEqual(['network', 'closed']);
  });

  it('in the middle of a record is `network`, after what was whole', async () => {
    const connection = await open('cutting');
    let got = 0;
    const error = await failure(
      (async () => {
        for (let bytes = await connection.read(); bytes !== undefined; bytes = await connection.read())
          got += bytes.length;
      })(),
    );
    expect([codeOf(error), networkReasonOf(error)]).toEqual(['network', 'closed']);
    expect(String(error)).toMatch(/in the middle of a TLS record/);
    expect(got).toBeGreaterThan(8_000);
    connection.close();
  });

  it('is `timeout` for a server that accepts and says nothing', async () => {
    const startedAt = Date.now();
    expect(codeOf(await failure(open('silent', {}, 100)))).toBe('timeout');
    expect(Date.now() - startedAt).toBeLessThan(1_500);
  });

  it('is `timeout` for an answer that does not come, and for all that is asked later', async () => {
    const connection = await open('good', {}, 2_000);
    expect(codeOf(await failure(connection.read()))).toBe('timeout');
    expect(codeOf(await failure(connection.write(octets('late'))))).toBe('timeout');
    expect(codeOf(await failure(connection.read()))).toBe('timeout');
  });

  it('may be closed twice, and then says so', async () => {
    const connection = await open('good');
    connection.close();
    connection.close();
    expect(codeOf(await failure(connection.write(octets('late'))))).toBe('network');
  });
});

describe('the instance', () => {
  it('is one for all connections, and keeps nothing of those that are closed', async () => {
    const before = instances.length;
    const names = Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? 'mutual' : 'good'));
    const answers = await Promise.all(
      names.map(async (name, i) => {
        const connection = await open(name, client, 9_000);
        const answer = await ask(connection, `number ${i}`);
        connection.close();
        return answer;
      }),
    );
    expect(answers).toEqual(names.map((_, i) => `number ${i}`));
    expect(instances.length - before).toBe(0);
    expect(instances.at(-1)?.sessions).toBe(0);
  });

  it('takes a big answer', async () => {
    const connection = await open('good', {}, 9_000);
    await connection.write(octets('big\n'));
    let got = 0;
    for (let bytes = await connection.read(); bytes !== undefined; bytes = await connection.read()) got += bytes.length;
    expect(got).toBe(bigOctets);
    connection.close();
  });

  it('sends a big request and reads its echo', async () => {
    const connection = await open('good', {}, 9_000);
    const size = 1_000_000;
    const written = connection.write(new Uint8Array(size).fill(9));
    let got = 0;
    while (got < size) got += (await connection.read())?.length ?? Number.NaN;
    await written;
    expect(got).toBe(size);
    connection.close();
  });

  it('fails its connections when it crashes, and is made anew for the next', async () => {
    const connection = await open('good');
    const reading = failure(connection.read());
    const crashed = instances.at(-1);
    crash(crashed);
    expect(crashed?.ended).toMatch(/exit code 2, panic: /);
    await expect(connection.write(octets('lost'))).rejects.toMatchObject({
      code: 'tls',
      message: expect.stringMatching(/the TLS program ended/),
    });
    connection.close();
    await reading;
    const next = await open('good');
    expect(await ask(next, 'hello')).toBe('hello');
    next.close();
    expect(instances.at(-1)).not.toBe(crashed);
  });
});

/** What Go does with a value of another type than it takes: it panics. */
function crash(instance: GoTls | undefined): void {
  const session = instance?.open({ serverName: 'nobody', ca });
  session?.feed(5 as unknown as Uint8Array);
}
