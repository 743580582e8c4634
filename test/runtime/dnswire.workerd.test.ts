// The DNS wire code in real workerd: the same unit tests as on Node, and questions over its sockets to servers in Node (servers.ts).
import { describe, expect, inject, it } from 'vitest';
import '../functions/dnswire/message.test.ts';
import '../functions/dnswire/tsig.test.ts';
import '../functions/dnswire/update.test.ts';
import '../functions/lib/http1.test.ts';
import '../functions/records/rdata/rdata.test.ts';
import { ixfrSerial, transfer } from '../../functions/dnswire/axfr.ts';
import { query } from '../../functions/dnswire/transport.ts';
import { importTsigKey } from '../../functions/dnswire/tsig.ts';
import { networkReasonOf } from '../../functions/lib/network.ts';
import { createWorkersNetwork } from '../../functions/networks/workers.ts';
import { parseName } from '../../functions/records/name.ts';
import { realClock, realRandom } from '../fakes/real-deps.ts';

const network = createWorkersNetwork();
const deps = { network, clock: realClock, random: realRandom };
const zone = parseName('cluster.local');
const name = parseName('svc-7.default.svc.cluster.local');
const limits = { timeoutMs: 3_000, maxBytes: 1_000_000, maxRecords: 1_000 };
const at = (port: number) => ({ host: '127.0.0.1', port });
const key = importTsigKey('lifeboat.', 'c2VjcmV0IG9mIHRoZSBsaWZlYm9hdCB0ZXN0cw==');

describe('sockets of workerd', () => {
  it('asks over TCP', async () => {
    const reply = await query(deps, at(inject('dnsPort')), { name, type: 'A' }, { timeoutMs: 3_000 });
    expect(reply).toMatchObject({
      protocol: 'tcp',
      message: { rcode: 'NOERROR', answers: [{ name, value: '10.0.0.7' }] },
    });
  });

  it('transfers a zone, with and without TSIG', async () => {
    const plain = await transfer(deps, at(inject('dnsPort')), zone, limits);
    expect(plain).toMatchObject({ status: 'transferred', serial: 1_792_000_000, messages: 3, signed: false });
    const tsig = await key;
    const signed = await transfer(deps, at(inject('signedDnsPort')), zone, { ...limits, tsig });
    expect(signed).toMatchObject({ status: 'transferred', signed: true });
    expect(signed.status === 'transferred' && signed.records).toHaveLength(250);
    expect(await transfer(deps, at(inject('signedDnsPort')), zone, limits)).toMatchObject({ reason: 'refused' });
    const serial = await ixfrSerial(deps, at(inject('dnsPort')), zone, { timeoutMs: 3_000, knownSerial: 1 });
    expect(serial).toMatchObject({ status: 'answered', serial: 1_792_000_000 });
  });

  it('gives a silent server no more than its time', async () => {
    const startedAt = Date.now();
    expect(await transfer(deps, at(inject('silentDnsPort')), zone, { ...limits, timeoutMs: 80 })).toMatchObject({
      reason: 'timeout',
    });
    expect(Date.now() - startedAt).toBeLessThan(1_500);
  });

  it('tells that nobody listens', async () => {
    const error: unknown = await query(deps, at(1), { name, type: 'A' }, { timeoutMs: 3_000 }).catch((e) => e);
    expect(error).toMatchObject({ name: 'LifeboatError', code: 'network' });
    expect(['refused', 'other']).toContain(networkReasonOf(error));
  });

  it('says that the TLS of the platform cannot use an authority or a client certificate', async () => {
    const signal = AbortSignal.timeout(2_000);
    const options = [
      { serverName: '127.0.0.1', ca: 'PEM' },
      { serverName: '127.0.0.1', certificate: 'PEM', key: 'PEM' },
    ];
    for (const tls of options) {
      const connection = await network.connect(at(inject('dnsPort')), signal);
      await expect(network.startTls(connection, tls, signal)).rejects.toMatchObject({
        code: 'tls',
        message: expect.stringMatching(/platform.s TLS cannot use/),
      });
      connection.close();
    }
  });

  it('says `tls` for another name than the dialled one, and when the handshake fails', async () => {
    const signal = AbortSignal.timeout(2_000);
    const connection = await network.connect(at(inject('dnsPort')), signal);
    await expect(network.startTls(connection, { serverName: 'api.example' }, signal)).rejects.toMatchObject({
      code: 'tls',
      message: expect.stringMatching(/verifies the host that was dialled, not api\.example/),
    });
    connection.close();
    const tls = await network.connect(at(inject('tlsPort')), signal);
    const handshake = network.startTls(tls, { serverName: '127.0.0.1' }, signal);
    await expect(handshake).rejects.toMatchObject({ name: 'LifeboatError', code: 'tls' });
  });
});
