// Services, EndpointSlices and Namespaces as the API server sends them, cut down to what DNS needs (plugin/kubernetes/object). Parsed once, here.
import { z } from 'zod';

export interface ServicePort {
  readonly name: string;
  /** -1: the object names no port, which stands for an address without SRV records. */
  readonly port: number;
  readonly protocol: string;
}

export interface ServiceObject {
  readonly name: string;
  readonly namespace: string;
  readonly version: string;
  readonly type: string;
  /** At least one; `None` is headless, an empty text is an address that is not there yet. */
  readonly clusterIps: readonly string[];
  readonly externalName: string;
  /** At least one. */
  readonly ports: readonly ServicePort[];
}

/** The ready endpoints of an EndpointSlice. */
export interface EndpointsObject {
  readonly name: string;
  readonly namespace: string;
  readonly version: string;
  /** `service.namespace`, by the slice's label. */
  readonly serviceKey: string;
  readonly addresses: readonly { readonly ip: string; readonly hostname: string }[];
  /** At least one. */
  readonly ports: readonly ServicePort[];
}

export interface NamespaceObject {
  readonly name: string;
  readonly version: string;
}

const noPort: ServicePort = { name: '', port: -1, protocol: '' };

const metadata = z.object({
  name: z.string(),
  namespace: z.string().default(''),
  resourceVersion: z.string().default(''),
  labels: z.record(z.string(), z.string()).nullish(),
});

const service = z.object({
  metadata,
  spec: z.object({
    type: z.string().default('ClusterIP'),
    clusterIP: z.string().default(''),
    clusterIPs: z.array(z.string()).nullish(),
    externalName: z.string().default(''),
    ports: z
      .array(z.object({ name: z.string().default(''), port: z.number(), protocol: z.string().default('TCP') }))
      .nullish(),
  }),
});

const endpointSlice = z.object({
  metadata,
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()).nullish(),
        hostname: z.string().nullish(),
        conditions: z.object({ ready: z.boolean().nullish() }).nullish(),
      }),
    )
    .nullish(),
  ports: z
    .array(z.object({ name: z.string().nullish(), port: z.number().nullish(), protocol: z.string().nullish() }))
    .nullish(),
});

const namespace = z.object({ metadata });

export function readService(value: unknown): ServiceObject {
  const { metadata: own, spec } = service.parse(value);
  return {
    name: own.name,
    namespace: own.namespace,
    version: own.resourceVersion,
    type: spec.type,
    clusterIps: spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP],
    externalName: spec.externalName,
    ports: spec.ports?.length ? spec.ports : [noPort],
  };
}

/** An endpoint counts unless its condition says that it is not ready. */
export function readEndpointSlice(value: unknown): EndpointsObject {
  const { metadata: own, endpoints, ports } = endpointSlice.parse(value);
  const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready ?? true);
  return {
    name: own.name,
    namespace: own.namespace,
    version: own.resourceVersion,
    serviceKey: `${own.labels?.['kubernetes.io/service-name'] ?? ''}.${own.namespace}`,
    addresses: ready.flatMap(({ addresses, hostname }) =>
      (addresses ?? []).map((ip) => ({ ip, hostname: hostname ?? '' })),
    ),
    ports: ports?.length
      ? ports.map(({ name, port, protocol }) => ({ name: name ?? '', port: port ?? -1, protocol: protocol ?? '' }))
      : [noPort],
  };
}

export function readNamespace(value: unknown): NamespaceObject {
  const { metadata: own } = namespace.parse(value);
  return { name: own.name, version: own.resourceVersion };
}

/** Whether a change to a Service changes what DNS says (serviceModified of plugin/kubernetes/controller.go). */
export function isSameService(before: ServiceObject, after: ServiceObject): boolean {
  return before.externalName === after.externalName && samePorts(before.ports, after.ports);
}

/** The same for a slice (endpointsEquivalent). */
export function isSameEndpoints(before: EndpointsObject, after: EndpointsObject): boolean {
  const [a, b] = [before.addresses, after.addresses];
  const sameAddresses =
    a.length === b.length && a.every(({ ip, hostname }, i) => ip === b[i]?.ip && hostname === b[i]?.hostname);
  return sameAddresses && samePorts(before.ports, after.ports);
}

function samePorts(a: readonly ServicePort[], b: readonly ServicePort[]): boolean {
  return (
    a.length === b.length &&
    a.every((each, i) => each.name === b[i]?.name && each.port === b[i]?.port && each.protocol === b[i]?.protocol)
  );
}
