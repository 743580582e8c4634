// The whole zone as a transfer sends it (plugin/kubernetes/xfr.go). It is not the sum of what questions are answered: other weights, no names
// of endpoints of a Service with an address, no PTR records, doubles left in.
import { absolute } from '../names.ts';
import { addressRecord, hostKind, nameRecord, serialOf, soaRecord, srvRecord } from '../records.ts';
import type { ResourceRecord } from '../wire.ts';
import { endpointLabel } from './lookup.ts';
import type { EndpointsObject, ServiceObject } from './objects.ts';
import { srvWeight } from './records-of-name.ts';
import type { ClusterStore } from './store.ts';

/** Types of Services with addresses; any other is left out. */
const withAddress = ['ClusterIP', 'NodePort', 'LoadBalancer'];

/**
 * SOA, records, SOA; the SOA alone when `serial` is the current one. Without NS records: the real one has those only where it listens on
 * addresses outside loopback.
 */
export function zoneRecords(store: ClusterStore, zone: string, ttl: number, serial: number): readonly ResourceRecord[] {
  const soa = soaRecord(zone, store.serial(), ttl);
  if (serial !== 0 && serialOf(soa) === serial) return [soa];
  const services = store
    .allServices()
    .filter(({ namespace }) => store.hasNamespace(namespace))
    .toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
  return [soa, ...services.flatMap((service) => recordsOf(store, service, zone, ttl)), soa];
}

function recordsOf(store: ClusterStore, service: ServiceObject, zone: string, ttl: number): readonly ResourceRecord[] {
  const owner = { name: `${service.name}.${service.namespace}.svc.${zone}`, ttl };
  if (service.type === 'ExternalName') {
    return hostKind(service.externalName) === 'CNAME'
      ? [nameRecord(owner, 'CNAME', absolute(service.externalName))]
      : [];
  }
  if (!withAddress.includes(service.type)) return [];
  if (hostKind(service.clusterIps[0] ?? '') === 'CNAME') {
    const slices = store.endpointsOf(`${service.name}.${service.namespace}`);
    return slices.flatMap((slice) => endpointRecords(slice, owner));
  }
  const addresses = service.clusterIps.map((ip) => addressRecord(owner, ip));
  const ports = service.ports.flatMap(({ name, port, protocol }) => {
    const srv = { weight: 100, port, target: owner.name };
    const named = name === '' ? [] : [srvRecord({ name: portName(owner.name, protocol, name), ttl }, srv)];
    return [srvRecord(owner, srv), ...named];
  });
  return [...addresses, ...ports];
}

/** Each slice has weights of its own. An endpoint that is a name has no address records, and its SRV records lead nowhere (`.`). */
function endpointRecords(
  { addresses, ports }: EndpointsObject,
  owner: { readonly name: string; readonly ttl: number },
): readonly ResourceRecord[] {
  const weight = srvWeight(addresses.length);
  const named = ports.filter(({ name }) => name !== '');
  return addresses.flatMap((address) => {
    const isAddress = hostKind(address.ip) !== 'CNAME';
    const own = { ...owner, name: `${endpointLabel(address)}.${owner.name}` };
    const target = isAddress ? own.name : '.';
    return [
      ...(isAddress ? [addressRecord(owner, address.ip), addressRecord(own, address.ip)] : []),
      ...named.map(({ name, port, protocol }) =>
        srvRecord({ ...owner, name: portName(owner.name, protocol, name) }, { weight, port, target }),
      ),
    ];
  });
}

function portName(owner: string, protocol: string, port: string): string {
  return `_${port}._${protocol}.${owner}`.replace(/^[^.]*\.[^.]*/, (labels) => labels.toLowerCase());
}
