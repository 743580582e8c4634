// The configuration of the places that a deployment in the Worker probes a cluster from. Checks only; nothing is opened.
import { z } from 'zod';
import { isIpAddress, parseEndpoint } from '../../lib/endpoint.ts';
import type { Endpoint } from '../../lib/network.ts';
import { choice, list, readAs, section, text, yesOrNo } from '../field.ts';

const word = '1 to 40 of a-z, 0-9 and -';
const wordPattern = /^[a-z0-9-]{1,40}$/;

/** Where Cloudflare can be asked to place an object; best effort, and fixed when it is first made. */
const locations = ['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'apac-ne', 'apac-se', 'oc', 'afr', 'me'] as const;

/** Which targets a vantage looks at: what it cannot reach it must not call down. */
const targets = (what: string) =>
  list(choice(['apiserver', 'dns'], { what: 'A kind of target' }), 'kinds of target', 1, 2, {
    what,
    why: 'A vantage that cannot reach a target would only ever say that it is down.',
  }).prefault(['apiserver', 'dns']);

/** Where nobody is asked to look at anything but whether the network works. */
export const referenceField = list(
  readAs('an IP address with a port, like 9.9.9.9:443', readReference, { what: 'One address' }),
  'addresses',
  0,
  4,
  {
    what: 'Addresses outside of the cluster and its network that take TCP connections. Each is dialled in each round, and nothing is sent; when none of them answers and no target does, it is the own network that is broken',
    why: 'Without a reference that is guessed from targets of different kinds that fail at the same time; a vantage that looks at one kind only cannot tell. Not an address of Cloudflare for a vantage of the kind `edge`: a Worker cannot dial those.',
  },
).prefault([]);

function readReference(value: string): Endpoint {
  const endpoint = parseEndpoint(value, 0);
  if (!isIpAddress(endpoint.host)) throw new Error(`${endpoint.host} is a host name, which needs a resolver as well`);
  if (endpoint.port === 0) throw new Error('with a port');
  return endpoint;
}

const edge = section(
  { what: 'The Worker itself, from one region: for what a public address leads to' },
  {
    kind: z.literal('edge'),
    id: text(word, wordPattern, { what: 'Its name in observations' }),
    group: text(word, wordPattern, { what: 'The network that it can fail with' }).default('cloudflare'),
    location: choice(locations, {
      what: 'The region to probe from; without it Cloudflare picks the nearest to the first request',
      see: 'https://developers.cloudflare.com/durable-objects/reference/data-location/',
    }).exactOptional(),
    targets: targets('What it looks at'),
    reference: referenceField,
  },
);

const inside = section(
  { what: 'A `lifeboat vantage` process inside the network, which sends signed observations to the Worker' },
  {
    kind: z.literal('inside'),
    id: text(word, wordPattern, { what: 'Its name in observations' }),
    group: text(word, wordPattern, { what: 'The network that it can fail with' }),
    publicKey: text('an Ed25519 public key: 43 characters of Base64url', /^[A-Za-z0-9_-]{43}$/, {
      what: 'Its public key, as `lifeboat vantage keygen` printed it; the private key stays with the process',
      why: 'Observations decide about a failover: none that anybody else signed may count.',
      see: 'RFC 8032',
    }),
    captures: yesOrNo(true, {
      what: 'It transfers the zone for the Worker',
      why: 'CoreDNS is rarely reachable from outside. Without any such vantage the Worker transfers by itself.',
    }),
    targets: targets('What it looks at'),
    reference: referenceField,
  },
);

export const vantagesSchema = list(
  z.discriminatedUnion('kind', [edge, inside], { error: "a vantage of the kind 'edge' or 'inside'" }),
  'vantages',
  1,
  16,
  {
    what: 'Where a deployment in the Worker probes this cluster from; `lifeboat watch` probes from `vantage`',
    why: 'A Worker reaches public addresses only; what is private is looked at from inside.',
  },
).prefault([{ kind: 'edge', id: 'edge' }]);

export const vpcField = text('the name of a binding in upper case', /^[A-Z][A-Z0-9_]{0,63}$/, {
  what: 'The VPC network binding through which a Worker dials the API server and CoreDNS of this cluster',
  why: 'Without it a Worker reaches public addresses only.',
  see: 'https://developers.cloudflare.com/workers-vpc/configuration/vpc-networks/',
});
