import { describe, expect, it } from 'vitest';
import { classify } from '../../../../functions/alerts/channels/http.ts';

describe('classify', () => {
  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [0, 'rejected'],
    [301, 'rejected'],
    [400, 'rejected'],
    [401, 'rejected'],
    [404, 'rejected'],
    [408, 'retry'],
    [425, 'retry'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
  ])('takes %i for %s', (status, expected) => {
    expect(classify('webhook', status, null, 0).status).toBe(expected);
  });

  it('takes nothing else for delivered where the receiver has a status of its own', () => {
    expect(classify('pager', 202, null, 0, 202).status).toBe('delivered');
    expect(classify('pager', 200, null, 0, 202)).toEqual({
      status: 'retry',
      reason: 'pager answered 200, which is not its 202: is this its address?',
    });
  });

  it('reads Retry-After as seconds and as a date', () => {
    const now = Date.parse('2026-11-23T12:00:00Z');
    expect(classify('w', 503, '120', now)).toMatchObject({ afterMs: 120_000 });
    expect(classify('w', 503, 'Mon, 23 Nov 2026 12:00:30 GMT', now)).toMatchObject({ afterMs: 30_000 });
    expect(classify('w', 503, 'Mon, 23 Nov 2026 11:00:00 GMT', now)).toMatchObject({ afterMs: 0 });
    expect(classify('w', 503, 'soon', now)).not.toHaveProperty('afterMs');
  });
});
