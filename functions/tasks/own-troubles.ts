// Faults of Lifeboat itself, in the words of an alert. It decides nothing: whoever has a trouble says so through the ports.
import type { Notice } from '../decision/effect.ts';
import type { ClusterPorts } from './ports.ts';

/** A fault of Lifeboat itself; `what` undefined: there is none any more. */
export interface OwnTrouble {
  /** The dedup key behind the cluster's id. */
  readonly key: 'store' | 'watch';
  readonly what: string | undefined;
  readonly isWrong: string;
  readonly isRight: string;
  readonly did: string;
  readonly next: string;
}

export function ownTroubles(ports: ClusterPorts): readonly OwnTrouble[] {
  const { id } = ports.cluster;
  return [
    {
      key: 'store',
      what: ports.storeTrouble?.(),
      isWrong: 'Lifeboat cannot store its state',
      isRight: 'Lifeboat stores its state again',
      did: 'Goes on with its state in memory. A restart before it is stored forgets what happened since.',
      next: `make room, or give the store back, then npx lifeboat status --cluster ${id}`,
    },
    watchTroubleOf(ports),
  ];
}

export function watchTroubleOf(ports: ClusterPorts): OwnTrouble {
  const { id } = ports.cluster;
  const trouble = ports.watchTrouble?.();
  const shared = { key: 'watch', what: trouble?.what, isRight: 'Lifeboat watches without a break again' } as const;
  if (trouble?.kind === 'stopped') {
    return {
      ...shared,
      isWrong: 'Lifeboat does not watch this cluster',
      did: 'Nothing is looked at, captured or published until this is mended. What the standby holds stays as it is.',
      next: `npx lifeboat deploy check; a secret is set with npx wrangler secret put NAME; then npx lifeboat status --remote --cluster ${id}`,
    };
  }
  return {
    ...shared,
    isWrong: 'Lifeboat had stopped watching',
    did: 'The backstop started it again. What happened in between was not seen.',
    next: `npx lifeboat status --cluster ${id}, then look into the logs of the Worker`,
  };
}

/** Told as any other; the outbox knows whether it is news. */
export function ownNotice(
  cluster: string,
  { key, what, isWrong, isRight, did, next }: OwnTrouble,
  now: number,
): Notice {
  const isOver = what === undefined;
  return {
    dedupKey: `${cluster}/${key}`,
    cluster,
    severity: 'critical',
    summary: `[${cluster}] ${isOver ? isRight : `${isWrong}: ${what}`}`,
    whatIsWrong: what ?? 'Nothing any more.',
    since: now,
    seenFrom: [],
    whatLifeboatDid: isOver ? 'Goes on as before.' : did,
    whatToRunNext: isOver ? 'Nothing.' : next,
    at: now,
    repeat: 0,
  };
}
