// What an authoritative server does with raw UPDATEs, questions and transfers, as one list of cases: run on the embedded server, and on real
// Knot and BIND. Each case has names of its own, so that all share one zone; a server says in which it differs, and why.
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Authoritative } from '../../../../../lab/processes/knot.ts';
import type { TsigKey } from '../../../../../lab/processes/zone.ts';
import { accessCases } from './access.ts';
import { type Cases, caseZone } from './case.ts';
import { type Client, createClient, secretOf } from './client.ts';
import { questionCases } from './questions.ts';
import { refusalCases } from './refusals.ts';
import { updateCases } from './updates.ts';

export { caseZone, caseZoneFile } from './case.ts';

const cases: Cases = { ...questionCases, ...updateCases, ...refusalCases, ...accessCases };

/** Cases by their titles in which a server differs: they must fail, so that no difference is listed longer than it is there. */
export type Differences = readonly { readonly reason: string; readonly cases: readonly string[] }[];

export interface ServerUnderTest {
  readonly name: string;
  readonly key: TsigKey;
  readonly differs?: Differences;
  /** With `caseZoneFile` as its zone. */
  start(): Promise<Authoritative>;
}

/** Declares the cases for one server. */
export function describeServer({ name, key, differs = [], start }: ServerUnderTest): void {
  const reasons = new Map(differs.flatMap((one) => one.cases.map((title) => [title, one.reason])));
  for (const title of reasons.keys()) if (!Object.hasOwn(cases, title)) throw new Error(`no such case: ${title}`);
  describe(`${name} as an authoritative server`, () => {
    let server: Authoritative;
    let client: Client;
    beforeAll(async () => {
      server = await start();
      client = createClient(server.address, caseZone, secretOf(key));
    });
    afterAll(() => server?.kill());

    for (const [title, run] of Object.entries(cases)) {
      const reason = reasons.get(title);
      if (reason === undefined) it(title, () => run(client, secretOf(key)));
      else it.fails(`not: ${title} (${reason})`, () => run(client, secretOf(key)));
    }
  });
}
