import { describe, expect, it } from 'vitest';
import { maxAgeMs, policyFrom } from '../../../functions/decision/policy.ts';
import { dnsA, dnsB, policy } from './story.ts';

describe('policyFrom', () => {
  it('takes from the configuration what the machine needs, servers by their ids', () => {
    const {
      downRounds,
      degradedRounds,
      healthyRounds,
      dwellMs,
      window,
      quorum,
      failback,
      maxActivationsPerHour,
      dnsStaleAfterMs,
    } = policy;
    const rules = {
      downRounds,
      degradedRounds,
      healthyRounds,
      dwellMs,
      window,
      quorum,
      failback,
      maxActivationsPerHour,
      dnsStaleAfterMs,
    };
    const source = {
      id: 'prod',
      dns: {
        servers: [
          { host: '10.0.0.10', port: 53 },
          { host: '10.0.0.11', port: 53 },
        ],
      },
      probe: { intervalMs: 5000 },
      snapshot: { intervalMs: 60_000, leastIntervalMs: 30_000, timeoutMs: 20_000 },
      publish: { staleAfterMs: 900_000, leaseMs: 900_000 },
      policy: { ...rules, maxDeleteShare: 0.3, minDeletesToHold: 4, holdExpiresAfterMs: 0 },
    };
    expect(policyFrom(source, ['knot'], 3_600_000)).toEqual(policy);
    expect(policyFrom(source, ['knot'], 3_600_000).dnsServers).toEqual([dnsA, dnsB]);
  });

  it('lets an observation count for three rounds', () => {
    expect(maxAgeMs(policy)).toBe(15_000);
  });
});
