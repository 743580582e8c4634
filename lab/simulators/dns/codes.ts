// Numbers of the DNS protocol by their names (IANA dns-parameters): types, classes, opcodes, rcodes. For the servers of the lab and the fakes;
// apart from functions/dnswire, which is tested with them.

export const types = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  DS: 43,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

export const classes = { IN: 1, CH: 3, NONE: 254, ANY: 255 } as const;

export const opcodes = { QUERY: 0, NOTIFY: 4, UPDATE: 5 } as const;

/** Those that a header can hold. */
export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
} as const;

/** Those whose upper bits stand in the OPT record too: RFC 6891 section 6.1.3. */
export const extendedRcodes = { ...rcodes, BADVERS: 16 } as const;

export type Rcode = keyof typeof extendedRcodes;

/** `A`, or `TYPE65` for a type without a name here (RFC 3597 section 5). */
export function typeText(type: number): string {
  return nameOf(types, type) ?? `TYPE${type}`;
}

export function rcodeText(rcode: number): string {
  return nameOf(rcodes, rcode) ?? String(rcode);
}

/** OPT, and the types for questions only: no record can have them. RFC 6895 section 3.1. */
export function isMetaType(type: number): boolean {
  return type === 0 || type === types.OPT || (type >= 128 && type <= 255);
}

function nameOf(codes: Readonly<Record<string, number>>, number: number): string | undefined {
  return Object.keys(codes).find((name) => codes[name] === number);
}
