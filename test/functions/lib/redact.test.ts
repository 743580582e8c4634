import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, redactUrl } from '../../../functions/lib/redact.ts';

describe('createRedactor', () => {
  const secret = 'pa55 wörd/+&"?';
  const redact = createRedactor([secret, 'short', '']);

  it.each([
    ['as it is', secret],
    ['in Base64', Buffer.from(secret).toString('base64')],
    ['in Base64url', Buffer.from(secret).toString('base64url')],
    ['in hexadecimal', Buffer.from(secret).toString('hex')],
    ['percent-encoded', encodeURIComponent(secret)],
    ['in JSON', JSON.stringify({ secret })],
  ])('blanks a secret out %s', (_, form) => {
    const shown = redact(`before ${form} after`);
    expect(shown).toMatch(/^before .*\[redacted\].* after$/);
    expect(shown).not.toMatch(/55|3535|cGE1/);
  });

  it('leaves other text and short values alone', () => {
    expect(redact('a short word')).toBe('a short word');
  });

  it('leaves no tail of a secret that another begins', () => {
    expect(createRedactor(['abcdef', 'abcdefgh'])('x abcdefgh y')).toBe('x [redacted] y');
  });

  it('never lets a secret through', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), fc.string(), fc.string(), (value, before, after) => {
        const shown = createRedactor([value])(before + value + after);
        // The mark itself may hold the value ("redact").
        expect(shown.replaceAll('[redacted]', '\u0000')).not.toContain(value);
      }),
    );
  });
});

it.each([
  ['https://hooks.example/services/T0/B0/key', 'https://hooks.example/…'],
  ['https://user:pass@hooks.example:8443', 'https://hooks.example:8443/…'],
  ['https://hooks.example/?token=x', 'https://hooks.example/…'],
  ['https://hooks.example/#x', 'https://hooks.example/…'],
  ['https://hooks.example', 'https://hooks.example'],
  ['no url', '[redacted]'],
])('redactUrl(%j)', (url, shown) => expect(redactUrl(url)).toBe(shown));
