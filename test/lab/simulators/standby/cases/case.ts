// What the cases share: the zone that they begin with, and how they look at it. It starts no server.
import { expect } from 'vitest';
import { type Name, parseName } from '../../../../../functions/records/name.ts';
import type { TsigSecret } from '../../../../../lab/simulators/dns/tsig-record.ts';
import type { Client, Reply } from './client.ts';

/** By their titles, which are stable: a skip names them. */
export type Cases = Readonly<Record<string, (client: Client, key: TsigSecret) => Promise<void>>>;

export const caseZone: Name = parseName('cluster.local');

/** The zone at first. */
export const caseZoneFile = `$ORIGIN ${caseZone}
$TTL 30
@ 60 IN SOA ns.standby.invalid. hostmaster.standby.invalid. 41 7200 1800 86400 20
@ 30 IN NS ns.standby.invalid.
deep.below.nothing 30 IN A 192.0.2.9
`;

export const noerror = { rcode: 'NOERROR' };

export async function apply(client: Client, ...updates: readonly string[]): Promise<void> {
  expect(await client.update(updates)).toMatchObject({ rcode: 'NOERROR', tsig: 'good' });
}

/** `TTL type data` of what a name holds. */
export async function held(client: Client, name: string, type: string): Promise<readonly string[]> {
  const { answers } = await client.ask(`${name} ${type}`, { over: 'tcp' });
  return answers.map((line) => line.split(' ').slice(1).join(' '));
}

/** The SOA's TTL is 60, its minimum 20: RFC 2308 section 3. */
export function isNegative(reply: Reply): void {
  expect(reply.answers).toEqual([]);
  expect(reply.authorities).toHaveLength(1);
  expect(reply.authorities[0]).toMatch(/^cluster\.local\. 20 SOA /);
}
