// Zone files of many Services for publications by hand. Text only.
import { zone } from '../../../lab/scenario/control-plane.ts';

export interface ListedService {
  /** `web.shop` */
  readonly name: string;
  readonly address: string;
}

/** A zone file with A and SRV of each Service and the name that every snapshot must hold. */
export function zoneText(services: readonly ListedService[]): string {
  const all = [{ name: 'kubernetes.default', address: '10.96.0.1' }, ...services];
  const lines = all.flatMap(({ name, address }) => [
    `${name}.svc 30 IN A ${address}`,
    `_http._tcp.${name}.svc 30 IN SRV 0 100 80 ${name}.svc`,
  ]);
  return [`$ORIGIN ${zone}.`, ...lines, ''].join('\n');
}
