// Record data that is one domain name: the shape that CNAME, NS and PTR share. RFC 1035 section 3.3.
import { LifeboatError } from '../../lib/errors.ts';
import { domainToWire, parseDomain, readDomain } from '../domain.ts';
import { checkEnd, checkExtent, type Rdata } from './rdata.ts';

export function singleName(type: string): Rdata {
  return {
    parse(text, origin) {
      const name = text.trim();
      if (/[ \t]/.test(name)) throw new LifeboatError('input', `${type} data "${text.slice(0, 120)}" is not one name`);
      return parseDomain(name, origin);
    },
    toWire: domainToWire,
    fromWire(message, offset, length) {
      checkExtent(message, offset, length, type);
      const name = readDomain(message, offset, offset + length);
      checkEnd(name.next, offset + length, type);
      return name.text;
    },
  };
}
