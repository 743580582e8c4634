import { describe, expect, it } from 'vitest';
import { createAlert } from '../../../functions/alerts/alert.ts';
import type { Notice } from '../../../functions/model/notice.ts';
import { fieldsOf } from './sample.ts';

describe('createAlert', () => {
  it('keeps what is within the limits, and nothing it does not know', () => {
    const fields = { ...fieldsOf('prod/x'), secret: 'no' };
    expect(createAlert('trigger', fields)).toEqual({ ...fieldsOf('prod/x'), action: 'trigger' });
  });

  it('cuts long texts, and never in the middle of a character', () => {
    const { summary, whatIsWrong } = createAlert('trigger', {
      ...fieldsOf('k'),
      summary: `${'s'.repeat(4094)}🚣🚣`,
      whatIsWrong: 'w'.repeat(5000),
    });
    expect(summary).toBe(`${'s'.repeat(4094)}…`);
    expect(summary.length).toBeLessThanOrEqual(4096);
    expect(whatIsWrong).toHaveLength(4096);
  });

  it.each([4093, 4094, 4095])('is well-formed with an emoji at %i, or with half of one', (at) => {
    const summary = `${'x'.repeat(at)}🛟${'y'.repeat(5000)}`;
    const { whatIsWrong, ...rest } = createAlert(
      'trigger',
      fieldsOf('k', { summary, whatIsWrong: `${summary}\ud83d` }),
    );
    expect(rest.summary.isWellFormed()).toBe(true);
    expect(whatIsWrong.isWellFormed()).toBe(true);
    expect(createAlert('trigger', fieldsOf('k', { summary: 'a\ud83d' })).summary).toBe('a\ufffd');
  });

  it('never cuts the dedup key: two incidents would become one', () => {
    const long = `prod/publish/zonefile ${'k'.repeat(4096)}`;
    expect(createAlert('trigger', fieldsOf(long)).dedupKey).toBe(long);
  });

  it('keeps a summary on one line', () => {
    expect(createAlert('trigger', fieldsOf('k', { summary: 'one\r\n  two\nthree' })).summary).toBe('one two three');
  });

  it("takes the machine's notices as they are", () => {
    const notice: Notice = fieldsOf('prod/activation/1');
    const fields: Notice = notice;
    expect(createAlert('resolve', fields).action).toBe('resolve');
  });
});
