// What is known of a standby zone before it is written to, and by whom it may be taken over: for the marker's fence (functions/plan/fence.ts).

/**
 * Over another deployment of the same cluster: an operator's order, or a lease that has run out: that writer's marker has stood at this
 * generation for so long that it is taken for gone.
 */
export type TakeOver =
  | { readonly by: 'order' }
  | { readonly by: 'lease'; readonly writer: string; readonly generation: number };

export interface Standing {
  /** By our own store: nothing; that there was a marker; that this deployment has frozen the zone. */
  readonly known: 'nothing' | 'marker' | 'freeze';
  readonly takeOver: TakeOver | null;
}

/** Of a zone that our store knows nothing of. */
export const newcomer: Standing = { known: 'nothing', takeOver: null };

/**
 * How often a zone is read whole whatever its marker says. Ten minutes: a tenth of what reading at each capture cost, and less than the 15
 * minutes after which a standby that nobody brings up to date pages.
 */
export const fullReadEveryMs = 600_000;
