// The kind EndpointSlice, checked as pkg/apis/discovery/validation does it. No controller runs: slices are what their writers say.
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { checkName } from '../names.ts';
import { objectShape } from '../objects.ts';
import { duplicate, type FieldProblem, invalidValue, notSupported, required } from '../status.ts';
import type { Kind } from './kind.ts';

const endpointShape = z.looseObject({
  addresses: z.array(z.string()).optional(),
  hostname: z.string().optional(),
  conditions: z.looseObject({ ready: z.boolean().optional() }).optional(),
});

const portShape = z.looseObject({
  name: z.string().optional(),
  protocol: z.string().optional(),
  port: z.int().optional(),
});

const sliceShape = objectShape.extend({
  addressType: z.string().optional(),
  endpoints: z.array(endpointShape).optional(),
  ports: z.array(portShape).optional(),
});

type Slice = z.infer<typeof sliceShape>;
type Endpoint = z.infer<typeof endpointShape>;

const addressTypes: readonly string[] = ['FQDN', 'IPv4', 'IPv6'];
const maxEndpoints = 1_000;
const maxAddresses = 100;
const maxPorts = 100;

export const endpointSliceKind: Kind = {
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  shortNames: [],
  namespaced: true,
  nameRule: 'subdomain',
  selectable: {},
  shape: sliceShape,
  deleteAnswers: 'status',
  prepare(draft: Slice, { previous }) {
    const { addressType, endpoints = [], ports = [] } = draft;
    for (const port of ports) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
    if (addressType === undefined) return [required('addressType')];
    if (!addressTypes.includes(addressType)) return [notSupported('addressType', addressType, addressTypes)];
    if (previous !== undefined && previous.addressType !== addressType) {
      return [invalidValue('addressType', addressType, 'field is immutable')];
    }
    return [
      ...checkCount('endpoints', endpoints.length, maxEndpoints),
      ...endpoints.flatMap((endpoint, i) => checkEndpoint(`endpoints[${i}]`, endpoint, addressType)),
      ...checkCount('ports', ports.length, maxPorts),
      ...ports.flatMap(({ name = '' }, i) => [
        ...(name === '' ? [] : checkName('label', `ports[${i}].name`, name)),
        ...(ports.slice(0, i).some((each) => each.name === name) ? [duplicate(`ports[${i}].name`, name)] : []),
      ]),
    ];
  },
};

function checkCount(field: string, count: number, limit: number): readonly FieldProblem[] {
  return count > limit ? [invalidValue(field, count, `must have at most ${limit} items`)] : [];
}

function checkEndpoint(field: string, { addresses = [], hostname }: Endpoint, type: string): readonly FieldProblem[] {
  return [
    ...(addresses.length === 0 ? [required(`${field}.addresses`, 'must contain at least 1 address')] : []),
    ...checkCount(`${field}.addresses`, addresses.length, maxAddresses),
    ...addresses.flatMap((address, i) => checkAddress(`${field}.addresses[${i}]`, address, type)),
    ...(hostname === undefined ? [] : checkName('label', `${field}.hostname`, hostname)),
  ];
}

/** Addresses that no pod can have, pkg/apis/core/validation ValidateEndpointIP. */
const excluded: ReadonlyMap<string, string> = new Map([
  ['unspecified', 'may not be unspecified (0.0.0.0 or ::)'],
  ['loopback', 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ['linkLocal', 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  ['multicast', 'may not be in the multicast range (224.0.0.0/4, ff00::/8)'],
]);

function checkAddress(field: string, address: string, type: string): readonly FieldProblem[] {
  if (type === 'FQDN') return checkName('subdomain', field, address);
  const family = familyOf(address);
  if (family === undefined)
    return [invalidValue(field, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  // The real server leaves the index out here.
  if (family !== type) return [invalidValue(field.replace(/\[\d+\]$/, ''), address, `must be an ${type} address`)];
  const why = excluded.get(ipaddr.parse(address).range());
  return why === undefined ? [] : [invalidValue(field, address, why)];
}

function familyOf(address: string): 'IPv4' | 'IPv6' | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return 'IPv4';
  return address.includes(':') && ipaddr.IPv6.isValid(address) ? 'IPv6' : undefined;
}
