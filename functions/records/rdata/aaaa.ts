// AAAA record data: an IPv6 address, canonical as RFC 5952 writes it. RFC 3596 section 2.2. No scope identifiers.
import ipaddr from 'ipaddr.js';
import { LifeboatError } from '../../lib/errors.ts';
import { checkExtent, type Rdata } from './rdata.ts';

function addressOf(text: string): ipaddr.IPv6 {
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) {
    throw new LifeboatError('input', `"${text.slice(0, 80)}" is not an IPv6 address`);
  }
  return ipaddr.IPv6.parse(text);
}

export const aaaa: Rdata = {
  parse: (text) => addressOf(text.trim()).toRFC5952String(),
  toWire: (canonical) => Uint8Array.from(addressOf(canonical).toByteArray()),
  fromWire(message, offset, length) {
    checkExtent(message, offset, length, 'AAAA', 16);
    return new ipaddr.IPv6(Array.from(message.subarray(offset, offset + 16))).toRFC5952String();
  },
};
