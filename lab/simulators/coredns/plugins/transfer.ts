// The `transfer` plugin: AXFR and IXFR over TCP, in messages below 64 kB (plugin/transfer). It holds no zone: a plugin of the block gives the
// records.
import { isIP } from 'node:net';
import { rcodes, types } from '../../dns/codes.ts';
import { expectArgs, zone as readZone, unknownOption } from '../arguments.ts';
import { CorefileError, type Directive } from '../corefile.ts';
import { replyTo } from '../messages.ts';
import { isWithin, nameToWire } from '../names.ts';
import { answered, failed, type Plugin, type Query } from '../plugin.ts';
import { serialOf } from '../records.ts';
import type { Message, ResourceRecord } from '../wire.ts';

/** A whole zone: SOA, records, SOA; the SOA alone when the serial (0: none) is the current one. Undefined for a name that is not in it. */
export type TransferSource = (zone: string, serial: number) => readonly ResourceRecord[] | undefined;

interface Rule {
  readonly zones: readonly string[];
  readonly to: readonly string[];
}

/** A message is sent before its records reach this. */
const mostRecordOctets = 63_000;

export function readTransfer(
  directives: readonly Directive[],
  blockZones: readonly string[],
  sources: readonly TransferSource[],
): Plugin {
  const rules = directives.map((directive) => readRule(directive, blockZones));
  return async (query, next) => {
    const { type } = query.message.question;
    if (type !== types.AXFR && type !== types.IXFR) return next(query);
    if (query.transport !== 'tcp') return failed(rcodes.REFUSED);
    const rule = ruleFor(rules, query.name);
    if (rule === undefined) return next(query);
    if (!rule.to.includes('*') && !rule.to.includes(query.client)) {
      return answered(replyTo(query.message, { rcode: rcodes.REFUSED }));
    }
    const serial = type === types.IXFR ? askedSerial(query.message) : 0;
    if (serial === undefined) return failed(rcodes.SERVFAIL, 'an IXFR without the SOA that the client holds');
    for (const source of sources) {
      const records = source(query.name, serial);
      if (records !== undefined) return answered(...messagesOf(query, records));
    }
    return next(query);
  };
}

function readRule(directive: Directive, blockZones: readonly string[]): Rule {
  const to: string[] = [];
  for (const option of directive.options) {
    if (option.name !== 'to') throw unknownOption(directive, option);
    for (const word of expectArgs(option, 1, 100)) {
      const host = word.replace(/^\[?([^\]]*?)\]?(:\d+)?$/, '$1');
      if (word !== '*' && isIP(host) === 0)
        throw new CorefileError(option.line, `"to": "${word}" is not * or an IP address`);
      to.push(word === '*' ? word : host);
    }
  }
  if (to.length === 0) throw new CorefileError(directive.line, '"transfer" needs "to"');
  const zones = directive.args.length === 0 ? blockZones : directive.args.map((word) => readZone(directive, word));
  return { zones, to };
}

function ruleFor(rules: readonly Rule[], name: string): Rule | undefined {
  const lengthOf = ({ zones }: Rule): number =>
    Math.max(-1, ...zones.filter((zone) => isWithin(zone, name)).map((zone) => zone.length));
  return rules.filter((rule) => lengthOf(rule) >= 0).sort((a, b) => lengthOf(b) - lengthOf(a))[0];
}

/** RFC 1995 section 3: the client's SOA is the one record of the authority section. */
function askedSerial({ authorities }: Message): number | undefined {
  const [soa] = authorities;
  return soa?.type === types.SOA && authorities.length === 1 ? serialOf(soa) : undefined;
}

/** CoreDNS leaves AA out of the answer that says "nothing new". */
function messagesOf(query: Query, records: readonly ResourceRecord[]): readonly Message[] {
  if (records.length === 1) return [replyTo(query.message, { answers: records })];
  const batches: ResourceRecord[][] = [[]];
  let octets = 0;
  for (const record of records) {
    const length = nameToWire(record.name).length + 10 + record.rdata.length;
    if (octets > 0 && octets + length > mostRecordOctets) {
      batches.push([]);
      octets = 0;
    }
    batches.at(-1)?.push(record);
    octets += length;
  }
  return batches.map((answers) => replyTo(query.message, { aa: true, answers }));
}
