// A record data: an IPv4 address in dotted decimals. RFC 1035 section 3.4.1. No other spellings of an address are taken.
import { LifeboatError } from '../../lib/errors.ts';
import { checkExtent, type Rdata } from './rdata.ts';

const pattern = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

function octetsOf(text: string): readonly number[] {
  const octets = pattern.exec(text)?.slice(1).map(Number);
  if (octets === undefined || octets.some((octet) => octet > 255)) {
    throw new LifeboatError('input', `"${text.slice(0, 80)}" is not an IPv4 address`);
  }
  return octets;
}

export const a: Rdata = {
  parse: (text) => octetsOf(text.trim()).join('.'),
  toWire: (canonical) => Uint8Array.from(octetsOf(canonical)),
  fromWire(message, offset, length) {
    checkExtent(message, offset, length, 'A', 4);
    return `${message[offset]}.${message[offset + 1]}.${message[offset + 2]}.${message[offset + 3]}`;
  },
};
