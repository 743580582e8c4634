// The configuration of standby zones and of the TSIG keys that updates and transfers are signed with. Checks only.
import { z } from 'zod';
import { parseEndpoint } from '../lib/endpoint.ts';
import { parsePlainName } from '../records/name.ts';
import { type About, choice, milliseconds, path, readAs, section, text, yesOrNo } from './field.ts';
import { secretRef } from './secret.ts';

const dnsPort = 53;

/** A TSIG key (RFC 8945): its name, algorithm and secret by name. */
export function tsigSchema(about: About) {
  return section(about, {
    name: readAs('the name of a key, like lifeboat.', parsePlainName, {
      what: "The key's name, the same on both sides",
    }),
    algorithm: choice(['hmac-sha256'], {
      what: 'The algorithm',
      why: 'The one that every server must have.',
      see: 'RFC 8945 section 6',
    }).default('hmac-sha256'),
    secret: secretRef({ what: "The key's value in Base64, as a secret by name" }),
  });
}

/** Named by its kind where it is given no other: most clusters have one. */
function standbyId(kind: string) {
  return text('1 to 40 of a-z, 0-9 and -', /^[a-z0-9-]{1,40}$/, {
    what: 'Its name in commands, alerts, metrics and stored state; needed where a cluster has two of one kind',
    why: 'What is held back from it, and whether it is frozen, is remembered under this name, wherever its zone is moved.',
  }).default(kind);
}

const rfc2136 = section(
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

const zonefile = section(
  { what: 'A zone file, for a server that reads one, or for the shelf' },
  {
    kind: z.literal('zonefile'),
    id: standbyId('zonefile'),
    file: path('a zone file', { what: 'The file, replaced whole on each publication', see: 'RFC 1035 section 5' }),
  },
);

export const standbySchema = z.discriminatedUnion('kind', [rfc2136, zonefile], {
  error: "a standby of the kind 'rfc2136' or 'zonefile'",
});
