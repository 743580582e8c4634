import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../functions/config/parse.ts';
import { withinWorker } from '../../../../functions/deployment/workers/limits.ts';
import { configWith } from '../../config/example.ts';

function snapshotOf(changes: Readonly<Record<string, unknown>>) {
  const parsed = parseConfig(configWith(changes));
  if (parsed.status !== 'ok') throw new Error(JSON.stringify(parsed.problems));
  return withinWorker(parsed.config).clusters[0]?.snapshot;
}

describe('a configuration in a Worker', () => {
  it('refuses a zone that would end the object, whatever it says', () => {
    expect(snapshotOf({})).toMatchObject({ maxRecords: 60_000, maxBytes: 33_554_432 });
    const snapshot = { maxRecords: 10_000_000, maxBytes: 500_000_000 };
    expect(snapshotOf({ 'clusters.0.snapshot': snapshot })).toMatchObject({ maxRecords: 60_000, maxBytes: 33_554_432 });
  });

  it('keeps a smaller limit', () => {
    expect(snapshotOf({ 'clusters.0.snapshot': { maxRecords: 500, maxBytes: 100_000 } })).toMatchObject({
      maxRecords: 500,
      maxBytes: 100_000,
    });
  });
});
