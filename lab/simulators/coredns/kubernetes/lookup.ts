// From a name to what the cluster holds under it: addresses and ports, an alias, or nothing (plugin/kubernetes/kubernetes.go). No DNS records
// here: those are made in records-of-name.ts.
import ipaddr from 'ipaddr.js';
import { hostKind } from '../records.ts';
import { addressOfReverse, isReverse, parseName, type RecordRequest } from './name-grammar.ts';
import type { EndpointsObject, ServicePort } from './objects.ts';
import type { ClusterStore } from './store.ts';

/** One thing under a name. */
export interface Item {
  /** An address, or a name for an alias. */
  readonly host: string;
  /** -1: there is none. */
  readonly port: number;
  /** The name the thing has of its own: the Service's, or the endpoint's. In the case of the zone asked for. */
  readonly owner: string;
}

/** `no-name`: the name does not exist; items may be none for a name that does. */
export type Found = { readonly status: 'found'; readonly items: readonly Item[] } | { readonly status: 'no-name' };

export interface LookupSettings {
  readonly pods: 'disabled' | 'insecure';
  /** The first zone that is no reverse zone: what PTR records point into. */
  readonly primaryZone: string;
}

const nothing: Found = { status: 'found', items: [] };
const noName: Found = { status: 'no-name' };

/**
 * What stands under `ns.dns.zone`, and under any other name. The real one has an address there where it listens outside loopback, and knows
 * the name only while the zone is asked for in lower case. `name` is in lower case, `zone` as it was asked for.
 */
export function lookupName(store: ClusterStore, settings: LookupSettings, name: string, zone: string): Found {
  return name === `ns.dns.${zone}` ? nothing : lookupRecords(store, settings, name, zone);
}

export function lookupRecords(store: ClusterStore, settings: LookupSettings, name: string, zone: string): Found {
  const request = parseName(name, zone);
  if (request.kind === 'empty') return nothing;
  if (request.kind === 'invalid' || isReverse(name) || !store.hasNamespace(request.namespace)) return noName;
  if (request.service === '') return request.kind === 'pod' && settings.pods === 'disabled' ? noName : nothing;
  return request.kind === 'pod' ? findPod(settings, request, zone) : findService(store, request, zone);
}

type Parsed = Exclude<RecordRequest, { readonly kind: 'empty' | 'invalid' }>;

/** Any address written with dashes, in any namespace that exists: `pods insecure` asks no one. */
function findPod({ pods }: LookupSettings, { service: label, namespace }: Parsed, zone: string): Found {
  if (pods === 'disabled') return noName;
  const isV4 = label.split('-').length === 4 && !label.includes('--');
  const host = label.replaceAll('-', isV4 ? '.' : ':');
  if (hostKind(host) === 'CNAME') return noName;
  return { status: 'found', items: [{ host, port: 0, owner: `${label}.${namespace}.pod.${zone}` }] };
}

function findService(store: ClusterStore, request: Parsed, zone: string): Found {
  const service = store.service(request.service, request.namespace);
  if (service === undefined) return noName;
  const owner = `${service.name}.${service.namespace}.svc.${zone}`;
  if (service.type === 'ExternalName') {
    const isSub = request.endpoint !== '' || request.port !== '' || request.protocol !== '';
    if (isSub || hostKind(service.externalName) !== 'CNAME') return noName;
    return { status: 'found', items: [{ host: service.externalName, port: 0, owner }] };
  }
  if (service.clusterIps[0] === 'None' || request.endpoint !== '') {
    const slices = store.endpointsOf(`${service.name}.${service.namespace}`);
    const items = slices.flatMap((slice) => endpointItems(slice, request, owner));
    return items.length === 0 ? noName : { status: 'found', items };
  }
  const ports = service.ports.filter((port) => isPort(request, port));
  const items = ports.flatMap(({ port }) => service.clusterIps.map((host) => ({ host, port, owner })));
  return ports.length === 0 ? noName : { status: 'found', items };
}

/** One item for each address and port. */
function endpointItems({ addresses, ports }: EndpointsObject, request: Parsed, owner: string): readonly Item[] {
  return addresses
    .map((address) => ({ ip: address.ip, label: endpointLabel(address) }))
    .filter(({ label }) => request.endpoint === '' || label.toLowerCase() === request.endpoint)
    .flatMap(({ ip, label }) =>
      ports.filter((port) => isPort(request, port)).map(({ port }) => ({ host: ip, port, owner: `${label}.${owner}` })),
    );
}

function isPort({ port, protocol }: Parsed, each: ServicePort): boolean {
  const hasName = port === '' || each.name.toLowerCase() === port;
  return hasName && (protocol === '' || each.protocol.toLowerCase() === protocol);
}

/** The hostname, or else the address with dashes; one that ends in a dash gets a 0, since no host name ends so. */
export function endpointLabel({ ip, hostname }: { readonly ip: string; readonly hostname: string }): string {
  if (hostname !== '') return hostname;
  if (ip.includes('.')) return ip.replaceAll('.', '-');
  if (!ip.includes(':')) return '';
  const dashed = ip.replaceAll(':', '-');
  return dashed.endsWith('-') ? `${dashed}0` : dashed;
}

/**
 * The names of an address: of the first Service that has it, or else of every endpoint that has it. Undefined for a name that stands for no
 * address.
 */
export function lookupAddress(
  store: ClusterStore,
  { primaryZone }: LookupSettings,
  name: string,
): readonly string[] | undefined {
  const spelled = addressOfReverse(name);
  if (hostKind(spelled) === 'CNAME') return undefined;
  const ip = ipaddr.process(spelled).toString();
  const [service] = store.servicesWithIp(ip);
  if (service !== undefined) return [`${service.name}.${service.namespace}.svc.${primaryZone}`];
  return store
    .endpointsWithIp(ip)
    .flatMap(({ serviceKey, addresses }) =>
      addresses
        .filter((address) => address.ip === ip)
        .map((address) => `${endpointLabel(address)}.${serviceKey}.svc.${primaryZone}`),
    );
}
