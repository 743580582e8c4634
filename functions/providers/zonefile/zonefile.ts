// A standby zone in a zone file, for a server that reads one, or for the shelf. The file is replaced whole; other people's records in it
// stay. It opens no files itself: that is text-file-node.ts.
import { LifeboatError } from '../../lib/errors.ts';
import { unlimited } from '../../plan/capabilities.ts';
import type { Name } from '../../records/name.ts';
import { parseSoa } from '../../records/rdata/index.ts';
import type { Rrset } from '../../records/rrset.ts';
import { formatZoneFile, parseZoneFile } from '../../snapshot/zone-file.ts';
import type { ApplyOutcome, Provider } from '../provider.ts';
import { applyToZone, checkBatch, markerOf, zoneStateOf } from '../zone-state.ts';

/** A text that is replaced whole and durably, or not at all. Errors: `store`. */
export interface TextFile {
  /** For people: the path. */
  readonly label: string;
  /** undefined: there is no such file. */
  read(): Promise<string | undefined>;
  /** Shows the text to `change` and writes what it returns, undefined for nothing; no other Lifeboat writes in between. */
  update(change: (text: string | undefined) => string | undefined): Promise<void>;
}

interface Contents {
  readonly soa: Rrset | undefined;
  readonly rrsets: readonly Rrset[];
}

function zonefileLabel(file: TextFile, zone: Name): string {
  return `zonefile ${file.label} ${zone}`;
}

/** Everything in the file, its SOA too, read anew each time; a text that has not changed is not read into records again. */
export function createZonefileReader(file: TextFile, zone: Name): () => Promise<readonly Rrset[]> {
  let last: { readonly text: string | undefined; readonly sets: readonly Rrset[] } | undefined;
  return async () => {
    const text = await file.read();
    if (last !== undefined && last.text === text) return last.sets;
    const { soa, rrsets } = contentsOf(text, zone, file.label);
    last = { text, sets: soa === undefined ? rrsets : [soa, ...rrsets] };
    return last.sets;
  };
}

/** Errors of its methods: `input` for a file that cannot be read or could not be written back without a loss, `store`, `limit`. */
export function createZonefileProvider(deps: { readonly file: TextFile }, options: { readonly zone: Name }): Provider {
  const { file } = deps;
  const { zone } = options;
  const capabilities = unlimited;
  return {
    label: zonefileLabel(file, zone),
    zone,
    describe: async () => capabilities,
    async readMarker() {
      return { marker: markerOf(zone, contentsOf(await file.read(), zone, file.label).rrsets) };
    },
    async readZone() {
      return zoneStateOf(zone, contentsOf(await file.read(), zone, file.label).rrsets);
    },
    async apply(batch, signal) {
      checkBatch(zone, batch, capabilities);
      let outcome: ApplyOutcome = { status: 'applied' };
      await file.update((text) => {
        if (signal.aborted) throw new LifeboatError('timeout', `${file.label}: given up before anything was written`);
        const { soa, rrsets } = contentsOf(text, zone, file.label);
        const result = applyToZone(zone, rrsets, batch);
        if (result.status === 'conflict') {
          outcome = result;
          return undefined;
        }
        return formatZoneFile({ origin: zone, ...withApex(zone, soa, [...result.rrsets.values()]), comments });
      });
      return outcome;
    },
  };
}

const comments = ['Written by Lifeboat on each publication: svc and _lifeboat are its own, other records stay.'];

function contentsOf(text: string | undefined, zone: Name, label: string): Contents {
  if (text === undefined) return { soa: undefined, rrsets: [] };
  const { origin, soa, rrsets, left } = parseZoneFile(text, { origin: zone });
  if (origin !== zone) throw new LifeboatError('input', `${label} holds the zone ${origin}, not ${zone}`);
  const [lost] = left;
  if (lost !== undefined) {
    const what = `${lost.detail}: ${lost.name} ${lost.type}`;
    throw new LifeboatError(
      'input',
      `${label} has ${left.length} records that Lifeboat cannot write back, first ${what}`,
    );
  }
  return { soa, rrsets };
}

/**
 * What a server needs at the apex, where the file has none: an SOA whose minimum keeps negative answers short (RFC 2308 section 4), and an
 * NS, which nothing asks for (RFC 6761 section 6.4).
 */
const apexName = 'ns.invalid.';
const apexTimers = '3600 600 604800 30';
const apexTtlSeconds = 30;

/** The SOA's serial counts up with every write, past its end to 1 (RFC 1982). */
function withApex(
  zone: Name,
  soa: Rrset | undefined,
  rrsets: readonly Rrset[],
): { soa: Rrset; rrsets: readonly Rrset[] } {
  const [value] = soa?.values ?? [];
  if (soa !== undefined && value !== undefined) {
    const { mname, rname, serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds } = parseSoa(value);
    const next = serial >= 0xffff_ffff ? 1 : serial + 1;
    const fields = [mname, rname, next, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds];
    return { soa: { ...soa, values: [fields.join(' ')] }, rrsets };
  }
  const made = { name: zone, ttlSeconds: apexTtlSeconds };
  const hasNs = rrsets.some((set) => set.name === zone && set.type === 'NS');
  const ns: Rrset = { ...made, type: 'NS', values: [apexName] };
  return {
    soa: { ...made, type: 'SOA', values: [`${apexName} hostmaster.invalid. 1 ${apexTimers}`] },
    rrsets: hasNs ? rrsets : [ns, ...rrsets],
  };
}
