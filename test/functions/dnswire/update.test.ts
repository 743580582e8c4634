import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../functions/dnswire/message.ts';
import { encodeUpdate, maxUpdateOctets, type UpdateStep } from '../../../functions/dnswire/update.ts';
import { parseName } from '../../../functions/records/name.ts';
import { vector } from './vectors.ts';

const zone = parseName('cluster.local');
const marker = parseName('_lifeboat.cluster.local');
const fresh = parseName('new.default.svc.cluster.local');
const api = parseName('api.default.svc.cluster.local');
const old = parseName('old.default.svc.cluster.local');

describe('encodeUpdate', () => {
  it('encodes octet by octet what an independent implementation does', () => {
    const bytes = encodeUpdate(
      {
        zone,
        prerequisites: [
          { must: 'hold', name: marker, type: 'TXT', values: ['"generation=7"'] },
          { must: 'not-exist', name: fresh, type: 'A' },
          { must: 'exist', name: api, type: 'A' },
        ],
        steps: [
          { step: 'delete-set', name: marker, type: 'TXT' },
          { step: 'add', name: marker, type: 'TXT', ttlSeconds: 30, values: ['"generation=8"'] },
          { step: 'add', name: fresh, type: 'A', ttlSeconds: 30, values: ['10.0.0.9', '10.0.0.10'] },
          { step: 'delete-set', name: old, type: 'A' },
          { step: 'delete-values', name: api, type: 'A', values: ['10.0.0.1'] },
        ],
      },
      0x4321,
    );
    expect(bytes).toEqual(vector('update'));
  });

  it('fits 2,000 addresses in one message, and says `limit` beyond the size of a message', () => {
    const add = (count: number): readonly UpdateStep[] =>
      Array.from({ length: count }, (_, i) => ({
        step: 'add',
        name: parseName(`svc-${i}.ns-${i % 20}.svc.cluster.local`),
        type: 'A',
        ttlSeconds: 30,
        values: ['10.0.0.1'],
      }));
    const bytes = encodeUpdate({ zone, prerequisites: [], steps: add(2_000) }, 1);
    expect(bytes.length).toBeLessThan(maxUpdateOctets);
    const message = decodeMessage(bytes);
    expect(message).toMatchObject({ opcode: 5, question: { name: zone, type: 'SOA' } });
    // Names past octet 16,383 cannot be pointed at (RFC 1035 section 4.1.4): all must still read right.
    expect(message.authorities.map((record) => record.name)).toEqual(add(2_000).map((step) => step.name));
    expect(() => encodeUpdate({ zone, prerequisites: [], steps: add(4_000) }, 1)).toThrow(
      expect.objectContaining({ code: 'limit', message: expect.stringContaining(String(maxUpdateOctets)) }),
    );
  });
});
