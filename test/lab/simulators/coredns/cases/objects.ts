// The cluster that the questions are about: one object for each way in which DNS and the API may disagree. Plain API objects; the namespaces
// come first, and `gone` is taken away at the end, with its Service left behind.

export interface ApiObject {
  readonly kind: 'Service' | 'EndpointSlice';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export const zone = 'cluster.local';
export const ttlSeconds = 30;
/** Where Services may have addresses, for an API server that is to take these objects. */
export const serviceRanges = '10.96.0.0/16,fd00:10:96::/112';

export const namespaces = ['shop', 'bank', 'vacant'] as const;
/** A namespace that goes away while a Service is still in it. */
export const orphanNamespace = 'gone';

/** 63 letters, the most a label can have. */
export const longName = `l${'o'.repeat(61)}g`;

const http = { name: 'http', port: 80, protocol: 'TCP' };
const https = { name: 'https', port: 443, protocol: 'TCP' };

function service(name: string, spec: Readonly<Record<string, unknown>>, namespace = 'shop'): ApiObject {
  return { kind: 'Service', metadata: { name, namespace }, spec: { ports: [http], ...spec } };
}

function headless(name: string, ports: readonly object[] = [http]): ApiObject {
  return service(name, { clusterIP: 'None', ports });
}

function alias(name: string, externalName: string): ApiObject {
  return service(name, { type: 'ExternalName', externalName, ports: [] });
}

interface Endpoint {
  readonly addresses: readonly string[];
  readonly hostname?: string;
  readonly conditions?: { readonly ready: boolean };
}

function at(address: string, hostname?: string): Endpoint {
  return { addresses: [address], conditions: { ready: true }, ...(hostname === undefined ? {} : { hostname }) };
}

function slice(
  name: string,
  owner: string | undefined,
  endpoints: readonly Endpoint[],
  more: Readonly<Record<string, unknown>> = {},
): ApiObject {
  const labels = owner === undefined ? {} : { 'kubernetes.io/service-name': owner };
  const metadata = { name, namespace: 'shop', labels };
  return { kind: 'EndpointSlice', metadata, addressType: 'IPv4', ports: [http], endpoints, ...more };
}

/** Made by every API server for itself. */
export const kubernetesService = service(
  'kubernetes',
  { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'], type: 'ClusterIP', ports: [https] },
  'default',
);

export const objects: readonly ApiObject[] = [
  // Several ports and protocols, an endpoint that is not ready, a slice of another maker.
  service('web', { clusterIP: '10.96.1.1', ports: [http, https, { name: 'dns', port: 53, protocol: 'UDP' }] }),
  slice('web-1', 'web', [at('10.244.1.1'), { addresses: ['10.244.1.2'], conditions: { ready: false } }]),
  {
    ...slice('web-mirror', 'web', [at('10.244.1.3', 'mirrored')]),
    metadata: {
      name: 'web-mirror',
      namespace: 'shop',
      labels: {
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': 'someone-else.example.com',
      },
    },
  },
  service('dual', {
    clusterIP: '10.96.1.2',
    clusterIPs: ['10.96.1.2', 'fd00:10:96::2'],
    ipFamilyPolicy: 'RequireDualStack',
    ipFamilies: ['IPv4', 'IPv6'],
  }),
  service('unnamed', { clusterIP: '10.96.1.3', ports: [{ port: 8080, protocol: 'TCP' }] }),
  service('node', { type: 'NodePort', clusterIP: '10.96.1.4' }),
  service('balanced', { type: 'LoadBalancer', clusterIP: '10.96.1.5' }),
  service(longName, { clusterIP: '10.96.1.6' }),
  service('web', { clusterIP: '10.96.2.1' }, 'bank'),
  service('orphan', { clusterIP: '10.96.1.7' }, orphanNamespace),

  // Hostnames, none, not ready, the same address in two slices, both families, an address that ends in zeros.
  headless('db', [{ name: 'pg', port: 5432, protocol: 'TCP' }]),
  slice(
    'db-1',
    'db',
    [
      at('10.244.2.1', 'db-0'),
      at('10.244.2.2', 'db-1'),
      at('10.244.2.3'),
      { addresses: ['10.244.2.4'], conditions: { ready: false } },
    ],
    { ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }] },
  ),
  slice('db-2', 'db', [at('10.244.2.1', 'db-0'), at('10.244.2.5')], {
    ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }],
  }),
  slice('db-v6', 'db', [at('fd00:1::'), at('fd00:1::5')], {
    addressType: 'IPv6',
    ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }],
  }),
  headless('twins'),
  slice('twins-1', 'twins', [at('10.244.4.1', 'twin'), at('10.244.4.2', 'twin')], { ports: [http, https] }),
  headless('bare', []),
  slice('bare-1', 'bare', [at('10.244.3.1')], { ports: [] }),
  headless('plain'),
  slice('plain-1', 'plain', [at('10.244.3.2')], { ports: [{ port: 9000, protocol: 'TCP' }] }),
  headless('idle'),
  slice('idle-1', 'idle', [{ addresses: ['10.244.3.3'], conditions: { ready: false } }]),
  headless('unseen'),
  headless('unsure'),
  slice('unsure-1', 'unsure', [{ addresses: ['10.244.3.4'] }]),
  headless('named'),
  slice('named-1', 'named', [{ addresses: ['one.example.com'], conditions: { ready: true } }], {
    addressType: 'FQDN',
    ports: [http, https],
  }),

  // One address behind two Services; an address behind a Service and as a Service's own; a slice of no Service.
  headless('shared-a'),
  slice('shared-a-1', 'shared-a', [at('10.244.5.5', 'host')]),
  headless('shared-b'),
  slice('shared-b-1', 'shared-b', [at('10.244.5.5'), at('10.96.1.1')]),
  slice('stray-1', undefined, [at('10.244.9.9')]),

  alias('to-web', 'web.shop.svc.cluster.local'),
  alias('to-alias', 'to-web.shop.svc.cluster.local'),
  alias('to-db', 'db.shop.svc.cluster.local'),
  alias('to-dual', 'dual.shop.svc.cluster.local.'),
  alias('outside', 'www.example.com'),
  alias('dotted', 'www.example.com.'),
  alias('literal', '10.1.2.3'),
  alias('selfish', 'selfish.shop.svc.cluster.local'),
  alias('ping', 'pong.shop.svc.cluster.local'),
  alias('pong', 'ping.shop.svc.cluster.local'),
  alias('nowhere', 'missing.shop.svc.cluster.local'),
  alias('below', 'x.below.shop.svc.cluster.local'),
  alias('elsewhere', '5.5.244.10.in-addr.arpa'),
];
