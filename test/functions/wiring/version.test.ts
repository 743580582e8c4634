// Which CoreDNS can carry the wiring, from the texts in which a version is found.
import { expect, it } from 'vitest';
import { checkCoreDnsVersion } from '../../../functions/wiring/version.ts';

it.each([
  ['CoreDNS-1.15.0\nlinux/amd64, go1.26.8, ', '1.15.0'],
  ['registry.example/coredns/coredns:v1.14.7', '1.14.7'],
  ['eks/coredns:v1.14.10-eksbuild.1', '1.14.10'],
  ['v2.0.0', '2.0.0'],
  ['1.15.0', '1.15.0'],
])('%j is fine', (text, version) => {
  expect(checkCoreDnsVersion(text)).toEqual({ status: 'ok', version, notes: [] });
});

it.each([['1.13.0'], ['v1.14.6']])('%j is fine, with a note', (text) => {
  expect(checkCoreDnsVersion(text)).toMatchObject({
    status: 'ok',
    notes: [expect.stringMatching(/again and again for 5 s/)],
  });
});

it.each([
  ['coredns:v1.12.4-eksbuild.1', /CoreDNS 1\.12\.4 is older than 1\.13\.0/],
  ['CoreDNS-1.9.3', /older than 1\.13\.0/],
  ['0.99.99', /older/],
  ['dns/k8s-dns-node-cache:1.26.4', /the tag of a node cache is not the version/],
  ['latest', /no CoreDNS version in "latest"/],
  ['', /no CoreDNS version/],
])('%j is refused', (text, reason) => {
  expect(checkCoreDnsVersion(text)).toEqual({ status: 'refused', reason: expect.stringMatching(reason) });
});
