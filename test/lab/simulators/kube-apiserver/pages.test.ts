// The rests of lists in pages: kept for a while, and few.
import { describe, expect, it } from 'vitest';
import { createPages } from '../../../../lab/simulators/kube-apiserver/pages.ts';

describe('pages', () => {
  it('give a rest as it was, also twice, until others have taken its place', () => {
    const pages = createPages(2);
    const page = { revision: 7, rest: [] };
    const token = pages.keep(page);
    pages.keep({ revision: 8, rest: [] });
    expect(pages.fetch(token)).toBe(page);
    expect(pages.fetch(token)).toBe(page);
    pages.keep({ revision: 9, rest: [] });
    expect(() => pages.fetch(token)).toThrow(expect.objectContaining({ code: 410, reason: 'Expired' }));
  });

  it('refuse a token of another process, and what is none', () => {
    const token = (text: string) => Buffer.from(text).toString('base64url');
    expect(() => createPages(2).fetch(token('1/1'))).toThrow(expect.objectContaining({ code: 410 }));
    expect(() => createPages(2).fetch(token('one'))).toThrow(expect.objectContaining({ code: 400 }));
  });
});
