// The configuration of a standby that takes dynamic updates. Checks only; what it does is in functions/providers/rfc2136/.
import { z } from 'zod';
import { parseEndpoint } from '../../lib/endpoint.ts';
import { parsePlainName } from '../../records/name.ts';
import { milliseconds, readAs, section, yesOrNo } from '../field.ts';
import { tsigSchema } from '../tsig.ts';
import { type StandbyKind, standbyId } from './kind.ts';

const dnsPort = 53;

const schema = section(
  { what: 'A zone on an authoritative server that takes dynamic updates (Knot, BIND, PowerDNS)' },
  {
    kind: z.literal('rfc2136'),
    id: standbyId('rfc2136'),
    server: readAs(
      'an address with an optional port, like 192.0.2.53:53 or [2001:db8::53]',
      (value) => parseEndpoint(value, dnsPort),
      {
        what: 'The primary server of the zone; port 53 where none is given',
        why: "It must not be the cluster's own DNS: that is what fails.",
        see: 'RFC 2136',
      },
    ),
    zone: readAs('the name of a zone', parsePlainName, {
      what: "The zone to write to; default: the cluster's",
      why: 'The generated wiring forwards names as they are, so only a zone of the same name serves it.',
    }).exactOptional(),
    tsig: tsigSchema({ what: 'The key for updates and for reading the zone back' }),
    timeoutMs: milliseconds(100, 120_000, 10_000, { what: 'Deadline of one update message or transfer' }),
    allowPublic: yesOrNo(false, {
      what: 'Allows a zone whose name can be public',
      why: 'A zone that the internet can ask shows the names and addresses of every Service.',
    }),
  },
);

export const rfc2136Kind: StandbyKind<typeof schema> = {
  schema,
  isLocal: false,
  factsOf: ({ zone, server, timeoutMs, allowPublic }, clusterZone) => ({
    zone: zone ?? clusterZone,
    place: { kind: 'server', server },
    secured: 'updates and transfers signed with TSIG',
    timeoutMs,
    allowPublic,
  }),
  template: ({ zone, server }) => [
    '{',
    "  kind: 'rfc2136',",
    "  // id: 'rfc2136', // its name in commands, alerts and metrics; needed where there are two of one kind",
    `  server: ${server},`,
    `  // zone: ${zone},`,
    "  tsig: { name: 'lifeboat-update.', secret: secret('PROD_UPDATE_KEY') },",
    '  // timeoutMs: 10_000,',
    "  // allowPublic: false, // a zone that the internet can ask shows every Service's name and address",
    '},',
  ],
};

export type Rfc2136Config = z.output<typeof schema>;
