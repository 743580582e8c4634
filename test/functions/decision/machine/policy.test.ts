import { describe, expect, it } from 'vitest';
import { maxAgeMs, policyFrom } from '../../../../functions/decision/machine/policy.ts';
import { dnsA, dnsB, policy } from '../story.ts';

describe('policyFrom', () => {
  it('takes from the configuration what the machine needs, servers by their ids', () => {
    const {
      downRounds,
      degradedRounds,
      healthyRounds,
      dwellMs,
      window,
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
      quorum: { groups: 1 },
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
      snapshot: { intervalMs: 60_000, leastIntervalMs: 30_000, timeoutMs: 20_000, bytesPerHour: 500_000_000 },
      publish: { staleAfterMs: 900_000, leaseMs: 900_000 },
      maintenance: [],
      standby: [
        { id: 'knot', kind: 'rfc2136' as const },
        { id: 'file', kind: 'zonefile' as const },
      ],
      policy: { ...rules, maxDeleteShare: 0.3, minDeletesToHold: 4, holdExpiresAfterMs: 0 },
    };
    expect(policyFrom(source, ['knot'], 3_600_000)).toEqual({ ...policy, localStandbys: ['file'] });
    expect(policyFrom(source, ['knot'], 3_600_000).dnsServers).toEqual([dnsA, dnsB]);
    const among = (vantages: number, quorum: { readonly downs?: number; readonly groups: number }) => {
      const asked = { ...source, policy: { ...source.policy, quorum } };
      return policyFrom(asked, ['knot'], 3_600_000, [], undefined, { apiserver: vantages, dns: 1 }).quorum;
    };
    // The majority of those that look at the kind of target, where nothing else is said.
    expect([1, 2, 3, 4, 5].map((vantages) => among(vantages, { groups: 1 }).apiserver.downs)).toEqual([1, 2, 2, 3, 3]);
    expect(among(3, { groups: 1 }).dns).toEqual({ downs: 1, groups: 1 });
    expect(among(3, { downs: 1, groups: 1 })).toEqual({
      apiserver: { downs: 1, groups: 1 },
      dns: { downs: 1, groups: 1 },
    });
  });

  it('lets an observation count for three rounds', () => {
    expect(maxAgeMs(policy)).toBe(15_000);
  });
});
