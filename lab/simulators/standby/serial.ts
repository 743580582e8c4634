// Serial number arithmetic, RFC 1982. Numbers only.
const modulus = 2 ** 32;
const half = 2 ** 31;

/** Above 0 when `a` is the newer one, below when `b` is, 0 when they are equal. Undefined by the RFC at half the circle: then below 0. */
export function compareSerials(a: number, b: number): number {
  if (a === b) return 0;
  return (a - b + modulus) % modulus < half ? 1 : -1;
}

/** The serial after this one. Not 0, which some secondaries take for none. */
export function nextSerial(serial: number): number {
  return (serial + 1) % modulus || 1;
}
