// TXT record data: one or more character-strings, canonical in quotes with \" \\ and \DDD. RFC 1035 sections 3.3.14 and 5.1.
import { LifeboatError } from '../../lib/errors.ts';
import { readEscape } from '../domain.ts';
import { checkExtent, type Rdata } from './rdata.ts';

const maxStringOctets = 255;
const maxDataOctets = 0xffff;
const quote = 0x22;
const backslash = 0x5c;

/** The character-strings of presentation text, quoted or bare, as octets. Errors: `input`. */
function stringsOf(text: string): readonly (readonly number[])[] {
  const bytes = new TextEncoder().encode(text);
  const strings: number[][] = [];
  let at = 0;
  const skipSpace = () => {
    while (bytes[at] === 0x20 || bytes[at] === 0x09) at += 1;
  };
  for (skipSpace(); at < bytes.length; skipSpace()) {
    const quoted = bytes[at] === quote;
    if (quoted) at += 1;
    const string: number[] = [];
    for (;;) {
      const octet = bytes[at];
      if (octet === undefined && quoted)
        throw new LifeboatError('input', `TXT data ${text.slice(0, 80)} lacks its closing quote`);
      if (octet === undefined || (quoted ? octet === quote : octet === 0x20 || octet === 0x09)) break;
      const escaped = octet === backslash ? readEscape(bytes, at + 1, text) : { octet, next: at + 1 };
      string.push(escaped.octet);
      at = escaped.next;
    }
    if (quoted) at += 1;
    if (string.length > maxStringOctets) {
      throw new LifeboatError(
        'input',
        `a TXT character-string has ${string.length} octets, the limit is ${maxStringOctets}`,
      );
    }
    strings.push(string);
  }
  if (strings.length === 0) throw new LifeboatError('input', 'TXT data is empty; the shortest is ""');
  return strings;
}

function format(octets: Iterable<number>): string {
  let text = '"';
  for (const octet of octets) {
    if (octet === quote || octet === backslash) text += `\\${String.fromCharCode(octet)}`;
    else if (octet < 0x20 || octet > 0x7e) text += `\\${String(octet).padStart(3, '0')}`;
    else text += String.fromCharCode(octet);
  }
  return `${text}"`;
}

export const txt: Rdata = {
  parse: (text) => stringsOf(text).map(format).join(' '),
  toWire(canonical) {
    const wire = Uint8Array.from(stringsOf(canonical).flatMap((string) => [string.length, ...string]));
    if (wire.length > maxDataOctets) {
      throw new LifeboatError('input', `TXT data has ${wire.length} octets, the limit is ${maxDataOctets}`);
    }
    return wire;
  },
  fromWire(message, offset, length) {
    checkExtent(message, offset, length, 'TXT');
    const end = offset + length;
    const strings: string[] = [];
    for (let at = offset; at < end; ) {
      const stop = at + 1 + (message[at] ?? 0);
      if (stop > end) throw new LifeboatError('protocol', `malformed DNS message: a TXT string at octet ${at} is cut`);
      strings.push(format(message.subarray(at + 1, stop)));
      at = stop;
    }
    if (strings.length === 0) throw new LifeboatError('protocol', 'malformed DNS message: TXT data is empty');
    return strings.join(' ');
  },
};

/** The text of TXT data: its character-strings joined, octets read as UTF-8. For reading markers and versions. Errors: `input`. */
export function textOfTxt(canonical: string): string {
  return new TextDecoder().decode(Uint8Array.from(stringsOf(canonical).flat()));
}
