// The marker: the TXT record in the standby zone that says which snapshot is live and fences writers. Pure text in and out.
// Every update moves it with its old value as prerequisite, so that a second writer loses whole (RFC 2136 section 2.4.2).
import { LifeboatError } from '../lib/errors.ts';
import { child, type Name } from '../records/name.ts';

/** `warm`: complete, kept current in peace. `partial`: a publication is under way or was cut. `frozen`: an outage; hands off. */
export type MarkerPhase = 'warm' | 'partial' | 'frozen';

export interface Marker {
  /** Counts up by one with every update message that Lifeboat sends; after `maxMarkerCount` comes 1. */
  readonly generation: number;
  /** Number of the snapshot that is live, or, while `partial`, being published. */
  readonly snapshot: number;
  /**
   * Of what the zone holds of ours, or, while `partial`, will hold: with its own TTLs, and with what was held back (functions/snapshot/digest.ts).
   * Until 0.1 it was the digest of the snapshot.
   */
  readonly digest: string;
  /** Whose names the zone holds: the cluster's id in the configuration. Null: written by a version that did not say. */
  readonly cluster: string | null;
  /** Who wrote it: the configuration's `writer`. */
  readonly writer: string;
  readonly phase: MarkerPhase;
  /** Number of the last activation; a frozen zone yields only to a larger one or to an operator's failback. */
  readonly activation: number;
}

/** TTL of the marker: people and other deployments that look at it through a cache see it move soon. */
export const markerTtlSeconds = 5;

/** The largest generation, snapshot and activation: fifteen digits, which a number holds exactly. */
export const maxMarkerCount = 999_999_999_999_999;

/** RFC 1035 section 3.3: a character-string has at most 255 octets. The longest marker has 302, and stands in two. */
const maxStringOctets = 255;

const maxShownCharacters = 400;

/** The marker's owner name in a zone: `_lifeboat.<zone>`. */
export function markerName(zone: Name): Name {
  return child('_lifeboat', zone);
}

/**
 * The canonical TXT value: one quoted character-string, or two where one is too short. LifeboatError `limit` for what `parseMarker` would not
 * read, before anything is written.
 */
export function formatMarker(marker: Marker): string {
  const text = textOf(marker);
  if (!pattern.test(text)) {
    throw new LifeboatError(
      'limit',
      `the marker cannot be written, for it could not be read again: ${text.slice(0, maxShownCharacters)}; its numbers go up to ${maxMarkerCount}`,
    );
  }
  return inStrings(text);
}

function textOf({ generation, snapshot, digest, cluster, writer, phase, activation }: Marker): string {
  const whose = cluster === null ? '' : ` cluster=${cluster}`;
  return `lifeboat=1 generation=${generation} snapshot=${snapshot} digest=${digest}${whose} writer=${writer} phase=${phase} activation=${activation}`;
}

/** Cut where DNS hosts cut a text that is too long for one string. */
function inStrings(text: string): string {
  const strings = text.match(new RegExp(`.{1,${maxStringOctets}}`, 'g')) ?? [];
  return strings.map((string) => `"${string}"`).join(' ');
}

const count = '(0|[1-9]\\d{0,14})';
/** The patterns of `cluster` and `writer` are those of the configuration (config/cluster.ts, config/schema.ts). */
const pattern = new RegExp(
  `^lifeboat=1 generation=${count} snapshot=${count} digest=(sha256:[0-9a-f]{64})(?: cluster=([a-z0-9-]{1,40}))? writer=([a-z0-9._-]{1,63}) phase=(warm|partial|frozen) activation=${count}$`,
);

/**
 * Reads a marker; `input` when the text is none (somebody else's TXT, or a newer format): never written over. Only the canonical text is
 * one, since the next update has to name it exactly.
 */
export function parseMarker(text: string): Marker {
  const strings = /^"([ !#-[\]-~]*)"(?: "([ !#-[\]-~]*)")?$/.exec(text);
  const whole = `${strings?.[1] ?? ''}${strings?.[2] ?? ''}`;
  const match = pattern.exec(whole);
  if (match === null || inStrings(whole) !== text) {
    throw new LifeboatError(
      'input',
      `the marker TXT holds ${text.slice(0, maxShownCharacters)}, which this version does not understand; nothing is written over it`,
    );
  }
  const [, generation, snapshot, digest = '', cluster = null, writer = '', phase, activation] = match;
  return {
    generation: Number(generation),
    snapshot: Number(snapshot),
    digest,
    cluster,
    writer,
    phase: phase as MarkerPhase,
    activation: Number(activation),
  };
}
