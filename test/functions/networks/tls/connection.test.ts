// Go's TLS over a connection of Node: what it reads, holds and lets go of. Who is verified is tested in test/runtime/tls.workerd.test.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Connection } from '../../../../functions/lib/network.ts';
import { createNodeNetwork } from '../../../../functions/networks/node.ts';
import { startTlsOver } from '../../../../functions/networks/tls/connection.ts';
import { startGoTls } from '../../../../functions/networks/tls/instance.ts';
import { createAuthority } from '../../../../lab/processes/certificates.ts';
import { startByteServer } from '../../../fakes/byte-server.ts';

const wasm = readFileSync(join(import.meta.dirname, '../../../../functions/networks/tls/tls.wasm'));
const go = startGoTls(Reflect.construct(WebAssembly.Module, [wasm]));
const authority = await createAuthority('Test Root');
const { certificate, key } = await authority.issueServer([], ['127.0.0.1']);
const options = { serverName: '127.0.0.1', ca: authority.certificate };
const size = 2_000_000;
const server = await startByteServer((socket) => socket.once('data', () => socket.end(Buffer.alloc(size, 1))), {
  cert: certificate,
  key,
});
const silent = await startByteServer((socket) => socket.resume());
afterAll(() => Promise.all([server.close(), silent.close()]));

/** The connection below, which counts what is asked of it, and holds writes back when told to. */
async function below(endpoint = server.endpoint) {
  const plain = await createNodeNetwork().connect(endpoint, new AbortController().signal);
  const seen = { reads: 0, writes: 0, closed: false };
  let gate: Promise<void> = Promise.resolve();
  const connection: Connection = {
    read() {
      seen.reads += 1;
      return plain.read();
    },
    async write(bytes) {
      seen.writes += 1;
      await gate;
      await plain.write(bytes);
    },
    close() {
      seen.closed = true;
      plain.close();
    },
  };
  const hold = () => {
    let release = () => {};
    gate = new Promise((resolve) => {
      release = resolve;
    });
    return () => release();
  };
  return { connection, seen, hold };
}

const open = (plain: Connection, signal = new AbortController().signal) =>
  startTlsOver(go, plain, 'the server', options, signal);
const soon = () => new Promise((resolve) => setTimeout(resolve, 50));

describe('back-pressure', () => {
  it('reads from the peer only when somebody asks', async () => {
    const { connection, seen } = await below();
    const secure = await open(connection);
    await secure.write(new TextEncoder().encode('big'));
    const before = seen.reads;
    await soon();
    expect(seen.reads).toBe(before);
    let got = 0;
    let most = 0;
    for (let bytes = await secure.read(); bytes !== undefined; bytes = await secure.read()) {
      got += bytes.length;
      most = Math.max(most, bytes.length);
    }
    expect(got).toBe(size);
    // What one read of the connection below gives, and no more.
    expect(most).toBeLessThan(100_000);
    secure.close();
  });

  it('encrypts the next record when the peer has taken the one before', async () => {
    const { connection, seen, hold } = await below();
    const secure = await open(connection);
    const release = hold();
    const before = seen.writes;
    const written = secure.write(new Uint8Array(100_000));
    await soon();
    expect(seen.writes).toBe(before + 1);
    release();
    await written;
    expect(seen.writes).toBe(before + 7);
    secure.close();
  });
});

describe('letting go', () => {
  it('closes the connection below and the session, when closed', async () => {
    const { connection, seen } = await below();
    const secure = await open(connection);
    expect(go.sessions).toBe(1);
    secure.close();
    expect([seen.closed, go.sessions]).toEqual([true, 0]);
    await soon();
    expect(server.openConnections()).toBe(0);
  });

  it('does so when the deadline passes, in the handshake and after it, with nobody waiting', async () => {
    const stalled = await below(silent.endpoint);
    await expect(open(stalled.connection, AbortSignal.timeout(30))).rejects.toMatchObject({ code: 'timeout' });
    expect([stalled.seen.closed, go.sessions]).toEqual([true, 0]);
    const idle = await below();
    const controller = new AbortController();
    const secure = await open(idle.connection, controller.signal);
    controller.abort();
    expect([idle.seen.closed, go.sessions]).toEqual([true, 0]);
    await expect(secure.read()).rejects.toMatchObject({ code: 'timeout' });
  });

  it('does so when the server cannot be verified, or nothing can be made of what was given', async () => {
    for (const wrong of [{ serverName: 'other.test' }, { ca: 'PEM' }]) {
      const { connection, seen } = await below();
      const signal = new AbortController().signal;
      await expect(startTlsOver(go, connection, 'x', { ...options, ...wrong }, signal)).rejects.toThrow(
        /^TLS with x: /,
      );
      expect([seen.closed, go.sessions]).toEqual([true, 0]);
    }
  });

  it('keeps no session of a peer that has ended, closed or not', async () => {
    const { connection } = await below();
    const secure = await open(connection);
    await secure.write(new TextEncoder().encode('big'));
    while ((await secure.read()) !== undefined);
    expect(go.sessions).toBe(0);
    expect(await secure.read()).toBeUndefined();
    secure.close();
  });
});
