// Asks a standby zone in a file: what it holds is what a server that reads it would answer. It opens no files itself.
import { codeOf, messageOf } from '../functions/lib/errors.ts';
import type { Rrset } from '../functions/records/rrset.ts';
import type { StandbyAnswer, StandbyView } from './standby.ts';

/** `read`: everything in the file, its SOA too; nothing where there is none. */
export function createStandbyFileView(
  read: () => Promise<readonly Rrset[]>,
  place: Pick<StandbyView, 'id' | 'where' | 'zone'>,
): StandbyView {
  return {
    ...place,
    begin: () => {
      const contents = read();
      return async (name, type) => {
        try {
          return answered((await contents).find((set) => set.name === name && set.type === type)?.values ?? []);
        } catch (error) {
          const reason = codeOf(error) === 'input' ? 'protocol' : 'unreachable';
          return { status: 'failed', condition: 'down', reason, evidence: messageOf(error) };
        }
      };
    },
  };
}

function answered(values: readonly string[]): StandbyAnswer {
  return { status: 'answered', rcode: values.length === 0 ? 'NXDOMAIN' : 'NOERROR', isAuthoritative: true, values };
}
