// A vantage says in its report what it saw of its reference, and of no other.
import { expect, it } from 'vitest';
import { parseConfig } from '../../functions/config/parse.ts';
import { encodeReport, readReport } from '../../functions/vantage/protocol/report.ts';
import { configWith } from '../functions/config/example.ts';
import { seen, t0 } from '../functions/decision/story.ts';

const rack = { kind: 'inside', id: 'rack', group: 'dc', publicKey: 'k'.repeat(43), targets: ['dns'] };

function read(reference: readonly string[]) {
  const vantages = [
    { kind: 'edge', id: 'edge' },
    { ...rack, reference },
  ];
  const parsed = parseConfig(configWith({ 'clusters.0.vantages': vantages }));
  const cluster = parsed.status === 'ok' ? parsed.config.clusters[0] : undefined;
  const vantage = cluster?.vantages.find((one) => one.kind === 'inside');
  if (cluster === undefined || vantage === undefined) throw new Error(JSON.stringify(parsed));
  const observations = [seen('reference.connect', 'down', 'unreachable')];
  return readReport(encodeReport(observations, []), cluster, vantage, t0);
}

it('is taken of its own reference', () => {
  expect(read(['9.9.9.9:443'])).toMatchObject({
    status: 'read',
    observations: [{ signal: 'reference.connect', reason: 'unreachable', vantage: 'rack', group: 'dc' }],
  });
});

it.each([[[]], [['8.8.8.8:443']]])('is refused of one that it has not: %j', (reference) => {
  expect(read(reference)).toMatchObject({
    status: 'malformed',
    reason: expect.stringContaining('reference 9.9.9.9:443 is no target of rack'),
  });
});
