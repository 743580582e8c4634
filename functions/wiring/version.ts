// Says whether a CoreDNS can carry the wiring. It reads a version from text and asks nobody.

export type CoreDnsVersionCheck =
  | {
      readonly status: 'ok';
      /** `1.15.0` */
      readonly version: string;
      /** What this version does worse than a later one. */
      readonly notes: readonly string[];
    }
  | { readonly status: 'refused'; readonly reason: string };

type Version = readonly [number, number, number];

/** `failover` came with coredns#7458. */
const least: Version = [1, 13, 0];
/** Failover asked the same servers until its deadline when all of them failed, before coredns#8277. */
const failoverOnce: Version = [1, 14, 7];

/**
 * Reads what `coredns -version` prints (`CoreDNS-1.15.0`), an image (`coredns/coredns:v1.11.3`, `coredns:v1.13.1-eksbuild.1`) or a bare
 * version. The tag of a node cache's image is its own and refused.
 */
export function checkCoreDnsVersion(text: string): CoreDnsVersionCheck {
  const shown = text.trim().split('\n')[0]?.slice(0, 120) ?? '';
  const match =
    /coredns-v?(\d+)\.(\d+)\.(\d+)/i.exec(text) ??
    /coredns[^\s]*:v?(\d+)\.(\d+)\.(\d+)/i.exec(text) ??
    /^v?(\d+)\.(\d+)\.(\d+)(?:[-+]\S*)?$/.exec(text.trim());
  if (match === null) {
    const hint = /node-?(cache|local)/i.test(text)
      ? 'the tag of a node cache is not the version of the CoreDNS in it; its log says that in its first lines (CoreDNS-1.x.y)'
      : 'it should read like CoreDNS-1.15.0, v1.15.0 or coredns:v1.15.0';
    return { status: 'refused', reason: `no CoreDNS version in "${shown}": ${hint}` };
  }
  const version: Version = [Number(match[1]), Number(match[2]), Number(match[3])];
  const name = version.join('.');
  if (isOlder(version, least)) {
    return {
      status: 'refused',
      reason: `CoreDNS ${name} is older than ${least.join('.')}: its forward plugin has no failover, so the standby would never be asked on SERVFAIL`,
    };
  }
  const notes = isOlder(version, failoverOnce)
    ? [
        `CoreDNS ${name}: when the cluster and the standby both fail a query, it asks them again and again for 5 s (fixed in ${failoverOnce.join('.')})`,
      ]
    : [];
  return { status: 'ok', version: name, notes };
}

function isOlder(a: Version, b: Version): boolean {
  const difference = a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
  return difference < 0;
}
