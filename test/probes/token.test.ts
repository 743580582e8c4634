import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../lab/processes/certificates.ts';
import { certificateEnd } from '../../probes/certificate.ts';
import { inspectToken } from '../../probes/token.ts';

const now = Date.UTC(2026, 5, 1);
const seconds = now / 1000;
const day = 86_400;
const jwt = (claims: object) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
};

describe('inspectToken', () => {
  it.each([
    ['an opaque one', 'abc123', {}],
    ['the one of EKS', 'k8s-aws-v1.aHR0cHM6Ly9zdHM', {}],
    ['one with three parts that is no JWT', 'a.b.c', {}],
    ['a JWT without an end', jwt({ sub: 'x' }), {}],
    [
      "a Secret's service-account token, which never ends",
      jwt({ 'kubernetes.io/serviceaccount/namespace': 'a', sub: 'system:serviceaccount:a:b' }),
      {},
    ],
    ['a long one', jwt({ iat: seconds, exp: seconds + 365 * day }), { expiresAt: now + 365 * day * 1000 }],
    [
      'one that ends in exactly 14 days',
      jwt({ iat: seconds, exp: seconds + 14 * day }),
      { expiresAt: now + 14 * day * 1000 },
    ],
    [
      'one that ends within 14 days, with a warning',
      jwt({ iat: seconds - 300 * day, exp: seconds + 14 * day - 1 }),
      { expiresAt: now + (14 * day - 1) * 1000, warning: 'the token ends in 13.9 days' },
    ],
    [
      'a long-lived service-account token',
      jwt({ 'kubernetes.io': { namespace: 'a' }, iat: seconds, exp: seconds + 90 * day }),
      { expiresAt: now + 90 * day * 1000 },
    ],
    [
      'a short-lived token of somebody else, whom something outside the cluster renews',
      jwt({ iss: 'https://idp.example', sub: 'watchdog', iat: seconds, exp: seconds + 3600 }),
      { expiresAt: now + 3_600_000, warning: 'the token ends in 0 days' },
    ],
  ])('takes %s', (_, token, rest) => {
    expect(inspectToken(token, now)).toEqual({ status: 'usable', ...rest });
  });

  const shortLived =
    'only the API server itself can renew it, so it would end in the outage; use a client certificate, or a token that something outside the cluster renews';
  it.each([
    ['an empty one', '', 'the token is empty'],
    ['two lines', 'a\nb', 'the token holds white space or characters that are not ASCII'],
    ['a huge one', 'x'.repeat(65_537), 'the token has 65537 characters, the limit is 65536'],
    ['one that has ended', jwt({ iat: seconds - 9 * day, exp: seconds - 2 * day }), 'the token ended 2 days ago'],
    ['one that ends now', jwt({ exp: seconds }), 'the token ended 0 days ago'],
    [
      'a bound service-account token of an hour',
      jwt({
        iss: 'https://kubernetes.default.svc',
        'kubernetes.io': { namespace: 'a' },
        iat: seconds - 60,
        exp: seconds + 3540,
      }),
      `a short-lived service-account token (1 h): ${shortLived}`,
    ],
    [
      'a service-account token known by its subject, of 48 h',
      jwt({ sub: 'system:serviceaccount:lifeboat:watchdog', nbf: seconds, exp: seconds + 2 * day }),
      `a short-lived service-account token (48 h): ${shortLived}`,
    ],
  ])('refuses %s', (_, token, evidence) => {
    const verdict = inspectToken(token, now);
    expect(verdict.status === 'refused' ? verdict.evidence : verdict).toBe(evidence);
  });

  it('never shows the token', () => {
    for (const token of ['secret value', jwt({ exp: 1 }), jwt({ 'kubernetes.io': {}, exp: seconds + 5 })]) {
      expect(JSON.stringify(inspectToken(token, now))).not.toContain(token);
    }
  });
});

describe('certificateEnd', () => {
  it('reads the end out of the PEM text', async () => {
    const authority = await createAuthority('test');
    const end = Date.now() + 86_400_000;
    const { certificate } = await authority.issueClient('watchdog', ['a'], 86_400_000);
    const read = certificateEnd(`# a comment\n${certificate}\n${authority.certificate}`);
    expect(read).toBeGreaterThan(end - 2000);
    expect(read).toBeLessThan(end + 5000);
  });

  it('reads a year beyond 2049, which is written in another way', async () => {
    const authority = await createAuthority('test');
    const { certificate } = await authority.issueClient('watchdog', [], 100 * 365 * 86_400_000);
    const years = ((certificateEnd(certificate) ?? 0) - Date.now()) / (365 * 86_400_000);
    expect(years).toBeCloseTo(100, 1);
  });

  it.each([
    '',
    'x',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  ])('gives nothing for %j', (pem) => {
    expect(certificateEnd(pem)).toBeUndefined();
  });
});
