// SRV record data: priority, weight, port, target. RFC 2782; the target is never compressed in what is sent.
import { domainToWire, parseDomain, readDomain } from '../domain.ts';
import { checkEnd, checkExtent, fieldsOf, parseNumber, type Rdata } from './rdata.ts';

const max = 0xffff;

export const srv: Rdata = {
  parse(text, origin) {
    const [priority = '', weight = '', port = '', target = ''] = fieldsOf(text, 'SRV', [
      'priority',
      'weight',
      'port',
      'target',
    ]);
    const numbers = [
      parseNumber(priority, 'SRV priority', max),
      parseNumber(weight, 'SRV weight', max),
      parseNumber(port, 'SRV port', max),
    ];
    return `${numbers.join(' ')} ${parseDomain(target, origin)}`;
  },
  toWire(canonical) {
    const [priority, weight, port, target = ''] = canonical.split(' ');
    const name = domainToWire(target);
    const wire = new Uint8Array(6 + name.length);
    const view = new DataView(wire.buffer);
    view.setUint16(0, Number(priority));
    view.setUint16(2, Number(weight));
    view.setUint16(4, Number(port));
    wire.set(name, 6);
    return wire;
  },
  fromWire(message, offset, length) {
    checkExtent(message, offset, length, 'SRV');
    const target = readDomain(message, offset + 6, offset + length);
    checkEnd(target.next, offset + length, 'SRV');
    const u16 = (at: number) => ((message[at] ?? 0) << 8) | (message[at + 1] ?? 0);
    return `${u16(offset)} ${u16(offset + 2)} ${u16(offset + 4)} ${target.text}`;
  },
};
