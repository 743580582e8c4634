// What the standby zone holds, asked as a client asks it: names and the marker. It shares no code with what wrote it.
import { addressesOf, type DnsAddress, queryUdp } from '../../../lab/processes/dns-client.ts';
import { zone } from '../../../lab/scenario/control-plane.ts';

const timeoutMs = 2_000;

/** The addresses of `web.shop`, or the rcode when there are none. */
export async function held(server: DnsAddress, service: string): Promise<string> {
  const reply = await queryUdp(server, `${service}.svc.${zone}`, 'A', timeoutMs);
  const addresses = addressesOf(reply);
  return addresses.length === 0 ? reply.rcode : addresses.join(' ');
}

/** The fields of the marker (`phase`, `generation`, …); empty when there is none. */
export async function markerOf(server: DnsAddress): Promise<Readonly<Record<string, string>>> {
  const { answers } = await queryUdp(server, `_lifeboat.${zone}`, 'TXT', timeoutMs);
  const [text] = answers.flatMap((answer) => (answer.type === 'TXT' ? [String(answer.data)] : []));
  return Object.fromEntries((text ?? '').split(' ').flatMap((field) => (field.includes('=') ? [pair(field)] : [])));
}

function pair(field: string): readonly [string, string] {
  const at = field.indexOf('=');
  return [field.slice(0, at), field.slice(at + 1)];
}
