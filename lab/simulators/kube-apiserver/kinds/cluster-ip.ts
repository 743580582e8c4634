// The kind Service: defaults, checks and its cluster IP. It allocates no node ports and no load balancers: the types that need them are
// refused. The real thing: pkg/apis/core/v1/defaults.go, pkg/registry/core/service/storage, pkg/apis/core/validation.
import { z } from 'zod';
import { isIpv4 } from '../cluster-ips.ts';
import { checkName } from '../names.ts';
import { objectShape } from '../objects.ts';
import { duplicate, type FieldProblem, forbiddenField, invalidValue, notSupported, required } from '../status.ts';
import type { Kind, PrepareContext } from './kind.ts';

const portShape = z.looseObject({
  name: z.string().optional(),
  protocol: z.string().optional(),
  port: z.int().default(0),
  targetPort: z.union([z.int(), z.string()]).optional(),
});

const specShape = z.looseObject({
  type: z.string().optional(),
  clusterIP: z.string().optional(),
  clusterIPs: z.array(z.string()).optional(),
  externalName: z.string().optional(),
  ports: z.array(portShape).optional(),
});

const serviceShape = objectShape.extend({ spec: specShape.default({}), status: z.looseObject({}).optional() });

type Service = z.infer<typeof serviceShape>;
type Spec = Service['spec'];
type Port = z.infer<typeof portShape>;

export const serviceKind: Kind = {
  group: '',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  namespaced: true,
  nameRule: 'label',
  selectable: {
    'spec.type': (object) => (object as Service).spec.type ?? '',
    'spec.clusterIP': (object) => (object as Service).spec.clusterIP ?? '',
  },
  shape: serviceShape,
  deleteAnswers: 'object',
  prepare(draft: Service, context) {
    const { spec } = draft;
    const before = (context.previous as Service | undefined)?.spec;
    spec.type ??= 'ClusterIP';
    spec.sessionAffinity ??= 'None';
    draft.status = (context.previous as Service | undefined)?.status ?? { loadBalancer: {} };
    spec.ports?.forEach(setPortDefaults);
    const ports = checkPorts(spec.ports ?? []);
    switch (spec.type) {
      case 'ClusterIP':
        return [...ports, ...prepareAddress(spec, before, context, ports.length === 0)];
      case 'ExternalName':
        return [...ports, ...prepareExternalName(spec)];
      case 'NodePort':
      case 'LoadBalancer':
        return [
          forbiddenField('spec.type', `${spec.type} is not supported by this server, it allocates no node ports`),
        ];
      default:
        return [notSupported('spec.type', spec.type, ['ClusterIP', 'ExternalName'])];
    }
  },
};

/** The addresses that a Service holds: none for a headless one. */
export function addressesOf(object: unknown): readonly string[] {
  return ((object as Service).spec.clusterIPs ?? []).filter(isIpv4);
}

function setPortDefaults(port: Port): void {
  port.protocol ??= 'TCP';
  port.targetPort ??= port.port;
}

function checkPorts(ports: readonly Port[]): readonly FieldProblem[] {
  return ports.flatMap((port, i) => {
    const field = `spec.ports[${i}]`;
    const { name = '', protocol = '' } = port;
    const earlier = ports.slice(0, i);
    return [
      ...(ports.length > 1 && name === '' ? [required(`${field}.name`)] : []),
      ...(name === '' ? [] : checkName('label', `${field}.name`, name)),
      ...(name !== '' && earlier.some((each) => each.name === name) ? [duplicate(`${field}.name`, name)] : []),
      ...checkPortNumber(`${field}.port`, port.port),
      ...(['SCTP', 'TCP', 'UDP'].includes(protocol)
        ? []
        : [notSupported(`${field}.protocol`, protocol, ['SCTP', 'TCP', 'UDP'])]),
      ...(typeof port.targetPort === 'number' ? checkPortNumber(`${field}.targetPort`, port.targetPort) : []),
      ...(earlier.some((each) => each.port === port.port && each.protocol === protocol)
        ? [duplicate(field, `${protocol} ${port.port}`)]
        : []),
    ];
  });
}

function checkPortNumber(field: string, port: number): readonly FieldProblem[] {
  return port >= 1 && port <= 65_535 ? [] : [invalidValue(field, port, 'must be between 1 and 65535, inclusive')];
}

function prepareExternalName(spec: Spec): readonly FieldProblem[] {
  delete spec.clusterIP;
  delete spec.clusterIPs;
  if (spec.externalName === undefined) return [required('spec.externalName')];
  return checkName('subdomain', 'spec.externalName', spec.externalName.replace(/\.$/, ''));
}

/** Takes over the address that the Service has, or gives it one; an address is not given while anything else is wrong. */
function prepareAddress(
  spec: Spec,
  before: Spec | undefined,
  { clusterIps }: PrepareContext,
  isRight: boolean,
): readonly FieldProblem[] {
  spec.ipFamilies ??= ['IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
  spec.internalTrafficPolicy ??= 'Cluster';
  const held = before?.clusterIP;
  // A client that changes or leaves out `clusterIP` alone means `clusterIPs` too, pkg/registry/core/service/strategy.go.
  if (spec.clusterIP === undefined || spec.clusterIP === '') {
    if (held === undefined && spec.clusterIPs !== undefined && spec.clusterIPs.length > 0) {
      return [invalidValue('spec.clusterIPs', spec.clusterIPs, 'must be empty when `clusterIP` is not specified')];
    }
    spec.clusterIP = held ?? '';
  }
  if (spec.clusterIPs === undefined || spec.clusterIPs[0] === held) spec.clusterIPs = [spec.clusterIP];
  const problems = checkAddress(spec, held);
  if (spec.clusterIP !== 'None' && (spec.ports ?? []).length === 0) problems.push(required('spec.ports'));
  if (problems.length > 0 || !isRight || held !== undefined || spec.clusterIP === 'None') return problems;
  if (spec.clusterIP === '') {
    spec.clusterIP = clusterIps.pick() ?? '';
    spec.clusterIPs = [spec.clusterIP];
    return spec.clusterIP === '' ? [invalidValue('spec.clusterIPs', [], 'failed to allocate IP: range is full')] : [];
  }
  const problem = clusterIps.problemOf(spec.clusterIP);
  const why = `failed to allocate IP ${spec.clusterIP}: ${problem}`;
  return problem === undefined ? [] : [invalidValue('spec.clusterIPs', spec.clusterIPs, why)];
}

function checkAddress({ clusterIP = '', clusterIPs = [] }: Spec, held: string | undefined): FieldProblem[] {
  const field = 'spec.clusterIPs[0]';
  if (clusterIPs.length > 1) return [invalidValue('spec.clusterIPs', clusterIPs, 'this server gives one IPv4 address')];
  if (clusterIPs[0] !== clusterIP)
    return [invalidValue('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`')];
  if (held !== undefined && clusterIP !== held) return [invalidValue(field, clusterIPs, 'may not change once set')];
  if (clusterIP === '' || clusterIP === 'None' || isIpv4(clusterIP)) return [];
  return [
    invalidValue(
      field,
      clusterIP,
      'must be a valid IP address, (e.g. 10.9.8.7); IPv6 is not configured on this server',
    ),
  ];
}
