// SOA record data: who answers for the zone, and its serial and timers. RFC 1035 section 3.3.13, serial arithmetic RFC 1982.
import { domainToWire, parseDomain, readDomain } from '../domain.ts';
import { checkEnd, checkExtent, fieldsOf, parseNumber, type Rdata } from './rdata.ts';

const max = 0xffff_ffff;
const fieldNames = ['mname', 'rname', 'serial', 'refresh', 'retry', 'expire', 'minimum'];

/** The fields of a SOA; names in canonical text, timers in seconds. */
export interface Soa {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refreshSeconds: number;
  readonly retrySeconds: number;
  readonly expireSeconds: number;
  /** TTL of negative answers, RFC 2308 section 4. */
  readonly minimumSeconds: number;
}

/** Reads the fields out of SOA data in presentation text. Errors: `input`. */
export function parseSoa(text: string): Soa {
  const [mname = '', rname = '', ...numbers] = fieldsOf(text, 'SOA', fieldNames);
  const [serial = 0, refreshSeconds = 0, retrySeconds = 0, expireSeconds = 0, minimumSeconds = 0] = numbers.map(
    (number, i) => parseNumber(number, `SOA ${fieldNames[i + 2]}`, max),
  );
  return { mname, rname, serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds };
}

function format(fields: Soa): string {
  const { mname, rname, serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds } = fields;
  return `${mname} ${rname} ${serial} ${refreshSeconds} ${retrySeconds} ${expireSeconds} ${minimumSeconds}`;
}

export const soa: Rdata = {
  parse(text, origin) {
    const fields = parseSoa(text);
    return format({ ...fields, mname: parseDomain(fields.mname, origin), rname: parseDomain(fields.rname, origin) });
  },
  toWire(canonical) {
    const fields = parseSoa(canonical);
    const mname = domainToWire(fields.mname);
    const rname = domainToWire(fields.rname);
    const wire = new Uint8Array(mname.length + rname.length + 20);
    wire.set(mname, 0);
    wire.set(rname, mname.length);
    const view = new DataView(wire.buffer, mname.length + rname.length);
    const { serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds } = fields;
    [serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds].forEach((n, i) => {
      view.setUint32(4 * i, n);
    });
    return wire;
  },
  fromWire(message, offset, length) {
    checkExtent(message, offset, length, 'SOA');
    const end = offset + length;
    const mname = readDomain(message, offset, end);
    const rname = readDomain(message, mname.next, end);
    checkEnd(rname.next + 20, end, 'SOA');
    const view = new DataView(message.buffer, message.byteOffset + rname.next, 20);
    return format({
      mname: mname.text,
      rname: rname.text,
      serial: view.getUint32(0),
      refreshSeconds: view.getUint32(4),
      retrySeconds: view.getUint32(8),
      expireSeconds: view.getUint32(12),
      minimumSeconds: view.getUint32(16),
    });
  },
};
