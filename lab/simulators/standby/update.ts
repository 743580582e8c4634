// Carries out one UPDATE: the zone section and the key, then what the rules say, kept on disk before it is put into the zone. RFC 2136
// section 3. It writes no message.
import { codeOf, messageOf } from '../../../functions/lib/errors.ts';
import { rdataOf } from '../../../functions/records/rdata/index.ts';
import { classes, type Rcode, types } from '../dns/codes.ts';
import type { Message, WireRecord } from './message-reader.ts';
import { recordType } from './record-types.ts';
import { decideUpdate, type UpdateRecord } from './update-rules.ts';
import type { SetChange, Zone } from './zone.ts';

export interface UpdateTarget {
  readonly zone: Zone;
  /** Keeps changes for good; throws when it cannot, and then keeps nothing of them. */
  readonly save: (changes: readonly SetChange[]) => void;
  readonly say: (line: string) => void;
}

/** All of it or nothing; every answer but NOERROR means nothing. */
export function update(request: Message, isSigned: boolean, { zone, save, say }: UpdateTarget): Rcode {
  const { question } = request;
  const refuse = (rcode: Rcode, reason: string): Rcode => {
    say(`UPDATE ${rcode}: ${reason}`);
    return rcode;
  };
  if (question.type !== types.SOA) return refuse('FORMERR', `the zone section is of type ${question.type}`);
  if (question.klass !== classes.IN || question.name !== zone.apex)
    return refuse('NOTAUTH', 'not a zone of this server');
  if (!isSigned) return refuse('REFUSED', 'no signature');
  const prerequisites = updateRecords(request, request.answers);
  const steps = updateRecords(request, request.authorities);
  if (prerequisites === undefined || steps === undefined) return refuse('FORMERR', 'data that do not fit their type');
  const { rcode, reason, changes } = decideUpdate(zone, prerequisites, steps);
  if (rcode !== 'NOERROR') return refuse(rcode, reason ?? 'a prerequisite does not hold');
  if (changes.length === 0) return rcode;
  try {
    save(changes);
  } catch (error) {
    return refuse('SERVFAIL', `${changes.length} sets cannot be kept: ${messageOf(error)}`);
  }
  zone.put(changes);
  return rcode;
}

/** The records with their data as text; undefined when data do not fit their type. */
function updateRecords({ bytes }: Message, records: readonly WireRecord[]): readonly UpdateRecord[] | undefined {
  try {
    return records.map(({ dataAt, dataLength, ...record }) => {
      const type = recordType(record.type);
      const generic = `\\# ${bytes.toString('hex', dataAt, dataAt + dataLength)}`;
      const text = () => (type === undefined ? generic : rdataOf(type).fromWire(bytes, dataAt, dataLength));
      return { ...record, value: dataLength === 0 ? undefined : text() };
    });
  } catch (error) {
    if (codeOf(error) === 'protocol') return undefined;
    throw error;
  }
}
