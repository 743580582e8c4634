// Resource records from what they mean: addresses, names, numbers. It looks at no message.
import ipaddr from 'ipaddr.js';
import { classes, types } from '../dns/codes.ts';
import { nameToWire } from './names.ts';
import type { ResourceRecord } from './wire.ts';

/** What every record has. */
export interface Owner {
  readonly name: string;
  readonly ttl: number;
}

/** Kinds of what stands in a `host` field (plugin/etcd/msg/type.go): an IPv4 address, an IPv6 address, or else a name. */
export type HostKind = 'A' | 'AAAA' | 'CNAME';

/** As Go's net.ParseIP sees it: `::ffff:1.2.3.4` is an IPv4 address; a scope or a leading zero makes it none. */
export function hostKind(host: string): HostKind {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host))
    return ipaddr.IPv4.isValidFourPartDecimal(host) && !hasLeadingZero(host) ? 'A' : 'CNAME';
  if (!host.includes(':') || host.includes('%') || !ipaddr.IPv6.isValid(host)) return 'CNAME';
  return ipaddr.IPv6.parse(host).isIPv4MappedAddress() ? 'A' : 'AAAA';
}

function hasLeadingZero(address: string): boolean {
  return /(^|\.)0\d/.test(address);
}

/** An A or AAAA record; throws for a host that is no address. */
export function addressRecord(owner: Owner, host: string): ResourceRecord {
  const address = ipaddr.process(host);
  const type = address.kind() === 'ipv4' ? types.A : types.AAAA;
  return record(owner, type, Buffer.from(address.toByteArray()));
}

/** A record whose rdata is one name. */
export function nameRecord(owner: Owner, type: 'CNAME' | 'PTR' | 'NS', target: string): ResourceRecord {
  return record(owner, types[type], nameToWire(target));
}

export function srvRecord(
  owner: Owner,
  srv: { readonly weight: number; readonly port: number; readonly target: string },
): ResourceRecord {
  const numbers = Buffer.alloc(6);
  numbers.writeUInt16BE(srv.weight, 2);
  numbers.writeUInt16BE(srv.port & 0xffff, 4);
  return record(owner, types.SRV, Buffer.concat([numbers, nameToWire(srv.target)]));
}

/** One character string. */
export function txtRecord(owner: Owner, text: string): ResourceRecord {
  const octets = Buffer.from(text, 'latin1');
  return record(owner, types.TXT, Buffer.concat([Buffer.of(octets.length), octets]));
}

/** The SOA that plugin.SOA makes (plugin/backend_lookup.go) for a zone; its own TTL is at most 300 s. */
export function soaRecord(zone: string, serial: number, ttlSeconds: number): ResourceRecord {
  const numbers = Buffer.alloc(20);
  for (const [i, value] of [serial, 7_200, 1_800, 86_400, ttlSeconds].entries())
    numbers.writeUInt32BE(value >>> 0, 4 * i);
  const names = [nameToWire(`ns.dns.${zone}`), nameToWire(`hostmaster.${zone}`)];
  return record({ name: zone, ttl: Math.min(ttlSeconds, 300) }, types.SOA, Buffer.concat([...names, numbers]));
}

/** The serial of an SOA record: the first of the five numbers at its end. */
export function serialOf(soa: ResourceRecord): number {
  return soa.rdata.readUInt32BE(soa.rdata.length - 20);
}

function record(owner: Owner, type: number, rdata: Buffer): ResourceRecord {
  return { name: owner.name, type, class: classes.IN, ttl: owner.ttl, rdata };
}
