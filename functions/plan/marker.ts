// The marker: the TXT record in the standby zone that says which snapshot is live and fences writers. Pure text in and out.
// Every update moves it with its old value as prerequisite, so that a second writer loses whole (RFC 2136 section 2.4.2).
import { LifeboatError } from '../lib/errors.ts';
import { child, type Name } from '../records/name.ts';

/** `warm`: complete, kept current in peace. `partial`: a publication is under way or was cut. `frozen`: an outage; hands off. */
export type MarkerPhase = 'warm' | 'partial' | 'frozen';

export interface Marker {
  /** Counts up by one with every update message that Lifeboat sends. */
  readonly generation: number;
  /** Number and digest of the snapshot that is live, or, while `partial`, being published. */
  readonly snapshot: number;
  readonly digest: string;
  /** Who wrote it: the configuration's `writer`. */
  readonly writer: string;
  readonly phase: MarkerPhase;
  /** Number of the last activation; a frozen zone yields only to a larger one or to an operator's failback. */
  readonly activation: number;
}

/** TTL of the marker: people and other deployments that look at it through a cache see it move soon. */
export const markerTtlSeconds = 5;

/** The marker's owner name in a zone: `_lifeboat.<zone>`. */
export function markerName(zone: Name): Name {
  return child('_lifeboat', zone);
}

/** The canonical TXT value (one quoted character-string). */
export function formatMarker(marker: Marker): string {
  const { generation, snapshot, digest, writer, phase, activation } = marker;
  return `"lifeboat=1 generation=${generation} snapshot=${snapshot} digest=${digest} writer=${writer} phase=${phase} activation=${activation}"`;
}

const pattern =
  /^"lifeboat=1 generation=(\d{1,15}) snapshot=(\d{1,15}) digest=(sha256:[0-9a-f]{64}) writer=([a-z0-9._-]{1,63}) phase=(warm|partial|frozen) activation=(\d{1,15})"$/;

/** Reads a marker; `input` when the text is none (somebody else's TXT, or a newer format): never written over. */
export function parseMarker(text: string): Marker {
  const match = pattern.exec(text);
  if (match === null) {
    throw new LifeboatError(
      'input',
      `the marker TXT holds ${text.slice(0, 120)}, which this version does not understand; nothing is written over it`,
    );
  }
  const [, generation, snapshot, digest = '', writer = '', phase, activation] = match;
  return {
    generation: Number(generation),
    snapshot: Number(snapshot),
    digest,
    writer,
    phase: phase as MarkerPhase,
    activation: Number(activation),
  };
}
