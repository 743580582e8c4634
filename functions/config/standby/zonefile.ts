// The configuration of a standby in a zone file. Checks only; what it does is in functions/providers/zonefile/.
import { z } from 'zod';
import { path, section } from '../field.ts';
import { type StandbyKind, standbyId } from './kind.ts';

const fileTimeoutMs = 30_000;

const schema = section(
  { what: 'A zone file, for a server that reads one, or for the shelf' },
  {
    kind: z.literal('zonefile'),
    id: standbyId('zonefile'),
    file: path('a zone file', { what: 'The file, replaced whole on each publication', see: 'RFC 1035 section 5' }),
  },
);

export const zonefileKind: StandbyKind<typeof schema> = {
  schema,
  isLocal: true,
  factsOf: ({ file }, clusterZone) => ({
    zone: clusterZone,
    place: { kind: 'file', file },
    secured: 'the permissions of the file',
    timeoutMs: fileTimeoutMs,
    // A file is served by nobody: whoever puts it on a server decides who can ask it.
    allowPublic: true,
  }),
  template: () => ["{ kind: 'zonefile', id: 'zonefile', file: 'standby.zone' },"],
};

export type ZonefileConfig = z.output<typeof schema>;
