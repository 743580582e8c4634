import { describe, expect, it } from 'vitest';
import { readTarget } from '../../../../functions/decision/health/ladder.ts';
import type { Observation } from '../../../../functions/decision/health/observation.ts';
import { apiRound, dnsA, dnsRound, seen, t0 } from '../story.ts';

const api = (...observations: readonly Observation[]) => readTarget('apiserver', observations);
const dns = (...observations: readonly Observation[]) => readTarget('dns', observations);
const up = {
  connect: seen('apiserver.connect', 'up'),
  tls: seen('apiserver.tls', 'up'),
  live: seen('apiserver.live', 'up'),
  ready: seen('apiserver.ready', 'up'),
  read: seen('apiserver.read', 'up'),
};
const base = [up.connect, up.tls, up.live];

describe('the ladder of the API server', () => {
  it.each([
    ['all up', apiRound('healthy'), 'healthy', 'none'],
    ['connection refused', apiRound('gone'), 'down', 'refused'],
    [
      'connected, but the TLS handshake hangs (a stopped process)',
      [up.connect, seen('apiserver.tls', 'down', 'timeout')],
      'down',
      'timeout',
    ],
    ['an unverified certificate', [up.connect, seen('apiserver.tls', 'unknown', 'tls')], 'unknown', 'tls'],
    ['no uplink', apiRound('uplink'), 'unknown', 'uplink'],
    ['/readyz fails, reads time out (etcd gone)', apiRound('etcd'), 'down', 'check-failed'],
    [
      '/readyz fails, reads answer 500',
      [...base, seen('apiserver.ready', 'down', 'check-failed'), seen('apiserver.read', 'down', 'http-status')],
      'down',
      'check-failed',
    ],
    ['/readyz fails, no read tried', [...base, seen('apiserver.ready', 'down', 'timeout')], 'down', 'timeout'],
    [
      '/readyz fails, the read is refused our credential',
      [...base, seen('apiserver.ready', 'down', 'check-failed'), seen('apiserver.read', 'unknown', 'credential')],
      'down',
      'check-failed',
    ],
    [
      '/readyz fails, reads are answered',
      [...base, seen('apiserver.ready', 'down', 'check-failed'), up.read],
      'degraded',
      'not-ready',
    ],
    [
      '/readyz gets no answer, reads and writes are answered',
      [...base, seen('apiserver.ready', 'down', 'timeout'), up.read, seen('apiserver.write', 'up')],
      'degraded',
      'not-ready',
    ],
    [
      '/readyz fails, reads are answered, writes are not',
      [
        ...base,
        seen('apiserver.ready', 'down', 'check-failed'),
        up.read,
        seen('apiserver.write', 'down', 'http-status'),
      ],
      'degraded',
      'check-failed',
    ],
    [
      '/readyz fails, reads are slow',
      [...base, seen('apiserver.ready', 'down', 'check-failed'), seen('apiserver.read', 'degraded', 'slow')],
      'degraded',
      'check-failed',
    ],
    [
      '/livez and /readyz fail, reads are answered',
      [seen('apiserver.live', 'down', 'check-failed'), seen('apiserver.ready', 'down', 'check-failed'), up.read],
      'degraded',
      'check-failed',
    ],
    ['/readyz 200, reads get 429', apiRound('throttled'), 'degraded', 'throttled'],
    [
      '/readyz 200, reads get no answer',
      [...base, up.ready, seen('apiserver.read', 'down', 'timeout')],
      'degraded',
      'timeout',
    ],
    [
      '/readyz 200, reads are slow',
      [...base, up.ready, seen('apiserver.read', 'degraded', 'slow')],
      'degraded',
      'slow',
    ],
    [
      '/readyz forbidden, reads get no answer',
      [up.connect, up.tls, seen('apiserver.ready', 'unknown', 'credential'), seen('apiserver.read', 'down', 'timeout')],
      'down',
      'timeout',
    ],
    [
      '/readyz forbidden, reads are answered',
      [up.connect, up.tls, seen('apiserver.ready', 'unknown', 'credential'), up.read],
      'healthy',
      'none',
    ],
    ['the credential is refused', apiRound('credential'), 'unknown', 'credential'],
    ['only health endpoints were asked', [...base, up.ready], 'unknown', 'no-observation'],
    [
      'writes hang, reads are answered',
      [...base, up.ready, up.read, seen('apiserver.write', 'down', 'timeout')],
      'degraded',
      'timeout',
    ],
    [
      'writes are forbidden, reads are answered',
      [...base, up.ready, up.read, seen('apiserver.write', 'unknown', 'credential')],
      'healthy',
      'none',
    ],
    [
      'a certificate near its end',
      [up.connect, seen('apiserver.tls', 'degraded', 'tls'), up.live, up.ready, up.read],
      'healthy',
      'none',
    ],
    ['/readyz slow, reads fast', [...base, seen('apiserver.ready', 'degraded', 'slow'), up.read], 'degraded', 'slow'],
    ['nothing', [], 'unknown', 'no-observation'],
  ] as const)('%s', (_what, observations, condition, reason) => {
    expect(api(...observations)).toMatchObject({ condition, reason });
  });

  it('says that green health endpoints are not the API', () => {
    const { why, decisive } = api(...apiRound('throttled'));
    expect(why).toContain('429');
    expect(why).toContain('although its health endpoints answer');
    expect(decisive.map((one) => one.signal)).toEqual(['apiserver.read', 'apiserver.ready']);
  });

  it('takes the newest of each signal', () => {
    const older = { ...seen('apiserver.read', 'down', 'timeout'), observedAt: t0 - 1 };
    expect(api(...base, up.ready, up.read, older).condition).toBe('healthy');
    expect(api(...base, up.ready, older, up.read).condition).toBe('healthy');
  });
});

describe('the ladder of a CoreDNS replica', () => {
  const answer = (...how: readonly [Observation['condition'], Observation['reason']?]) => seen('dns.answer', ...how);
  const serial = (...how: readonly [Observation['condition'], Observation['reason']?]) => seen('dns.serial', ...how);
  it.each([
    ['both up', dnsRound(dnsA, 'healthy'), 'healthy', 'none'],
    ['gone', dnsRound(dnsA, 'gone'), 'down', 'refused'],
    ['unsynced: SERVFAIL', dnsRound(dnsA, 'unsynced'), 'down', 'unsynced'],
    ['unsynced without an answer seen', [serial('down', 'unsynced')], 'stale', 'unsynced'],
    ['left behind', dnsRound(dnsA, 'behind'), 'stale', 'behind'],
    ['answer up, serial hangs', [answer('up'), serial('down', 'timeout')], 'degraded', 'timeout'],
    ['answer unknown, serial hangs', [answer('unknown', 'cached'), serial('down', 'timeout')], 'down', 'timeout'],
    ['slow', [answer('degraded', 'slow'), serial('up')], 'degraded', 'slow'],
    ['answered by a cache, serial up', [answer('unknown', 'cached'), serial('up')], 'healthy', 'none'],
    ['answered by a cache, no serial', [answer('unknown', 'cached')], 'unknown', 'cached'],
    ['answer up, serial unknown', [answer('up'), serial('unknown', 'credential')], 'healthy', 'none'],
    ['no uplink', dnsRound(dnsA, 'uplink'), 'unknown', 'uplink'],
    ['nothing', [], 'unknown', 'no-observation'],
  ] as const)('%s', (_what, observations, condition, reason) => {
    expect(dns(...observations)).toMatchObject({ condition, reason });
  });
});

describe('the ladder of a standby', () => {
  const soa = seen('standby.soa', 'up');
  const marker = seen('standby.marker', 'up');
  const answer = seen('standby.answer', 'up');
  it.each([
    ['all up', [soa, marker, answer], 'healthy', 'none'],
    ['nothing published yet', [soa, marker], 'healthy', 'none'],
    ['no answer', [seen('standby.soa', 'down', 'timeout')], 'down', 'timeout'],
    ['not served', [seen('standby.soa', 'down', 'not-served')], 'down', 'not-served'],
    ['our key is not taken', [seen('standby.soa', 'unknown', 'credential')], 'unknown', 'credential'],
    [
      'emptied',
      [soa, seen('standby.marker', 'down', 'empty'), seen('standby.answer', 'down', 'wrong-answer')],
      'down',
      'empty',
    ],
    ['its marker is gone', [soa, seen('standby.marker', 'down', 'unmarked'), answer], 'stale', 'unmarked'],
    ['another wrote it', [soa, seen('standby.marker', 'down', 'foreign'), answer], 'stale', 'foreign'],
    ['thawed', [soa, seen('standby.marker', 'down', 'thawed'), answer], 'stale', 'thawed'],
    ['a record lost', [soa, marker, seen('standby.answer', 'down', 'wrong-answer')], 'stale', 'wrong-answer'],
    ['the marker question is lost', [soa, seen('standby.marker', 'unknown', 'tls'), answer], 'unknown', 'tls'],
    ['nothing seen', [], 'unknown', 'no-observation'],
  ] as const)('%s', (_, observations, condition, reason) => {
    expect(readTarget('standby', observations)).toMatchObject({ condition, reason });
  });
});
