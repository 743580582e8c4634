// The command line: what is taken, and that everything else is refused by name.
import { describe, expect, it } from 'vitest';
import { parseFlags } from '../../../../lab/simulators/kube-apiserver/flags.ts';

const least = [
  '--data-dir=data',
  '--tls-cert-file=a.crt',
  '--tls-private-key-file=a.key',
  '--client-ca-file=ca.crt',
  '--token-auth-file=tokens.csv',
  '--service-cluster-ip-range=10.96.0.0/16',
];

describe('flags', () => {
  it('have the defaults of kube-apiserver', () => {
    expect(parseFlags(least)).toMatchObject({
      host: '127.0.0.1',
      port: 6443,
      requestTimeoutMs: 60_000,
      flow: { seats: 600, queues: 1, handSize: 1, queueLengthLimit: 50, waitLimitMs: 15_000 },
    });
    const flow = [
      '--max-requests-inflight=20',
      '--max-mutating-requests-inflight=10',
      '--flow-queues=128',
      '--flow-hand-size=8',
    ];
    expect(parseFlags([...least, ...flow]).flow).toMatchObject({ seats: 30, queues: 128, handSize: 8 });
  });

  it.each([
    [['--etcd-servers=http://127.0.0.1:2379'], '--etcd-servers: this server needs no etcd'],
    [['--bind-address=0.0.0.0'], '--bind-address: must be a loopback address'],
    [['--secure-port=70000'], '--secure-port: '],
    [['--authorization-mode=AlwaysAllow'], '--authorization-mode: '],
    [['--service-cluster-ip-range=10.0.0.0/8'], '--service-cluster-ip-range: "10.0.0.0/8" must be between /12 and /29'],
    [['--flow-hand-size=2'], '--flow-hand-size: 2 is more than the 1 of --flow-queues'],
    [['--flow-queues=1024', '--flow-hand-size=12'], '--flow-hand-size: 12 of 1024 queues need 120 bits'],
    [['--max-requests-inflight=0', '--max-mutating-requests-inflight=0'], '--max-requests-inflight: no request'],
    [['--feature-gates=WatchList=false'], "Unknown option '--feature-gates'"],
    [['serve'], 'serve'],
  ])('%j is refused', (more, message) => {
    expect(() => parseFlags([...least, ...more])).toThrow(message);
  });

  it('names what is missing', () => {
    expect(() => parseFlags(least.slice(1))).toThrow('--data-dir: ');
  });
});
