// The `kubernetes` plugin: answers for the cluster's zones from what it last saw of the API (plugin/kubernetes/handler.go). What it knows it
// keeps, whether the API answers or not; before the first whole look a missing name is a failure, not a denial.
import { rcodes, types } from '../../dns/codes.ts';
import { durationMs, expectArgs, integer, oneArg, zone as readZone, unknownOption } from '../arguments.ts';
import { CorefileError, type Directive, type Option } from '../corefile.ts';
import { type ApiRequests, createApiRequests } from '../kubernetes/api-requests.ts';
import { type ApiAccess, readKubeconfig } from '../kubernetes/kubeconfig.ts';
import { type LookupSettings, lookupAddress, lookupName, lookupRecords } from '../kubernetes/lookup.ts';
import { isReverse } from '../kubernetes/name-grammar.ts';
import { readEndpointSlice, readNamespace, readService } from '../kubernetes/objects.ts';
import {
  addressRecords,
  aliasRecords,
  found,
  type NameContext,
  type Records,
  serviceRecords,
} from '../kubernetes/records-of-name.ts';
import { reflect } from '../kubernetes/reflector.ts';
import { type ClusterStore, createClusterStore } from '../kubernetes/store.ts';
import { zoneRecords } from '../kubernetes/zone-records.ts';
import { replyTo } from '../messages.ts';
import { longestZone } from '../names.ts';
import { answered, failed, type Plugin, type Query, type Reply } from '../plugin.ts';
import { nameRecord, soaRecord, txtRecord } from '../records.ts';
import type { ResourceRecord } from '../wire.ts';
import type { TransferSource } from './transfer.ts';

export interface Kubernetes {
  readonly plugin: Plugin;
  readonly transfer: TransferSource;
  readonly name: 'kubernetes';
  isReady(): boolean;
  /** Begins to watch; resolves when everything has been seen, or after `startup_timeout` without. */
  start(): Promise<void>;
  close(): void;
}

interface Settings extends LookupSettings {
  readonly zones: readonly string[];
  readonly access: ApiAccess;
  readonly ttl: number;
  readonly startupTimeoutMs: number;
}

const schemaVersion = '1.1.0';
const schemaTtl = 28_800;

export function readKubernetes(directive: Directive, blockZones: readonly string[]): Kubernetes {
  const settings = readSettings(directive, blockZones);
  let tellSynced: () => void = () => undefined;
  const synced = new Promise<void>((resolve) => {
    tellSynced = resolve;
  });
  const store = createClusterStore(Date.now, tellSynced);
  const api = createApiRequests(settings.access);
  const stop = new AbortController();
  return {
    name: 'kubernetes',
    plugin: createPlugin(store, settings),
    transfer: (zone, serial) =>
      longestZone(settings.zones, zone) === undefined ? undefined : zoneRecords(store, zone, settings.ttl, serial),
    isReady: () => store.isSynced(),
    async start() {
      reflectAll(api, store, stop.signal);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<'late'>((resolve) => {
        timer = setTimeout(resolve, settings.startupTimeoutMs, 'late');
      });
      if ((await Promise.race([synced, late])) === 'late') {
        console.error('[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API');
      }
      clearTimeout(timer);
    },
    close() {
      stop.abort();
      api.close();
    },
  };
}

function reflectAll(api: ApiRequests, store: ClusterStore, signal: AbortSignal): void {
  void reflect(api, { path: '/api/v1/services', read: readService, collection: store.services }, signal);
  void reflect(api, { path: '/api/v1/namespaces', read: readNamespace, collection: store.namespaces }, signal);
  const path = '/apis/discovery.k8s.io/v1/endpointslices';
  void reflect(api, { path, read: readEndpointSlice, collection: store.endpoints }, signal);
}

function readSettings(directive: Directive, blockZones: readonly string[]): Settings {
  const zones = directive.args.length === 0 ? blockZones : directive.args.map((word) => readZone(directive, word));
  const primaryZone = zones.find((zone) => !isReverse(`.${zone}`));
  if (primaryZone === undefined)
    throw new CorefileError(directive.line, '"kubernetes" needs a zone that is no reverse zone');
  let settings: Omit<Settings, 'access'> = { zones, primaryZone, pods: 'disabled', ttl: 5, startupTimeoutMs: 5_000 };
  let access: ApiAccess | undefined;
  for (const option of directive.options) {
    if (option.name === 'kubeconfig') access = readAccess(option);
    else settings = { ...settings, ...readOption(directive, option) };
  }
  if (access === undefined)
    throw new CorefileError(directive.line, '"kubernetes" needs "kubeconfig": this one does not run in a cluster');
  return { ...settings, access };
}

function readOption(directive: Directive, option: Option): Partial<Settings> {
  switch (option.name) {
    case 'pods': {
      const pods = oneArg(option);
      if (pods === 'disabled' || pods === 'insecure') return { pods };
      throw new CorefileError(option.line, `"pods ${pods}" is not supported, only disabled and insecure`);
    }
    case 'ttl':
      return { ttl: integer(option, oneArg(option), 0, 3_600) };
    case 'startup_timeout':
      return { startupTimeoutMs: durationMs(option, oneArg(option), 0, 3_600_000) };
    default:
      throw unknownOption(directive, option);
  }
}

function readAccess(option: Option): ApiAccess {
  const [file = '', context] = expectArgs(option, 1, 2);
  try {
    return readKubeconfig(file, context);
  } catch (error) {
    throw new CorefileError(option.line, `"kubeconfig": ${(error as Error).message}`);
  }
}

function createPlugin(store: ClusterStore, settings: Settings): Plugin {
  return async (query, next) => {
    const { question } = query.message;
    const matching = longestZone(settings.zones, question.name);
    if (matching === undefined) return next(query);
    if (question.type === types.AXFR || question.type === types.IXFR) return failed(rcodes.REFUSED);
    // Answers and the SOA are in the case of the question.
    const zone = question.name.slice(question.name.length - matching.length);
    const soa = soaRecord(zone, store.serial(), settings.ttl);
    const records = await recordsFor(store, settings, query, zone, soa);
    if (records.status === 'no-name') {
      return deny(query, store.isSynced() ? rcodes.NXDOMAIN : rcodes.SERVFAIL, soa);
    }
    const { answers, additionals, tc } = records;
    if (answers.length === 0) return deny(query, rcodes.NOERROR, soa);
    return answered(replyTo(query.message, { aa: true, tc, answers, additionals }));
  };
}

function deny(query: Query, rcode: number, soa: ResourceRecord): Reply {
  return answered(replyTo(query.message, { rcode, aa: true, authorities: [soa] }));
}

/** By type. A name that holds nothing of the type is no missing name, and an SOA is asked of any name below the zone in vain. */
async function recordsFor(
  store: ClusterStore,
  settings: Settings,
  query: Query,
  zone: string,
  soa: ResourceRecord,
): Promise<Records> {
  const { question } = query.message;
  const { name, type } = question;
  const context: NameContext = {
    zone,
    ttl: settings.ttl,
    lookup: (each) => lookupName(store, settings, each, zone),
    ask: query.ask,
  };
  switch (type) {
    case types.AAAA:
      return addressRecords(context, name, 'AAAA');
    case types.A:
      return addressRecords(context, name, 'A');
    case types.CNAME:
      return aliasRecords(context, name);
    case types.SRV:
      return serviceRecords(context, name);
    case types.TXT:
      return textRecords(context, query);
    case types.PTR:
      return pointerRecords(store, settings, context, query);
    case types.SOA:
      return found(name === zone ? [soa] : []);
    default: {
      const other = context.lookup(query.name);
      return other.status === 'no-name' ? other : found([]);
    }
  }
}

/** `dns-version` is the only text there is. Names that hold nothing at all, the zone itself among them, do not exist for this type. */
function textRecords({ lookup, zone }: NameContext, query: Query): Records {
  const { name } = query.message.question;
  if (query.name === `dns-version.${zone.toLowerCase()}`)
    return found([txtRecord({ name, ttl: schemaTtl }, schemaVersion)]);
  const items = lookup(query.name);
  return items.status === 'found' && items.items.length > 0 ? found([]) : { status: 'no-name' };
}

function pointerRecords(store: ClusterStore, settings: Settings, { zone, ttl }: NameContext, query: Query): Records {
  const targets = lookupAddress(store, settings, query.name);
  if (targets === undefined) {
    const items = lookupRecords(store, settings, query.name, zone);
    return items.status === 'no-name' ? items : found([]);
  }
  if (targets.length === 0) return { status: 'no-name' };
  const { name } = query.message.question;
  return found([...new Set(targets)].map((target) => nameRecord({ name, ttl }, 'PTR', target)));
}
