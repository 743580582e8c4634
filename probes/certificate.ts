// The end of a certificate's validity out of its PEM text, on every platform. Pure. It verifies nothing.

/**
 * Milliseconds since the epoch: `notAfter` of the first certificate in the PEM text (RFC 5280 section 4.1); undefined when there is none
 * or it cannot be read.
 */
export function certificateEnd(pem: string): number | undefined {
  const match = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(pem);
  if (match === null) return undefined;
  try {
    const der = Uint8Array.from(atob((match[1] ?? '').replace(/\s+/g, '')), (character) => character.charCodeAt(0));
    return notAfterOf(der);
  } catch {
    return undefined;
  }
}

const sequence = 0x30;
const explicitVersion = 0xa0;
const utcTime = 0x17;
const generalizedTime = 0x18;

/** Certificate ::= { tbsCertificate { [0] version?, serial, signature, issuer, validity { notBefore, notAfter }, … }, … } */
function notAfterOf(der: Uint8Array): number | undefined {
  const certificate = elementAt(der, 0);
  const body = elementAt(der, certificate.start);
  let field = elementAt(der, body.start);
  if (field.tag === explicitVersion) field = elementAt(der, field.end);
  const signature = elementAt(der, field.end);
  const issuer = elementAt(der, signature.end);
  const validity = elementAt(der, issuer.end);
  if (validity.tag !== sequence) return undefined;
  const notAfter = elementAt(der, elementAt(der, validity.start).end);
  const text = new TextDecoder().decode(der.subarray(notAfter.start, notAfter.end));
  if (notAfter.tag === generalizedTime) return instantOf(text);
  // RFC 5280 section 4.1.2.5.1: two digits of the year, 50 to 99 mean 19xx.
  if (notAfter.tag === utcTime) return instantOf(`${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`);
  return undefined;
}

function instantOf(text: string): number | undefined {
  const instant = Date.parse(
    text.replace(
      /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
      (_, y, mo, d, h, mi, s) => `${y}-${mo}-${d}T${h}:${mi}:${s}Z`,
    ),
  );
  return Number.isNaN(instant) ? undefined : instant;
}

/** One DER element: its tag and where its content starts and ends. Throws RangeError when it does not fit. */
function elementAt(
  der: Uint8Array,
  at: number,
): { readonly tag: number; readonly start: number; readonly end: number } {
  const tag = der[at];
  const first = der[at + 1];
  if (tag === undefined || first === undefined) throw new RangeError('cut');
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    length = 0;
    for (let left = first & 0x7f; left > 0; left--) length = length * 256 + (der[start++] ?? 0);
  }
  const end = start + length;
  if (end > der.length) throw new RangeError('cut');
  return { tag, start, end };
}
