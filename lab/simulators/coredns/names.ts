// Domain names as text: absolute, in the case they came in, with `\.` for a dot inside a label and `\DDD` for an octet that is no printable
// letter (RFC 1035 section 5.1). Text only: no octets of messages here.

/** Longest label and longest name in octets, RFC 1035 section 2.3.4. */
const maxLabelOctets = 63;
const maxNameOctets = 255;

/** The labels with their escapes, first to last; none for the root. */
export function labelsOf(name: string): string[] {
  if (name === '.') return [];
  if (!name.includes('\\')) return name.slice(0, -1).split('.');
  return name.slice(0, -1).match(/(?:\\.|[^.\\])+/gs) ?? [];
}

/** `a.b` and `cluster.local.` as `a.b.cluster.local.`, whatever dots they end in. */
export function absolute(name: string): string {
  return name.endsWith('.') && !name.endsWith('\\.') ? name : `${name}.`;
}

/** True when `child` is `parent` or below it, whatever the case. */
export function isWithin(parent: string, child: string): boolean {
  if (parent === '.') return true;
  const [above, below] = [parent.toLowerCase(), child.toLowerCase()];
  if (above === below) return true;
  if (!below.endsWith(`.${above}`)) return false;
  return labelsOf(below).slice(-labelsOf(above).length).join('.') === labelsOf(above).join('.');
}

/** The longest of the zones that hold the name. */
export function longestZone(zones: readonly string[], name: string): string | undefined {
  return zones.filter((zone) => isWithin(zone, name)).sort((a, b) => b.length - a.length)[0];
}

/** A zone as a Corefile writes it, normalized as CoreDNS does; throws for what is no domain name. */
export function zoneName(word: string): string {
  const name = absolute(word.toLowerCase());
  const labels = labelsOf(name);
  const isName = labels.every((label) => label.length > 0 && label.length <= maxLabelOctets && /^[!-~]+$/.test(label));
  if (!isName || name.length >= maxNameOctets) throw new Error(`"${word.slice(0, 80)}" is not a domain name`);
  return name;
}

/** The octets of a name, uncompressed. Throws for an empty or too long label, as for a too long name. */
export function nameToWire(name: string): Buffer {
  const parts = labelsOf(name).map((label) => {
    const octets = labelToOctets(label);
    if (octets.length === 0 || octets.length > maxLabelOctets) {
      throw new Error(`label of ${octets.length} octets in ${name.slice(0, 80)}, allowed are 1 to ${maxLabelOctets}`);
    }
    return Buffer.concat([Buffer.of(octets.length), octets]);
  });
  const wire = Buffer.concat([...parts, Buffer.of(0)]);
  if (wire.length > maxNameOctets) throw new Error(`name of ${wire.length} octets, allowed are ${maxNameOctets}`);
  return wire;
}

function labelToOctets(label: string): Buffer {
  if (!label.includes('\\')) return Buffer.from(label, 'latin1');
  const plain = label.replace(/\\(\d{3}|.)/gs, (_, escaped: string) =>
    escaped.length === 3 ? String.fromCharCode(Number(escaped)) : escaped,
  );
  return Buffer.from(plain, 'latin1');
}

/** One label's octets as text. */
export function labelToText(octets: Buffer): string {
  const text = octets.toString('latin1');
  if (/^[\w*-]*$/.test(text)) return text;
  return text.replace(/[^!-~]|[.\\]/g, (character) =>
    character === '.' || character === '\\'
      ? `\\${character}`
      : `\\${String(character.charCodeAt(0)).padStart(3, '0')}`,
  );
}
