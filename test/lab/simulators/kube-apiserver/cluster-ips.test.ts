// Cluster IPs: the range, what is taken, and what comes free again.
import { describe, expect, it } from 'vitest';
import { createClusterIps } from '../../../../lab/simulators/kube-apiserver/cluster-ips.ts';

describe('cluster IPs', () => {
  it('are given once, but for the first and the last of the range', () => {
    const ips = createClusterIps('10.0.0.0/29');
    const given: string[] = [];
    for (let address = ips.pick(); address !== undefined; address = ips.pick()) {
      ips.take(address);
      given.push(address);
    }
    expect(given.toSorted()).toEqual([1, 2, 3, 4, 5, 6].map((i) => `10.0.0.${i}`));
    ips.free('10.0.0.3');
    expect(ips.pick()).toBe('10.0.0.3');
  });

  it('say why one cannot be given', () => {
    const ips = createClusterIps('10.96.0.0/16');
    ips.take('10.96.1.1');
    expect(ips.problemOf('10.96.1.1')).toBe('provided IP is already allocated');
    for (const outside of ['10.97.0.1', '10.95.255.255', '10.96.0.0', '10.96.255.255', '192.168.0.1']) {
      expect(ips.problemOf(outside), outside).toBe('the provided network does not match the current range');
    }
    expect(ips.problemOf('10.96.1.2')).toBeUndefined();
  });

  it.each(['10.0.0.0', '10.0.0.0/8', '10.0.0.0/30', 'fd00::/112', '300.0.0.0/16'])('refuse the range %s', (range) => {
    expect(() => createClusterIps(range)).toThrow(`"${range}"`);
  });

  it('work with a range given by an address within', () => {
    expect(createClusterIps('192.168.7.9/24').problemOf('192.168.7.1')).toBeUndefined();
  });
});
