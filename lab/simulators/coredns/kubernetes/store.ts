// What this replica knows of the cluster, with the indexes that questions need, and the serial that its changes make (plugin/kubernetes/
// controller.go). It asks nobody and answers nobody.
import {
  type EndpointsObject,
  isSameEndpoints,
  isSameService,
  type NamespaceObject,
  type ServiceObject,
} from './objects.ts';

/** One kind of object, kept as a reflector tells it. */
export interface Collection<T> {
  /** The whole list: what is not in it is gone. From then on the collection is synced. */
  replace(objects: readonly T[]): void;
  set(object: T): void;
  remove(object: T): void;
}

export interface ClusterStore {
  readonly services: Collection<ServiceObject>;
  readonly endpoints: Collection<EndpointsObject>;
  readonly namespaces: Collection<NamespaceObject>;
  isSynced(): boolean;
  /** Unix second of the last change that matters, as this replica saw it; 0 before the first. */
  serial(): number;
  hasNamespace(name: string): boolean;
  service(name: string, namespace: string): ServiceObject | undefined;
  allServices(): readonly ServiceObject[];
  /** The slices of a Service. */
  endpointsOf(serviceKey: string): readonly EndpointsObject[];
  servicesWithIp(ip: string): readonly ServiceObject[];
  endpointsWithIp(ip: string): readonly EndpointsObject[];
}

interface Kind<T> {
  readonly keyOf: (object: T) => string;
  /** Each index by its name, with the words under which an object is found. */
  readonly indexes: Readonly<Record<string, (object: T) => readonly string[]>>;
  readonly isSame: (before: T, after: T) => boolean;
  readonly onChange: () => void;
  readonly onSynced: () => void;
}

/** `onSynced` is called once, when every kind has been listed. */
export function createClusterStore(nowMs: () => number, onSynced: () => void = () => undefined): ClusterStore {
  let serial = 0;
  const onChange = (): void => {
    serial = Math.floor(nowMs() / 1_000);
  };
  const checkSynced = (): void => {
    if (isSynced()) onSynced();
  };
  const inNamespace = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
    `${namespace}/${name}`;
  const services = createTable<ServiceObject>({
    keyOf: inNamespace,
    indexes: { ip: ({ clusterIps }) => clusterIps },
    isSame: isSameService,
    onChange,
    onSynced: checkSynced,
  });
  const endpoints = createTable<EndpointsObject>({
    keyOf: inNamespace,
    indexes: { service: ({ serviceKey }) => [serviceKey], ip: ({ addresses }) => addresses.map(({ ip }) => ip) },
    isSame: isSameEndpoints,
    onChange,
    onSynced: checkSynced,
  });
  const namespaces = createTable<NamespaceObject>({
    keyOf: ({ name }) => name,
    indexes: {},
    isSame: () => true,
    // Namespaces do not move the serial.
    onChange: () => undefined,
    onSynced: checkSynced,
  });
  const isSynced = (): boolean => services.isSynced() && endpoints.isSynced() && namespaces.isSynced();
  return {
    services,
    endpoints,
    namespaces,
    isSynced,
    serial: () => serial,
    hasNamespace: (name) => namespaces.get(name) !== undefined,
    service: (name, namespace) => services.get(`${namespace}/${name}`),
    allServices: () => services.all(),
    endpointsOf: (serviceKey) => endpoints.find('service', serviceKey),
    servicesWithIp: (ip) => services.find('ip', ip),
    endpointsWithIp: (ip) => endpoints.find('ip', ip),
  };
}

function createTable<T extends { readonly version: string }>(kind: Kind<T>) {
  const objects = new Map<string, T>();
  const found = new Map<string, Set<T>>();
  let synced = false;

  const wordsOf = (object: T): readonly string[] =>
    Object.entries(kind.indexes).flatMap(([index, words]) => words(object).map((word) => `${index}:${word}`));
  const unlink = (object: T): void => {
    for (const word of wordsOf(object)) {
      const set = found.get(word);
      set?.delete(object);
      if (set?.size === 0) found.delete(word);
    }
  };
  const link = (object: T): void => {
    for (const word of wordsOf(object)) found.set(word, (found.get(word) ?? new Set()).add(object));
  };
  const set = (object: T): void => {
    const key = kind.keyOf(object);
    const before = objects.get(key);
    if (before !== undefined) unlink(before);
    objects.set(key, object);
    link(object);
    if (before === undefined || (before.version !== object.version && !kind.isSame(before, object))) kind.onChange();
  };
  const remove = (object: T): void => {
    const before = objects.get(kind.keyOf(object));
    if (before === undefined) return;
    unlink(before);
    objects.delete(kind.keyOf(object));
    kind.onChange();
  };
  return {
    set,
    remove,
    replace(list: readonly T[]): void {
      const kept = new Set(list.map(kind.keyOf));
      for (const object of list) set(object);
      for (const [key, object] of objects) if (!kept.has(key)) remove(object);
      if (synced) return;
      synced = true;
      kind.onSynced();
    },
    isSynced: () => synced,
    get: (key: string): T | undefined => objects.get(key),
    all: (): readonly T[] => [...objects.values()],
    find: (index: string, word: string): readonly T[] => [...(found.get(`${index}:${word}`) ?? [])],
  };
}
