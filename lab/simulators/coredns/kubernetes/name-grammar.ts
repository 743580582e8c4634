// What a name asks for: `[port.proto | endpoint].service.namespace.svc|pod.zone` (plugin/kubernetes/parse.go). Text only.
import { labelsOf } from '../names.ts';

export type RecordRequest =
  /** The zone itself, `svc.zone` or `pod.zone`: they exist and hold nothing. */
  | { readonly kind: 'empty' }
  /** No name of this grammar. */
  | { readonly kind: 'invalid' }
  | {
      readonly kind: 'svc' | 'pod';
      /** Every one of these is empty where the name does not say. */
      readonly namespace: string;
      readonly service: string;
      readonly endpoint: string;
      readonly port: string;
      readonly protocol: string;
    };

/** `name` is in lower case and within the zone. */
export function parseName(name: string, zone: string): RecordRequest {
  const labels = labelsOf(name);
  const own = labels.slice(0, labels.length - labelsOf(zone).length);
  const kind = own.pop();
  if (kind === undefined) return { kind: 'empty' };
  if (kind !== 'svc' && kind !== 'pod') return { kind: 'invalid' };
  if (own.length === 0) return { kind: 'empty' };
  const namespace = own.pop() ?? '';
  const service = own.pop() ?? '';
  const [first = '', second] = own;
  if (own.length > 2) return { kind: 'invalid' };
  return second === undefined
    ? { kind, namespace, service, endpoint: first, port: '', protocol: '' }
    : { kind, namespace, service, endpoint: '', port: withoutUnderscore(first), protocol: withoutUnderscore(second) };
}

/** The address that a name of a reverse zone stands for; empty when it stands for none (plugin/pkg/dnsutil/reverse.go). */
export function addressOfReverse(name: string): string {
  const v4 = /^(.*)\.in-addr\.arpa\.$/.exec(name)?.[1];
  if (v4 !== undefined) return v4.split('.').reverse().join('.');
  const nibbles = /^(.*)\.ip6\.arpa\.$/.exec(name)?.[1]?.split('.').reverse().join('') ?? '';
  return /^[0-9a-f]{32}$/.test(nibbles) ? (nibbles.match(/.{4}/g) ?? []).join(':') : '';
}

export function isReverse(name: string): boolean {
  return /\.(in-addr|ip6)\.arpa\.$/.test(name);
}

function withoutUnderscore(label: string): string {
  return label.startsWith('_') ? label.slice(1) : label;
}
